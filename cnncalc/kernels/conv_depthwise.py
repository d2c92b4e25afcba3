"""Depthwise convolution (one input channel per filter) without columns: tap by tap over whole rows.

A matrix product has nothing to sum over here: every tap is one multiplication per value.  A tile of
rows stays in the cache, and each tap adds its weighted, shifted copy of the tile.  For a stride above 1
along the rows (and few taps), the rows are first rearranged tap by tap: an inner loop then still runs
over a whole row.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.kernels.after import ALL, Tile
from cnncalc.kernels.arrays import Array
from cnncalc.kernels.axes import Axis, Box, boxes, out_sizes
from cnncalc.kernels.filters import Filters
from cnncalc.kernels.norm import side_by_side
from cnncalc.kernels.parallel import crew, threads
from cnncalc.kernels.program import Call, carry_out
from cnncalc.kernels.scratch import block_bytes, take
from cnncalc.kernels.windows import (
    Footprint,
    RowFootprint,
    footprint_of,
    row_footprint_of,
    row_windows_of,
    rows_of,
    slab_of,
    windows_of,
)

_TILE = 1 << 18
"""Values in a tile of outputs: smaller ones lose more by calls than they gain by a cache of 1 MiB (measured)."""

_PRODUCTS = 3 << 16
"""Multiplications done by a thread while a helper wakes (measured)."""

_FEW_TAPS = 3
"""Taps per pixel of stride up to which rows are rearranged tap by tap: more copies cost more than they save (measured)."""

_INDICES = "abcdefghijkl"
"""Names of indices in a sum: images, three axes, channels, and the taps along each axis."""


class _Tile(NamedTuple):
    """A part of an image's map, and the input pixels it sees."""

    image: int
    box: Box
    footprint: Footprint | RowFootprint


class _Cut(NamedTuple):
    """The division of a convolution into tiles; the same for equal layers."""

    tiles: Sequence[_Tile]
    hands: int
    longest: int
    """Positions of the longest row of a tile."""


def conv_depthwise(x: Array, filters: Filters, axes: tuple[Axis, ...], out: Array) -> None:
    """Write the cross-correlation of each channel of `x` with its own filters into `out`.

    Args:
        x: N x spatial x depth.
        filters: one group per channel, the filters of a channel side by side.
        axes: the windows, one per spatial axis.
        out: N x output sizes x filters, contiguous.

    """
    each = filters.each
    one_run = each > 1 or x.flags.c_contiguous  # whether a row's pixels are contiguous once in a slab
    by_tap = (axes[-1].stride > 1 or not one_run) and axes[-1].kernel <= _FEW_TAPS * axes[-1].stride
    merged = by_tap or (axes[-1].stride == 1 and one_run)
    room = block_bytes() // (filters.total * x.itemsize)
    tiles, hands, longest = _cut(x.shape[0], axes, filters.total, room, by_tap, threads())
    weights = side_by_side(filters.weights[..., 0, :], longest if merged else 1)

    def plan(tile: _Tile) -> list[Call]:
        image, box, footprint = tile
        rows, calls = rows_of(x[image], footprint) if isinstance(footprint, RowFootprint) else slab_of(x[image], footprint)
        if each > 1:
            rows, calls = _repeated(rows, calls, each)
        outputs = target = out[image][box]
        if merged:
            target = outputs.reshape(*outputs.shape[:-2], -1)
            windows = row_windows_of(rows, axes, target.shape, by_tap=by_tap)
        else:
            windows = windows_of(rows, axes, box)
        calls.append(_sum_over_taps(windows, weights[..., : target.shape[-1]], target))
        return calls + filters.finish(Tile(outputs, ALL, out.shape, lambda other: other[image][box]))

    carry_out(plan, tiles, hands)


@lru_cache(1024)
def _cut(images: int, axes: Sequence[Axis], filters: int, room: int, by_tap: bool, team: int) -> _Cut:  # noqa: FBT001 - a key
    """Return the tiles of a depthwise convolution for the threads of a team; `room` pixels fit a block."""
    sizes = out_sizes(axes)
    pixels = prod(axis.stride for axis in axes[:-1]) * (axes[-1].kernel if by_tap else 1)  # added to the slab per output
    hands, lead = crew(images * prod(sizes) * filters * prod(axis.kernel for axis in axes), _PRODUCTS, team)
    cut = boxes(sizes, min(_TILE // filters, room // pixels), -(-hands // images), lead)
    seen = [row_footprint_of(axes, box) if by_tap else footprint_of(axes, box) for box in cut]
    tiles = [_Tile(image, box, footprint) for image in range(images) for box, footprint in zip(cut, seen, strict=True)]
    return _Cut(tiles, hands, max(box[-1].stop - box[-1].start for box in cut))


def _repeated(rows: Array, calls: list[Call], times: int) -> tuple[Array, list[Call]]:
    """Return rows with each channel repeated `times` times, and the calls to fill them."""
    wide = take("values", (*rows.shape, times), rows.dtype)
    return wide.reshape(*rows.shape[:-1], -1), [*calls, partial(np.copyto, wide, rows[..., np.newaxis])]


def _sum_over_taps(windows: Array, weights: Array, out: Array) -> Call:
    """Plan windows (positions x taps x values) times weights (taps x values), summed over the taps."""
    place, tap = _INDICES[: out.ndim - 1], _INDICES[out.ndim : out.ndim + weights.ndim - 1]
    value = _INDICES[out.ndim - 1]
    return partial(np.einsum, f"{place}{tap}{value},{tap}{value}->{place}{value}", windows, weights, out=out)
