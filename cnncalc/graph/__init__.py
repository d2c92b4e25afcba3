"""The layer graph: built from a spec, then with every volume worked out."""
