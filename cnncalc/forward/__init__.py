"""The forward pass in NumPy: what `cnncalc verify` runs. Only modules in here, and the layers when they are run, import numpy."""
