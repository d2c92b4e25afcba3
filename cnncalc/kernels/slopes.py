"""The slopes of the activations, each times the gradient of the output.

A slope is a function of the input, or of the output where that is what a layer keeps. At a corner (0 of a rectifier) it is
PyTorch's.
"""

from cnncalc.kernels.arrays import Array


def relu_slope(y: Array, gradient: Array) -> Array:
    """Return the gradient where the output is above zero (Nair and Hinton 2010)."""
    return gradient * (y > 0)
