"""The common geometry of convolutions and pools: the windows along an axis, and tiles of outputs."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import Literal, NamedTuple, TypeAlias, get_args

from cnncalc.kernels.arrays import Padding, Sizes
from cnncalc.kernels.errors import MisfitError

Rounding: TypeAlias = Literal["strict", "floor", "ceil", "ceil_caffe"]
"""The rule for a stride that does not fit: section 6 of the spec language."""

_ROUNDINGS = get_args(Rounding)

Box: TypeAlias = tuple[slice, ...]
"""One tile of a map: a range of positions per spatial axis."""


_FEW_POSITIONS = 128
"""Positions per thread below which filters are divided among threads instead of positions (measured)."""


class Axis(NamedTuple):
    """Windows along one spatial axis; all sizes in pixels.

    Output position o sees the input pixels o*stride - before + t*dilation, t in 0 .. kernel-1;
    pixels outside 0 .. size-1 are padding.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    out: int

    @property
    def extent(self) -> int:
        """Pixels spanned by a window, holes included."""
        return self.dilation * (self.kernel - 1) + 1

    def span(self, outs: slice) -> tuple[int, int]:
        """Return the input range (start, stop) seen by a range of outputs, padding included."""
        start = outs.start * self.stride - self.before
        return start, start + (outs.stop - 1 - outs.start) * self.stride + self.extent

    def seen(self, tap: int) -> tuple[slice, slice]:
        """Return the (outputs, input pixels) joined by kernel tap `tap`, without padding."""
        offset = tap * self.dilation - self.before
        first = max(0, -(offset // self.stride))
        last = min(self.out - 1, (self.size - 1 - offset) // self.stride)
        if last < first:
            return slice(0, 0), slice(0, 0)
        start = first * self.stride + offset
        stop = last * self.stride + offset + 1
        return slice(first, last + 1), slice(start, stop, self.stride)

    def part(self, outs: slice) -> tuple["Axis", slice]:
        """Return the axis restricted to a range of outputs, and the input pixels under it."""
        start, stop = self.span(outs)
        low = min(max(start, 0), self.size)
        high = max(low, min(stop, self.size))
        alone = self._replace(size=high - low, before=low - start, after=stop - high, out=outs.stop - outs.start)
        return alone, slice(low, high)


def outputs(room: int, stride: int, rounding: Rounding, end: int | None) -> int:
    """Return the number of windows on an axis; below 1 if none fits.

    Args:
        room: pixels left free by the first window, W - F + 2P in the notes' notation.
        stride: pixels between windows.
        rounding: the rule for a stride that does not fit.
        end: the first pixel, counted from the padded left edge, where a window may no longer begin when
            rounding up, or None for no such bound.

    """
    if rounding == "strict" and room % stride:
        message = f"stride {stride} does not fit: {room} pixels are left beside the first window"
        raise MisfitError(message)
    if rounding in ("strict", "floor"):
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if end is not None and (count - 1) * stride >= end else count


def window_axes(
    sizes: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    *,
    rounding: Rounding = "floor",
) -> tuple[Axis, ...]:
    """Return the windows on each axis; their number is computed from the sizes alone.

    Raises:
        MisfitError: options of the wrong rank or range, or a window larger than its padded axis.

    """
    sides = tuple((before, after) for before, after in padding)
    return _window_axes(tuple(sizes), tuple(kernel), tuple(stride), sides, tuple(dilation), rounding)


@lru_cache(1024)
def _window_axes(
    sizes: Sizes, kernel: Sizes, stride: Sizes, padding: tuple[tuple[int, int], ...], dilation: Sizes, rounding: Rounding
) -> tuple[Axis, ...]:
    """Return the windows on each axis; cached, since a network has many equal layers."""
    check_options(len(sizes), kernel, stride, padding, dilation)
    if rounding not in _ROUNDINGS:
        message = f"rounding {rounding!r}: wanted one of {', '.join(_ROUNDINGS)}"
        raise MisfitError(message)
    # Caffe clips windows that begin in the padding only when some axis is padded (PoolingLayer::Reshape).
    unclipped = rounding == "ceil_caffe" and not any(before or after for before, after in padding)
    axes: list[Axis] = []
    for size, k, s, d, (before, after) in zip(sizes, kernel, stride, dilation, padding, strict=True):
        room = size + before + after - (d * (k - 1) + 1)
        out = outputs(room, s, rounding, None if unclipped else size + before)
        if out < 1:
            message = f"a window of {d * (k - 1) + 1} on {size}+{before}+{after} pixels has no output"
            raise MisfitError(message)
        axes.append(Axis(size, k, s, d, before, after, out))
    return tuple(axes)


def check_options(rank: int, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes) -> None:
    """Raise MisfitError unless every option has one valid value per axis."""
    for name, values in (("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if len(values) != rank or min(values) < 1:
            message = f"{name} {tuple(values)}: wanted {rank} whole numbers of at least 1"
            raise MisfitError(message)
    if len(padding) != rank or any(min(sides) < 0 for sides in padding):
        message = f"padding {list(padding)}: wanted {rank} pairs of at least 0"
        raise MisfitError(message)


def out_sizes(axes: Sequence[Axis]) -> Sizes:
    """Return the number of outputs per axis."""
    return tuple(axis.out for axis in axes)


def is_pointwise(axes: Sequence[Axis]) -> bool:
    """Return whether every window is one pixel and every pixel has a window."""
    return all(axis[1:6] == (1, 1, 1, 0, 0) for axis in axes)


def shares(sizes: Sizes, filters: int, hands: int) -> tuple[int, int]:
    """Return the numbers of tiles and of filter ranges that divide a map among `hands` threads.

    The BLAS repacks the weights for every tile; for a map with few positions the filters are divided instead.
    """
    if prod(sizes) < hands * _FEW_POSITIONS:
        return 1, min(hands, filters)
    return hands, 1


@lru_cache(256)
def boxes(sizes: Sizes, positions: int, parts: int = 1, lead: float = 0.0) -> tuple[Box, ...]:
    """Cut a map into tiles of at most `positions` positions (or one), and into at least `parts` tiles if possible.

    The first tile is larger than the others by the fraction `lead` of the map, if `positions` allows it.

    A tile spans whole inner axes, a range of one axis, and single steps of the outer axes: its
    positions are contiguous in a channels-last array.
    """
    cut = len(sizes) - 1
    while cut > 0 and prod(sizes[cut:]) <= positions and prod(sizes[:cut]) >= parts:
        cut -= 1
    line = sizes[cut]
    few = max(1, positions // prod(sizes[cut + 1 :]))
    least = -(-parts // prod(sizes[:cut]))
    count = min(line, -(-max(-(-line // few), 1) // least) * least)  # the same number for every thread
    whole = tuple(slice(0, size) for size in sizes[cut + 1 :])
    return tuple(
        (*(slice(i, i + 1) for i in outer), part, *whole)
        for outer in product(*(range(size) for size in sizes[:cut]))
        for part in even_ranges(line, count, min(round(lead * line), few - -(-line // count)))
    )


def even_ranges(size: int, count: int, lead: int = 0, unit: int = 1) -> list[slice]:
    """Cut 0 .. size into `count` ranges of nearly equal length, the first one longer than an even one by `lead`.

    The cuts are multiples of `unit` if every range has at least that size.
    """
    if unit > 1 and size >= unit * count:
        ranges = even_ranges(size // unit, count, round(lead / unit))
        edges = [unit * part.start for part in ranges] + [size]
        return [slice(start, stop) for start, stop in pairwise(edges)]
    first = min(-(-size // count) + lead, size - count + 1) if lead > 0 and 1 < count <= size else 0
    rest, others = size - first, count - (first > 0)
    edges = [0] * (first > 0) + [first + rest * i // others for i in range(others + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def box_sizes(box: Box) -> Sizes:
    """Return the number of positions per axis of a tile."""
    return tuple(part.stop - part.start for part in box)


def taps(axes: Sequence[Axis]) -> Iterator[tuple[int, ...]]:
    """Yield every position inside the kernel, in the order of the weights."""
    return product(*(range(axis.kernel) for axis in axes))
