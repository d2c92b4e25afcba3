"""Locally connected layers: the windows of a convolution, with separate filters for each output position."""

from collections.abc import Sequence
from math import prod

import numpy as np

from cnncalc.kernels.arrays import Array, Padding, Sizes, empty_like, spatial_rank
from cnncalc.kernels.axes import Axis, Box, boxes, out_sizes, taps, window_axes
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.filters import check_filters
from cnncalc.kernels.parallel import for_each


def local_conv(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> Array:
    """Convolve `x` with filters that are not shared between positions.

    Args:
        x: N x spatial axes x depth.
        w: output sizes x kernel axes x depth per group x filters.
        b: output sizes x filters (a bias per position), filters (one per filter), or None.
        stride: pixels between windows, per axis.
        padding: (before, after) zeros, per axis.
        dilation: pixels between kernel taps, per axis.
        groups: number of blocks of channels, convolved separately.

    Returns:
        N x output sizes x filters.

    Raises:
        MisfitError: sizes or options that do not fit, including weights for other output sizes.

    """
    sizes, axes = _fit(x, w, stride, padding, dilation)
    filters = w.shape[-1]
    if b is not None and b.shape not in ((filters,), (*sizes, filters)):
        message = f"biases of shape {b.shape}, wanted {(filters,)} or {(*sizes, filters)}"
        raise MisfitError(message)
    check_filters(w.shape, None, groups, x.shape[-1])
    out = empty_like(x, (x.shape[0], *sizes, filters))
    out[...] = 0 if b is None else b
    parts = list(zip(*(np.split(a, groups, axis=-1) for a in (x, w, out)), strict=True))

    def run(box: Box) -> None:
        local, pixels = zip(*(axis.part(part) for axis, part in zip(axes, box, strict=True)), strict=True)
        for part_x, part_w, part_out in parts:
            _add_taps(part_x[(slice(None), *pixels)], part_w[box], part_out[(slice(None), *box)], local)

    for_each(run, boxes(sizes, prod(sizes[1:]), 1))
    return out


def _fit(x: Array, w: Array, stride: Sizes, padding: Padding, dilation: Sizes) -> tuple[Sizes, tuple[Axis, ...]]:
    """Return the output sizes and the windows; their number must match the weights."""
    rank = spatial_rank(x.shape)
    if w.ndim != 2 * rank + 2:
        message = f"weights have {w.ndim} axes, wanted {2 * rank + 2}: outputs, kernel, depth, filters"
        raise MisfitError(message)
    axes = window_axes(x.shape[1:-1], w.shape[rank:-2], stride, padding, dilation)
    if w.shape[:rank] != out_sizes(axes):
        message = f"weights for {w.shape[:rank]} positions, the windows have {out_sizes(axes)}"
        raise MisfitError(message)
    return out_sizes(axes), axes


def _add_taps(pixels: Array, w: Array, out: Array, axes: Sequence[Axis]) -> None:
    """Add every tap of a tile: each position multiplies its own pixel with its own weights."""
    for tap in taps(axes):
        places, seen = zip(*(axis.seen(t) for axis, t in zip(axes, tap, strict=True)), strict=True)
        out[(slice(None), *places)] += np.einsum("n...c,...cf->n...f", pixels[(slice(None), *seen)], w[(*places, *tap)])
