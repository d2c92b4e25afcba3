"""Exact arithmetic: counts that remember their formula, volumes, windows."""
