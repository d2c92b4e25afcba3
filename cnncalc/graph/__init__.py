"""The layer graph: built from a spec, then completed with all volumes."""
