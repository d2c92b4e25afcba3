"""Reports and their renderings. Renderers compute nothing."""
