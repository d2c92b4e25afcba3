"""Text and places in it: sources, spans, diagnostics and their rendering."""
