"""Fully connected layers: one product with all values of an image."""

import numpy as np

from cnncalc.kernels.arrays import Array, empty_like
from cnncalc.kernels.axes import even_ranges
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each, threads

_FEW_IMAGES = 8
"""Images below which reading the weights dominates; the weights are then read row by row."""

_VALUES = 2048
"""Values per partial sum: partial sums keep the rounding error of 25,088 values below 1e-6 (measured)."""


def dense(x: Array, w: Array, b: Array | None = None) -> Array:
    """Connect every value of an image with every unit.

    The values of an image are numbered in memory order: height, then width, then depth, with the
    channel fastest (time comes before height).  Row (h * width + w) * depth + c of the
    weights belongs to channel c of pixel (h, w).

    Args:
        x: N x any axes.
        w: values per image x units.
        b: units, or None.

    Returns:
        N x units.

    Raises:
        MisfitError: weights for another number of values, or biases for another number of units.

    """
    rows = x.reshape(x.shape[0], -1)
    if w.shape[:-1] != rows.shape[1:]:
        message = f"weights of shape {w.shape} for {rows.shape[1]} values"
        raise MisfitError(message)
    if b is not None and b.shape != w.shape[1:]:
        message = f"biases of shape {b.shape} for {w.shape[1]} units"
        raise MisfitError(message)
    out = _by_values(rows, w) if rows.shape[0] < _FEW_IMAGES else _by_units(rows, w)
    return out if b is None else np.add(out, b, out=out)


def _by_values(rows: Array, w: Array) -> Array:
    """Return the product, with ranges of the values summed separately: each thread reads whole rows of weights."""
    values = rows.shape[1]
    parts = even_ranges(values, max(1, min(values, max(threads(), values // _VALUES))))
    sums = empty_like(rows, (len(parts), rows.shape[0], w.shape[1]))

    def run(index: int) -> None:
        part = parts[index]
        np.matmul(rows[:, part], w[part], out=sums[index])

    for_each(run, range(len(parts)))
    return np.asarray(sums.sum(axis=0))


def _by_units(rows: Array, w: Array) -> Array:
    """Return the product, with a range of the units per thread."""
    out = empty_like(rows, (rows.shape[0], w.shape[1]))

    def run(part: slice) -> None:
        np.matmul(rows, w[:, part], out=out[:, part])

    for_each(run, even_ranges(w.shape[1], max(1, min(threads(), w.shape[1]))))
    return out


def dense_backward(
    x: Array, w: Array, gradient: Array, *, of_input: bool = True, of_weights: bool = True
) -> tuple[Array | None, Array | None]:
    """Return the gradients of the input and of the weights (Knet tutorial: y = wr gives w' = y' r^T); None where not wanted.

    Args:
        x: N x any axes. Without `of_weights` only its shape is read.
        w: values per image x units.
        gradient: N x ... x units.
        of_input: whether the gradient of the input is computed.
        of_weights: whether the gradient of the weights is computed.

    """
    rows = gradient.reshape(gradient.shape[0], -1)
    into = (rows @ w.T).reshape(x.shape) if of_input else None
    return into, x.reshape(x.shape[0], -1).T @ rows if of_weights else None
