"""One layer kind, one file. A file `conv.py` is the kind CONV; `kinds.py` finds it by its name."""
