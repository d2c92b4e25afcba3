"""The spec file: YAML with positions, and what it means."""
