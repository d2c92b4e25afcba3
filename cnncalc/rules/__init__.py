"""Advice: the rules of thumb of the course notes and slides, one rule in each file; `lint.py` finds and runs them."""
