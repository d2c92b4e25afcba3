"""The gradients of reductions: each spreads the gradient of a result over the values that it was made of.

The slopes at corners and of zero are PyTorch's (`amax`, `linalg.vector_norm`; torch/csrc/autograd/FunctionsManual.cpp).
"""

from math import inf, prod

import numpy as np

from cnncalc.kernels.arrays import Array


def mean_backward(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Return the gradient of the input of a mean, a new array; the reduced axes of `gradient` have size 1."""
    number = prod(shape) // gradient.size
    return np.array(np.broadcast_to(gradient / gradient.dtype.type(number), shape))


def sum_backward(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Return the gradient of the input of a sum, a view of the output's gradient."""
    return np.broadcast_to(gradient, shape)


def largest_backward(x: Array, y: Array, gradient: Array) -> Array:
    """Return the gradient of the input of a maximum: equal values share that of their output."""
    taken = x == y
    axes = tuple(at for at, side in enumerate(y.shape) if side == 1)
    number = np.maximum(taken.sum(axis=axes, keepdims=True), 1)
    return np.asarray(taken * (gradient / number), dtype=gradient.dtype)


def norm_backward(x: Array, y: Array, gradient: Array, p: float) -> Array:
    """Return the gradient of the input of a p-norm, sign(x)*(|x|/y)^(p - 1); for p = inf the largest |x| share it.

    It is 0 where the norm is 0, for p < 1 where a value is 0, and everywhere for p = 0, which counts values.
    """
    if p == 0:
        return np.zeros_like(x)
    if p == 1:
        return np.asarray(np.sign(x) * gradient)
    if p == inf:
        return np.asarray(np.sign(x) * largest_backward(np.abs(x), y, gradient))
    power = x.dtype.type(p - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = x / y if p == 2 else np.sign(x) * np.power(np.abs(x) / y, power)
    return np.asarray(np.where((y == 0) | ((x == 0) & (p < 1)), 0, slope) * gradient)
