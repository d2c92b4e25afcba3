"""Networks rewritten as other networks: one transform, one file, graph to graph."""
