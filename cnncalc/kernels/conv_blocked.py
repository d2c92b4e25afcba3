"""Convolution as a matrix product, one cache-sized block of columns at a time.

The course notes' im2col copies every window of the whole input into one matrix: 110 MiB for the
second layer of VGG-16.  Here the windows of a tile of outputs are copied (at most 4 MiB), multiplied while
in the cache, and their memory is reused; tiles are distributed over threads.
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.kernels import blocks
from cnncalc.kernels.after import ALL, Tile, everything
from cnncalc.kernels.arrays import Array
from cnncalc.kernels.axes import Axis, Box, box_sizes, boxes, even_ranges, is_pointwise, out_sizes, shares
from cnncalc.kernels.filters import Filters
from cnncalc.kernels.parallel import crew, threads
from cnncalc.kernels.program import Call, carry_out, do
from cnncalc.kernels.scratch import block_bytes, take
from cnncalc.kernels.windows import Footprint, footprint_of, slab_of, windows_of


class _Tile(NamedTuple):
    """A part of the outputs: a box of an image's map, and a range of each group's filters."""

    image: int
    box: Box
    part: slice
    footprint: Footprint | None
    """The input pixels it sees; None if every window is one pixel and every pixel has a window."""


class _Cut(NamedTuple):
    """The division of a convolution into tiles; the same for equal layers."""

    tiles: Sequence[_Tile]
    hands: int
    whole: bool
    """Whether each tile computes all filters."""


def conv_blocked(x: Array, filters: Filters, axes: tuple[Axis, ...], out: Array) -> None:
    """Write the cross-correlation of `x` with `filters` into `out`.

    Args:
        x: N x spatial x depth.
        filters: any.
        axes: the windows, one per spatial axis.
        out: N x output sizes x filters, contiguous.

    """
    groups, each = filters.groups, filters.each
    weights = filters.weights.reshape(-1, groups, each).transpose(1, 0, 2)
    seen = max(groups * weights.shape[1], x.shape[-1] * prod(axis.stride for axis in axes))  # columns, or slab, per position
    room = block_bytes() // (seen * x.itemsize)
    tiles, hands, whole = _cut(x.shape[0], axes, weights.shape, room, threads())

    def plan(tile: _Tile) -> list[Call]:
        image, box, part, footprint = tile
        columns, calls = _columns(x[image], axes, box, footprint, groups)
        outputs = out[image][box]
        target = outputs.reshape(-1, groups, each)[..., part].transpose(1, 0, 2)
        calls.append(partial(np.matmul, columns, weights[..., part], target))
        if whole or groups == 1:
            channels = ALL if whole else part
            calls += filters.finish(
                Tile(outputs[..., channels], channels, out.shape, lambda other: other[image][box][..., channels])
            )
        return calls

    carry_out(plan, tiles, hands)
    if groups > 1 and not whole:
        do(filters.finish(everything(out)))


@lru_cache(1024)
def _cut(images: int, axes: Sequence[Axis], weights: tuple[int, int, int], room: int, team: int) -> _Cut:
    """Return the tiles for products of groups x (taps * depth per group) x filters per group.

    `room` is the number of positions whose columns fit a block, `team` the number of threads.
    """
    groups, _, each = weights
    sizes = out_sizes(axes)
    hands, lead = crew(images * prod(sizes) * prod(weights), blocks.PRODUCTS, team)
    parts, ranges = shares(sizes, each, -(-hands // images))
    cut = boxes(sizes, min(room, blocks.OUTPUTS // (groups * each)), parts, lead)
    single = is_pointwise(axes)
    seen = [None if single else footprint_of(axes, box) for box in cut]
    filters = even_ranges(each, ranges, round(lead * each), blocks.UNIT)
    tiles = [
        _Tile(i, box, part, footprint) for i in range(images) for box, footprint in zip(cut, seen, strict=True) for part in filters
    ]
    return _Cut(tiles, hands, ranges == 1)


def _columns(image: Array, axes: Sequence[Axis], box: Box, footprint: Footprint | None, groups: int) -> tuple[Array, list[Call]]:
    """Return the windows of a tile as matrices, groups x positions x (taps * depth per group), and the calls to fill them."""
    if footprint is None:
        pixels = image[box].reshape(-1, groups, image.shape[-1] // groups)
        return pixels.transpose(1, 0, 2), []
    slab, calls = slab_of(image, footprint)
    windows = windows_of(slab, axes, box)
    # Splitting the last axis needs no copy, although the windows overlap.
    parted = windows.reshape(*windows.shape[:-1], groups, -1)
    by_group = parted.transpose(parted.ndim - 2, *range(parted.ndim - 2), parted.ndim - 1)
    columns = take("columns", by_group.shape, image.dtype)
    calls.append(partial(np.copyto, columns, by_group))
    return columns.reshape(groups, prod(box_sizes(box)), -1), calls
