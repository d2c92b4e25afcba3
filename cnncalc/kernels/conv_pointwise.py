"""Convolution with filters of one pixel at stride 1: one product of pixels and weights, without a copy."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from cnncalc.kernels import blocks
from cnncalc.kernels.after import Tile
from cnncalc.kernels.arrays import Array
from cnncalc.kernels.axes import Axis, even_ranges, shares
from cnncalc.kernels.filters import Filters
from cnncalc.kernels.parallel import crew, threads
from cnncalc.kernels.program import Call, carry_out


class _Cut(NamedTuple):
    """The division of a product into tiles; the same for equal layers."""

    tiles: Sequence[tuple[slice, slice]]
    """Ranges of the pixels of all images, and of the filters."""
    hands: int


def conv_pointwise(x: Array, filters: Filters, _: Sequence[Axis], out: Array) -> None:
    """Write the cross-correlation of `x` with `filters` of one pixel into `out`.

    Args:
        x: N x spatial x depth.
        filters: one group.
        _: the windows, already determined by the arrays.
        out: N x output sizes x filters, contiguous.

    """
    depth, count = filters.weights.shape[-2:]
    weights, pixels, results = filters.weights.reshape(depth, count), x.reshape(-1, depth), out.reshape(-1, count)
    tiles, hands = _cut(len(pixels), depth, count, threads())

    def plan(tile: tuple[slice, slice]) -> list[Call]:
        rows, part = tile
        target = results[tile]
        after = Tile(target, part, out.shape, lambda other: other.reshape(-1, count)[tile])
        return [partial(np.matmul, pixels[rows], weights[:, part], target), *filters.finish(after)]

    carry_out(plan, tiles, hands)


@lru_cache(1024)
def _cut(pixels: int, depth: int, count: int, team: int) -> _Cut:
    """Return the tiles of a product for the threads of a team."""
    hands, lead = crew(pixels * depth * count, blocks.PRODUCTS, team)
    parts, ranges = shares((pixels,), count, hands)
    parts = max(parts, -(-pixels * count // blocks.OUTPUTS))
    rows = even_ranges(pixels, min(pixels, parts), round(lead * pixels), blocks.UNIT)
    return _Cut([(row, part) for row in rows for part in even_ranges(count, ranges, round(lead * count), blocks.UNIT)], hands)
