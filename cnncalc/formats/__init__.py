"""Foreign notations and conventions: the one place for tables keyed by layer kinds."""
