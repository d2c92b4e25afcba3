"""The gradients of volumes that are joined.

Those of two volumes joined value by value have the shape of the result. The gradient of a volume that was spread along an axis is
their sum along that axis.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array

Pair: TypeAlias = tuple[Array | None, Array | None]
"""The gradients of the left and the right volume; None where they are not wanted."""

UNREAD: Array = np.array(np.nan)
"""A result in between that no gradient needs."""


def product_backward(left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
    """Return the gradients of left*right: the gradient times the other one; only the other one is read."""
    return gradient * right if of_left else None, gradient * left if of_right else None


def quotient_backward(left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
    """Return the gradients of left/right: gradient/right and -gradient*left/right^2; otherwise as `product_backward`."""
    return gradient / right if of_left else None, -gradient * ((left / right) / right) if of_right else None


def maximum_backward(left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
    """Return the gradients of max(left, right): the gradient where it was taken, half of it for equal values, as in PyTorch.

    Otherwise as `product_backward`, but both volumes are read.
    """
    half = np.where(left == right, gradient / 2, gradient)
    return np.where(left < right, 0, half) if of_left else None, np.where(right < left, 0, half) if of_right else None


def minimum_backward(left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
    """Return the gradients of min(left, right), as `maximum_backward`."""
    return maximum_backward(-left, -right, gradient, of_left=of_left, of_right=of_right)


def concat_backward(gradient: Array, depths: Sequence[int]) -> list[Array]:
    """Return the gradient of each volume of a concatenation: a view of its channels."""
    return [gradient[..., stop - depth : stop] for depth, stop in zip(depths, accumulate(depths), strict=True)]
