"""Advice: the rules of thumb of the course notes and slides. One rule, one file; `lint.py` finds and runs them."""
