"""Resampling: nearest neighbour, linear and cubic interpolation, plain or with antialias, axis by axis."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple, TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array, Sizes, empty_like, spatial_rank
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each

Steps: TypeAlias = Sequence[tuple[int, int]]
"""The distance of neighbouring outputs in input pixels, for each axis: numerator and denominator."""


class _Read(NamedTuple):
    """The pixels that an output reads, from `first` on, and their weights."""

    first: int
    weights: tuple[float, ...]


def upsample_nearest(x: Array, sizes: Sizes, *, steps: Steps | None = None) -> Array:
    """Return the map at other sizes: output pixel i is input pixel floor(i * step) (PyTorch, Caffe).

    Args:
        x: N x spatial axes x depth.
        sizes: output pixels per axis.
        steps: the distance of neighbouring outputs, for each axis; by default in / out.

    Returns:
        N x sizes x depth.

    Raises:
        MisfitError: not one size, of at least 1, per axis.

    """
    _check(x, sizes)
    paces = _paces(x, sizes, steps)
    pixels = (
        np.minimum(np.arange(wanted) * over // under, size - 1)
        for size, wanted, (over, under) in zip(x.shape[1:-1], sizes, paces, strict=True)
    )
    return x[(slice(None), *np.ix_(*pixels))]


def upsample_linear(x: Array, sizes: Sizes, *, align_corners: bool = False, steps: Steps | None = None) -> Array:
    """Return the map at other sizes: each output pixel is a weighted mean of its two neighbours per axis.

    Bilinear in 2-D, trilinear in 3-D.

    Args:
        x: N x spatial axes x depth.
        sizes: output pixels per axis.
        align_corners: whether to align the centres of the outer pixels (pixels are points) instead of the
            outer edges (pixels are squares; positions outside the map use its edge).
        steps: as in `upsample_nearest`; without a meaning if corners are aligned.

    Returns:
        N x sizes x depth.

    Raises:
        MisfitError: not one size, of at least 1, per axis.

    """

    def read(size: int, place: Fraction) -> _Read:
        place = max(place, Fraction(0))
        low = min(floor(place), size - 1)
        share = float(place - low) if low < size - 1 else 0.0
        return _Read(low, (1 - share, share) if share else (1.0,))

    _check(x, sizes)
    for axis, (size, places) in enumerate(_places(x, sizes, steps, align_corners=align_corners), start=1):
        x = _along(x, axis, [read(size, place) for place in places])
    return x


def upsample_cubic(x: Array, sizes: Sizes, *, align_corners: bool = False, steps: Steps | None = None) -> Array:
    """Return the map at other sizes by cubic convolution of four neighbours per axis, with a = -0.75; the edge repeats.

    Arguments, result and errors as in `upsample_linear`.  Source: Keys 1981; PyTorch, bicubic.
    """

    def read(size: int, place: Fraction) -> _Read:
        low = floor(place)
        share = float(place - low)
        if not share:
            return _Read(min(max(low, 0), size - 1), (1.0,))
        found = dict.fromkeys(range(min(max(low - 1, 0), size - 1), min(max(low + 2, 0), size - 1) + 1), 0.0)
        for tap in range(-1, 3):
            found[min(max(low + tap, 0), size - 1)] += _cubic(abs(tap - share), -0.75)
        return _Read(min(found), tuple(found.values()))

    _check(x, sizes)
    for axis, (size, places) in enumerate(_places(x, sizes, steps, align_corners=align_corners), start=1):
        x = _along(x, axis, [read(size, place) for place in places])
    return x


def smooth(x: Array, sizes: Sizes, *, cubic: bool, align_corners: bool = False, steps: Steps | None = None) -> Array:
    """Return the map at other sizes by a triangle or a cubic (a = -0.5), widened where the output is smaller (antialias).

    Arguments, result and errors as in `upsample_linear`.  Source: Pillow, Resample.c; PyTorch, interpolate with antialias.
    """
    _check(x, sizes)
    for axis, (size, wanted, pace) in enumerate(zip(x.shape[1:-1], sizes, _paces(x, sizes, steps), strict=True), start=1):
        over, under = pace if not align_corners else (size - 1, wanted - 1) if wanted > 1 else (0, 1)
        x = _along(x, axis, [_filtered(size, Fraction(over, under), at, cubic=cubic) for at in range(wanted)])
    return x


def _filtered(size: int, pace: Fraction, at: int, *, cubic: bool) -> _Read:
    """Return the pixels under the widened filter around the centre of an output; the weights add up to 1."""
    wide = max(pace, Fraction(1))
    centre, reach = pace * (2 * at + 1) / 2, (2 if cubic else 1) * wide
    low, high = max(floor(centre - reach + Fraction(1, 2)), 0), min(floor(centre + reach + Fraction(1, 2)), size)
    distances = [float(abs(pixel + Fraction(1, 2) - centre) / wide) for pixel in range(low, high)]
    weights = [_cubic(each, -0.5) if cubic else max(0.0, 1 - each) for each in distances]
    total = sum(weights)
    return _Read(low, tuple(weight / total for weight in weights))


def _cubic(distance: float, a: float) -> float:
    """Return the cubic convolution kernel.  Source: Keys 1981, equation 4, with a for -1/2."""
    if distance < 1:
        return ((a + 2) * distance - (a + 3)) * distance * distance + 1
    return (((distance - 5) * distance + 8) * distance - 4) * a if distance < 2 else 0.0


def _paces(x: Array, sizes: Sizes, steps: Steps | None) -> Steps:
    """Return the distance of neighbouring outputs, for each axis."""
    return tuple(zip(x.shape[1:-1], sizes, strict=True)) if steps is None else steps


def _places(x: Array, sizes: Sizes, steps: Steps | None, *, align_corners: bool) -> list[tuple[int, list[Fraction]]]:
    """Return for each axis its size and the centre of each output, in input pixels from the centre of the first."""
    found: list[tuple[int, list[Fraction]]] = []
    for size, wanted, (over, under) in zip(x.shape[1:-1], sizes, _paces(x, sizes, steps), strict=True):
        if align_corners:
            found.append((size, [Fraction(at * (size - 1), max(1, wanted - 1)) for at in range(wanted)]))
        else:
            found.append((size, [Fraction((2 * at + 1) * over - under, 2 * under) for at in range(wanted)]))
    return found


def _along(x: Array, axis: int, reads: list[_Read]) -> Array:
    """Return the weighted sums of pixels along one axis; an axis that nothing changes is passed on."""
    if len(reads) == x.shape[axis] and all(read == (at, (1.0,)) for at, read in enumerate(reads)):
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


def _check(x: Array, sizes: Sizes) -> None:
    """Raise MisfitError unless there is one size of at least 1 per spatial axis."""
    if len(sizes) != spatial_rank(x.shape) or min(sizes) < 1:
        message = f"sizes {sizes}: wanted {spatial_rank(x.shape)} whole numbers of at least 1"
        raise MisfitError(message)
