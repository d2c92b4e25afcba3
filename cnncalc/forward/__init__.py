"""The forward pass in NumPy for `cnncalc verify`. Only the modules of this room, and running layers, import numpy."""
