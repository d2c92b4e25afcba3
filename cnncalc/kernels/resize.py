"""Resampling: nearest neighbour, linear and cubic interpolation, plain or with antialias, axis by axis.

Each interpolation has a function for what the outputs read of each axis: the gradient is the transpose (`kernels/reads.py`).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array, Indices, Sizes, spatial_rank
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.reads import Read, Reads, along_axes

Steps: TypeAlias = Sequence[tuple[int, int]]
"""The distance of neighbouring outputs in input pixels, for each axis: numerator and denominator."""


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
    places: tuple[slice | Indices, ...] = (slice(None), *np.ix_(*_nearest(x.shape[1:-1], sizes, steps)))
    return x[places]


def nearest_reads(shape: Sizes, sizes: Sizes, *, steps: Steps | None = None) -> Sequence[Reads]:
    """Return for each axis the pixel that each output of `upsample_nearest` reads; `shape` has the input pixels per axis."""
    return [[Read(int(pixel), (1.0,)) for pixel in pixels] for pixels in _nearest(shape, sizes, steps)]


def _nearest(shape: Sizes, sizes: Sizes, steps: Steps | None) -> Sequence[Indices]:
    """Return the pixels that the outputs read, for each axis."""
    paces = _paces(shape, sizes, steps)
    return [
        np.minimum(np.arange(wanted) * over // under, size - 1)
        for size, wanted, (over, under) in zip(shape, sizes, paces, strict=True)
    ]


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
    _check(x, sizes)
    return along_axes(x, linear_reads(x.shape[1:-1], sizes, align_corners=align_corners, steps=steps))


def linear_reads(shape: Sizes, sizes: Sizes, *, align_corners: bool = False, steps: Steps | None = None) -> Sequence[Reads]:
    """Return for each axis what the outputs of `upsample_linear` read; `shape` has the input pixels per axis."""

    def read(size: int, place: Fraction) -> Read:
        place = max(place, Fraction(0))
        low = min(floor(place), size - 1)
        share = float(place - low) if low < size - 1 else 0.0
        return Read(low, (1 - share, share) if share else (1.0,))

    axes = _places(shape, sizes, steps, align_corners=align_corners)
    return [[read(size, place) for place in places] for size, places in axes]


def upsample_cubic(x: Array, sizes: Sizes, *, align_corners: bool = False, steps: Steps | None = None) -> Array:
    """Return the map at other sizes by cubic convolution of four neighbours per axis, with a = -0.75; the edge repeats.

    Arguments, result and errors as in `upsample_linear`.  Source: Keys 1981; PyTorch, bicubic.
    """
    _check(x, sizes)
    return along_axes(x, cubic_reads(x.shape[1:-1], sizes, align_corners=align_corners, steps=steps))


def cubic_reads(shape: Sizes, sizes: Sizes, *, align_corners: bool = False, steps: Steps | None = None) -> Sequence[Reads]:
    """Return for each axis what the outputs of `upsample_cubic` read; `shape` has the input pixels per axis."""

    def read(size: int, place: Fraction) -> Read:
        low = floor(place)
        share = float(place - low)
        if not share:
            return Read(min(max(low, 0), size - 1), (1.0,))
        found = dict.fromkeys(range(min(max(low - 1, 0), size - 1), min(max(low + 2, 0), size - 1) + 1), 0.0)
        for tap in range(-1, 3):
            found[min(max(low + tap, 0), size - 1)] += _cubic(abs(tap - share), -0.75)
        return Read(min(found), tuple(found.values()))

    axes = _places(shape, sizes, steps, align_corners=align_corners)
    return [[read(size, place) for place in places] for size, places in axes]


def smooth(x: Array, sizes: Sizes, *, cubic: bool, align_corners: bool = False, steps: Steps | None = None) -> Array:
    """Return the map at other sizes by a triangle or a cubic (a = -0.5), widened where the output is smaller (antialias).

    Arguments, result and errors as in `upsample_linear`.  Source: Pillow, Resample.c; PyTorch, interpolate with antialias.
    """
    _check(x, sizes)
    return along_axes(x, smooth_reads(x.shape[1:-1], sizes, cubic=cubic, align_corners=align_corners, steps=steps))


def smooth_reads(
    shape: Sizes, sizes: Sizes, *, cubic: bool, align_corners: bool = False, steps: Steps | None = None
) -> Sequence[Reads]:
    """Return for each axis what the outputs of `smooth` read; `shape` has the input pixels per axis."""
    found: list[Reads] = []
    for size, wanted, pace in zip(shape, sizes, _paces(shape, sizes, steps), strict=True):
        over, under = pace if not align_corners else (size - 1, wanted - 1) if wanted > 1 else (0, 1)
        found.append([_filtered(size, Fraction(over, under), at, cubic=cubic) for at in range(wanted)])
    return found


def _filtered(size: int, pace: Fraction, at: int, *, cubic: bool) -> Read:
    """Return the pixels under the widened filter around the centre of an output; the weights add up to 1."""
    wide = max(pace, Fraction(1))
    centre, reach = pace * (2 * at + 1) / 2, (2 if cubic else 1) * wide
    low, high = max(floor(centre - reach + Fraction(1, 2)), 0), min(floor(centre + reach + Fraction(1, 2)), size)
    distances = [float(abs(pixel + Fraction(1, 2) - centre) / wide) for pixel in range(low, high)]
    weights = [_cubic(each, -0.5) if cubic else max(0.0, 1 - each) for each in distances]
    total = sum(weights)
    return Read(low, tuple(weight / total for weight in weights))


def _cubic(distance: float, a: float) -> float:
    """Return the cubic convolution kernel.  Source: Keys 1981, equation 4, with a for -1/2."""
    if distance < 1:
        return ((a + 2) * distance - (a + 3)) * distance * distance + 1
    return (((distance - 5) * distance + 8) * distance - 4) * a if distance < 2 else 0.0


def _paces(shape: Sizes, sizes: Sizes, steps: Steps | None) -> Steps:
    """Return the distance of neighbouring outputs, for each axis."""
    return tuple(zip(shape, sizes, strict=True)) if steps is None else steps


def _places(shape: Sizes, sizes: Sizes, steps: Steps | None, *, align_corners: bool) -> list[tuple[int, list[Fraction]]]:
    """Return for each axis its size and the centre of each output, in input pixels from the centre of the first."""
    found: list[tuple[int, list[Fraction]]] = []
    for size, wanted, (over, under) in zip(shape, sizes, _paces(shape, sizes, steps), strict=True):
        if align_corners:
            found.append((size, [Fraction(at * (size - 1), max(1, wanted - 1)) for at in range(wanted)]))
        else:
            found.append((size, [Fraction((2 * at + 1) * over - under, 2 * under) for at in range(wanted)]))
    return found


def _check(x: Array, sizes: Sizes) -> None:
    """Raise MisfitError unless there is one size of at least 1 per spatial axis."""
    if len(sizes) != spatial_rank(x.shape) or min(sizes) < 1:
        message = f"sizes {sizes}: wanted {spatial_rank(x.shape)} whole numbers of at least 1"
        raise MisfitError(message)
