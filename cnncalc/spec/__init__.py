"""The spec file: YAML with positions, and its meaning."""
