"""The pattern language: text to tokens to a syntax tree to a sequence of layers."""
