"""Reductions along any axes, which stay with size 1; sums are made in float64."""

from collections.abc import Callable, Sequence
from math import inf

import numpy as np

from cnncalc.kernels.arrays import Array, empty_like
from cnncalc.kernels.parallel import for_each


def mean(x: Array, axes: Sequence[int]) -> Array:
    """Return the mean along some axes of N x any axes; `axes` leaves out the first, the images."""
    along = tuple(axes)
    return _by_image(x, along, lambda image: np.asarray(image.mean(axis=along, keepdims=True, dtype=np.float64)))


def total(x: Array, axes: Sequence[int]) -> Array:
    """Return the sum along some axes; otherwise as `mean`."""
    along = tuple(axes)
    return _by_image(x, along, lambda image: np.asarray(image.sum(axis=along, keepdims=True, dtype=np.float64)))


def largest(x: Array, axes: Sequence[int]) -> Array:
    """Return the maximum along some axes; otherwise as `mean`."""
    along = tuple(axes)
    return _by_image(x, along, lambda image: np.asarray(image.max(axis=along, keepdims=True)))


def norm(x: Array, axes: Sequence[int], p: float = 2.0) -> Array:
    """Return (sum of |x|^p)^(1/p) along some axes; the largest |x| for p = inf, the number of values other than 0 for p = 0."""
    along = tuple(axes)

    def run(image: Array) -> Array:
        size = np.abs(image)
        if p == inf:
            return np.asarray(size.max(axis=along, keepdims=True))
        if p == 0:
            return np.asarray((size != 0).sum(axis=along, keepdims=True, dtype=np.float64))
        powers = np.square(image, dtype=np.float64) if p == 2 else size if p == 1 else np.power(size, p, dtype=np.float64)
        found = np.asarray(powers.sum(axis=along, keepdims=True, dtype=np.float64))
        return np.asarray(np.sqrt(found) if p == 2 else found if p == 1 else np.power(found, 1 / p))

    return _by_image(x, along, run)


def _by_image(x: Array, axes: tuple[int, ...], run: Callable[[Array], Array]) -> Array:
    """Return the results of all images, on all threads."""
    out = empty_like(x, tuple(1 if at in axes else side for at, side in enumerate(x.shape)))

    def one(image: int) -> None:
        out[image : image + 1] = run(x[image : image + 1])

    for_each(one, range(x.shape[0]))
    return out
