"""Depthwise convolution (one input channel per filter) without columns: tap by tap over whole rows.

A product of matrices has nothing to sum over here: every tap is one multiplication per value.  So a
tile of rows is held in the cache, and each tap adds its weighted, shifted copy of it.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from cnncalc.forward.kernels.arrays import Array
from cnncalc.forward.kernels.filters import Filters
from cnncalc.forward.kernels.norm import side_by_side
from cnncalc.forward.kernels.parallel import crew, for_each
from cnncalc.forward.kernels.sliding import Axis, Box, boxes, out_sizes
from cnncalc.forward.kernels.windows import row_windows_of, slab_of, windows_of

_TILE = 1 << 18
"""Values in a tile of outputs: smaller ones cost more calls than the cache of 1 MiB gains (measured)."""

_PRODUCTS = 1 << 20
"""Multiplications that a thread should at least have to do (measured)."""


def conv_depthwise(x: Array, filters: Filters, axes: Sequence[Axis], out: Array) -> None:
    """Write the cross-correlation of each channel of `x` with its own filters into `out`.

    Args:
        x: N x spatial x depth.
        filters: one group per channel, the filters of a channel side by side.
        axes: the windows, one per spatial axis.
        out: N x output sizes x filters, contiguous.

    """
    count = filters.total
    hands = crew(out.size * prod(filters.weights.shape[:-2]), _PRODUCTS)
    cut = boxes(out_sizes(axes), _TILE // count, -(-hands // x.shape[0]))
    merged = axes[-1].stride == 1 and (filters.each > 1 or x.flags.c_contiguous)
    longest = max(box[-1].stop - box[-1].start for box in cut)
    weights = side_by_side(filters.weights[..., 0, :], longest if merged else 1)

    def run(tile: tuple[int, Box]) -> None:
        image, box = tile
        slab = slab_of(x[image], axes, box)
        if filters.each > 1:
            slab = np.repeat(slab, filters.each, axis=-1)
        target = out[image][box]
        if merged:
            windows, target = row_windows_of(slab, axes, box), target.reshape(*target.shape[:-2], -1)
        else:
            windows = windows_of(slab, axes, box)
        _sum_over_taps(windows, weights[..., : target.shape[-1]], target)
        filters.finish(out[image][box])

    for_each(run, [(image, box) for image in range(x.shape[0]) for box in cut], hands)


def _sum_over_taps(windows: Array, weights: Array, out: Array) -> None:
    """Write windows (positions x taps x values) times weights (taps x values), summed over the taps."""
    rank = weights.ndim - 1
    place = list(range(out.ndim - 1))
    tap = list(range(out.ndim, out.ndim + rank))
    value = [out.ndim - 1]
    axes = (place + tap + value, tap + value, place + value)
    np.einsum(windows, axes[0], weights, axes[1], axes[2], out=out)  # type: ignore[arg-type]
