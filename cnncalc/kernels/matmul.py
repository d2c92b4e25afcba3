"""Products of volumes as matrices, positions x depth, and their transposes."""

import numpy as np

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.errors import MisfitError


def matmul(a: Array, b: Array, heads: int = 1, *, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """Return the matrix product of two volumes, head by head, the heads side by side in the depth.

    Args:
        a: N x spatial axes x depth, a matrix of positions x depth for each head.
        b: the same.
        heads: equal parts of both depths, multiplied one by one.
        transpose_a: whether the matrices of `a` are depth x positions.
        transpose_b: whether those of `b` are.

    Returns:
        N x the spatial axes of `a` x (heads * columns); with `transpose_a` the rows are the last spatial axis, the others are 1.

    Raises:
        MisfitError: heads that do not divide the depths, or matrices that do not fit.

    """
    left, right = (_by_head(each, heads, transposed=flag) for each, flag in ((a, transpose_a), (b, transpose_b)))
    if left.shape[-1] != right.shape[-2]:
        message = f"matrices of {left.shape[-2]}x{left.shape[-1]} and {right.shape[-2]}x{right.shape[-1]}"
        raise MisfitError(message)
    product: Array = np.matmul(left, right).swapaxes(1, 2)
    rows = (*(1,) * (a.ndim - 3), left.shape[-2]) if transpose_a else a.shape[1:-1]
    return np.ascontiguousarray(product).reshape((a.shape[0], *rows, heads * right.shape[-1]))


def matmul_backward(
    a: Array,
    b: Array,
    gradient: Array,
    heads: int = 1,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    wanted: tuple[bool, ...] = (True, True),
) -> tuple[Array | None, Array | None]:
    """Return the gradients of both volumes of `matmul`, y' b^T and a^T y' head by head; None where one is not wanted.

    A volume is read where the other one's gradient is wanted; else only its shape.
    """
    slopes = _by_head(gradient, heads, transposed=False)
    left: Array | None = None
    right: Array | None = None
    if wanted[0]:
        parts = slopes @ _by_head(b, heads, transposed=not transpose_b)
        left = _volume(parts.swapaxes(2, 3) if transpose_a else parts, a.shape)
    if wanted[1]:
        parts = _by_head(a, heads, transposed=not transpose_a) @ slopes
        right = _volume(parts.swapaxes(2, 3) if transpose_b else parts, b.shape)
    return left, right


def _volume(parts: Array, shape: tuple[int, ...]) -> Array:
    """Return N x heads x positions x depth/heads as a volume: the inverse of `_by_head`."""
    return np.ascontiguousarray(parts.swapaxes(1, 2)).reshape(shape)


def _by_head(x: Array, heads: int, *, transposed: bool) -> Array:
    """Return N x heads x positions x depth/heads, or its transpose."""
    if x.shape[-1] % heads:
        message = f"{heads} heads in a depth of {x.shape[-1]}"
        raise MisfitError(message)
    parts = x.reshape(x.shape[0], -1, heads, x.shape[-1] // heads).swapaxes(1, 2)
    return parts.swapaxes(2, 3) if transposed else parts


def transpose(x: Array, axis: int = -1) -> Array:
    """Return a view with the depth exchanged for one axis of the array, or for all positions (-1), which become the depth."""
    if axis >= 0:
        return x.swapaxes(axis, x.ndim - 1)
    flat = x.reshape(x.shape[0], -1, x.shape[-1]).swapaxes(1, 2)
    return flat.reshape((x.shape[0], *(1,) * (x.ndim - 3), *flat.shape[1:]))


def transpose_backward(gradient: Array, shape: tuple[int, ...], axis: int = -1) -> Array:
    """Return the gradient of the input of `transpose`, of that shape: a view with the same exchange."""
    if axis >= 0:
        return gradient.swapaxes(axis, gradient.ndim - 1)
    return gradient.reshape(shape[0], shape[-1], -1).swapaxes(1, 2).reshape(shape)
