"""Convolution as a product of matrices, one cache-sized block of columns at a time.

The course notes' im2col lays every window of the whole input out as one matrix: 110 MiB for the
second layer of VGG-16.  Here a tile of outputs is laid out (at most 4 MiB), multiplied while it is in
the cache, and its memory used again; tiles go to threads.
"""

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np

from cnncalc.forward.kernels.arrays import Array
from cnncalc.forward.kernels.filters import Filters
from cnncalc.forward.kernels.parallel import crew, for_each
from cnncalc.forward.kernels.scratch import block_bytes, take
from cnncalc.forward.kernels.sliding import Axis, Box, box_sizes, boxes, even_ranges, out_sizes, shares
from cnncalc.forward.kernels.windows import slab_of, windows_of

_OUTPUTS = 1 << 18
"""Values in a tile of outputs: what follows the product finds it in the cache."""

_PRODUCTS = 1 << 23
"""Multiplications that a thread should at least have to do (measured)."""


def conv_blocked(x: Array, filters: Filters, axes: Sequence[Axis], out: Array) -> None:
    """Write the cross-correlation of `x` with `filters` into `out`.

    Args:
        x: N x spatial x depth.
        filters: any.
        axes: the windows, one per spatial axis.
        out: N x output sizes x filters, contiguous.

    """
    groups, each = filters.groups, filters.each
    weights = filters.weights.reshape(-1, groups, each).transpose(1, 0, 2)
    positions = min(block_bytes() // (groups * weights.shape[1] * x.itemsize), _OUTPUTS // filters.total)
    sizes = out_sizes(axes)
    hands = crew(x.shape[0] * prod(sizes) * filters.weights.size, _PRODUCTS)
    tiles, ranges = shares(sizes, each, -(-hands // x.shape[0]))

    def run(tile: tuple[int, Box, slice]) -> None:
        image, box, part = tile
        columns = _columns(x[image], axes, box, groups)
        target = out[image][box].reshape(-1, groups, each)[..., part]
        np.matmul(columns, weights[..., part], out=target.transpose(1, 0, 2))
        if ranges == 1:
            filters.finish(out[image][box])

    cut = product(range(x.shape[0]), boxes(sizes, positions, tiles), even_ranges(each, ranges))
    for_each(run, list(cut), hands)
    if ranges > 1:
        filters.finish(out)


def _columns(image: Array, axes: Sequence[Axis], box: Box, groups: int) -> Array:
    """Return the windows of a tile as matrices: groups x positions x (taps * depth per group)."""
    positions = prod(box_sizes(box))
    if all(axis[1:6] == (1, 1, 1, 0, 0) for axis in axes):
        pixels = image[box].reshape(positions, groups, -1)
        return pixels.transpose(1, 0, 2)
    windows = windows_of(slab_of(image, axes, box), axes, box)
    # Splitting the last axis needs no copy, although the windows overlap.
    by_group = np.moveaxis(windows.reshape(*windows.shape[:-1], groups, -1), -2, 0)
    columns = take("columns", by_group.shape, image.dtype)
    columns[...] = by_group
    return columns.reshape(groups, positions, -1)
