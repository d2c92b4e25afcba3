"""Exact arithmetic: counts with their formulas, volumes, windows."""
