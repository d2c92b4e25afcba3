"""What was worked out, and its renderings. Renderers compute nothing."""
