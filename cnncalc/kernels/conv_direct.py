"""Convolution by definition: every kernel tap adds the weighted pixels under it.

Slow and short: the oracle of the other algorithms.  Matrix products sum only over the channels of one
pixel: a NaN in one pixel taints exactly the outputs whose windows contain it.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from cnncalc.kernels.after import everything
from cnncalc.kernels.arrays import Array
from cnncalc.kernels.axes import Axis, taps
from cnncalc.kernels.filters import Filters
from cnncalc.kernels.program import do


def conv_direct(x: Array, filters: Filters, axes: Sequence[Axis], out: Array) -> None:
    """Write the cross-correlation of `x` with `filters` into `out`.

    Args:
        x: N x spatial x depth.
        filters: any.
        axes: the windows, one per spatial axis.
        out: N x output sizes x filters.

    """
    out[...] = 0
    for group_x, group_w, group_out in _by_group(x, filters, out):
        for tap in taps(axes):
            seen = [axis.seen(t) for axis, t in zip(axes, tap, strict=True)]
            outputs = (slice(None), *(positions for positions, _ in seen))
            pixels = (slice(None), *(pixels for _, pixels in seen))
            group_out[outputs] += group_x[pixels] @ group_w[tap]
    do(filters.finish(everything(out)))


def _by_group(x: Array, filters: Filters, out: Array) -> Iterator[tuple[Array, Array, Array]]:
    """Yield for each group views of its input channels, its weights and its outputs."""
    arrays = (x, filters.weights, out)
    return zip(*(np.split(array, filters.groups, axis=-1) for array in arrays), strict=True)
