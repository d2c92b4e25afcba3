"""Text and where it stands: sources, spans, diagnostics and their rendering."""
