"""Weighted sums of neighbouring pixels along an axis, and their transposes, which are the gradients.

Interpolation, means of bins and borders are such sums, one axis after another. A pixel's gradient is that of each output that
reads it, times the weight.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array, Sizes, empty_like
from cnncalc.kernels.parallel import for_each


class Read(NamedTuple):
    """The pixels that an output reads, from `first` on, and their weights."""

    first: int
    weights: tuple[float, ...]


Reads: TypeAlias = Sequence[Read]
"""What each output of an axis reads."""


def along_axes(x: Array, reads: Sequence[Reads]) -> Array:
    """Return the weighted sums along each spatial axis of N x spatial axes x depth: a new array, even if nothing changes."""
    found = x
    for axis, each in enumerate(reads, start=1):
        found = _along(found, axis, each)
    return found if found is not x else x.copy()


def gradient_of_reads(gradient: Array, reads: Sequence[Reads], shape: Sizes) -> Array:
    """Return the gradient of the input of `along_axes`, a new array; `shape` has its pixels per axis."""
    found = gradient
    for axis, (each, size) in reversed(list(enumerate(zip(reads, shape, strict=True), start=1))):
        found = _back(found, axis, each, size)
    return found if found is not gradient else gradient.copy()


def mean_reads(shape: Sizes, sizes: Sizes) -> Sequence[Reads]:
    """Return for each axis the means of bins, which may overlap: bin i of B on S pixels is floor(i*S/B) to ceil((i+1)*S/B)."""
    return [
        [_mean(at * size // bins, -(-(at + 1) * size // bins)) for at in range(bins)]
        for size, bins in zip(shape, sizes, strict=True)
    ]


def _mean(start: int, stop: int) -> Read:
    return Read(start, (1 / (stop - start),) * (stop - start))


def _unchanged(reads: Reads, size: int) -> bool:
    """Return whether each output is the pixel at its own place."""
    return len(reads) == size and all(read == (at, (1.0,)) for at, read in enumerate(reads))


def _along(x: Array, axis: int, reads: Reads) -> Array:
    """Return the weighted sums of pixels along one axis; an axis that nothing changes is passed on."""
    if _unchanged(reads, x.shape[axis]):
        return x
    result = empty_like(x, (*x.shape[:axis], len(reads), *x.shape[axis + 1 :]))
    source, target = np.moveaxis(x, axis, 0), np.moveaxis(result, axis, 0)

    def run(index: int) -> None:
        first, weights = reads[index]
        line = target[index]
        np.multiply(source[first], x.dtype.type(weights[0]), out=line)
        for more, weight in enumerate(weights[1:], start=1):
            line += x.dtype.type(weight) * source[first + more]

    for_each(run, range(len(reads)))
    return result


def _back(gradient: Array, axis: int, reads: Reads, size: int) -> Array:
    """Return the gradient of `size` pixels along one axis."""
    if _unchanged(reads, size):
        return gradient
    result = np.zeros((*gradient.shape[:axis], size, *gradient.shape[axis + 1 :]), dtype=gradient.dtype)
    source, target = np.moveaxis(gradient, axis, 0), np.moveaxis(result, axis, 0)
    for line, (first, weights) in zip(source, reads, strict=True):
        for more, weight in enumerate(weights):
            target[first + more] += gradient.dtype.type(weight) * line
    return result
