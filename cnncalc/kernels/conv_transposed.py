"""Transposed convolution: every input pixel writes its weighted kernel into the output.

Also called deconvolution: the gradient of a convolution with respect to its input (Zeiler et al. 2010;
Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016, section 4).
"""

from collections.abc import Sequence
from itertools import product

from cnncalc.kernels.arrays import Array, Padding, Sizes, empty_like, spatial_rank
from cnncalc.kernels.axes import Axis, Box, boxes, check_options, even_ranges, taps
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each, threads
from cnncalc.kernels.scratch import block_bytes


def transposed_conv(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    output_padding: Sizes | None = None,
) -> Array:
    """Spread `x` over a larger map.

    Args:
        x: N x spatial axes x depth.
        w: kernel axes x depth x filters per group; the channels of group g write its filters only.
        b: filters, or None.
        stride: pixels of the output between neighbouring pixels of the input, per axis.
        padding: (before, after) pixels cut off the output, per axis.
        dilation: pixels of the output between kernel taps, per axis.
        groups: number of blocks of channels, treated separately.
        output_padding: pixels added at the far edge of each axis of the output, None for 0; they
            hold the kernels' contributions there, else only the bias.

    Returns:
        N x ((W - 1)*S - before - after + dilation*(F-1) + output_padding + 1) x filters.

    Raises:
        MisfitError: sizes or options that do not fit.

    """
    _check(x, w, b, groups)
    extra = (0,) * spatial_rank(x.shape) if output_padding is None else output_padding
    axes = _axes(x, w, (stride, padding, dilation, extra))
    depth, each = x.shape[-1] // groups, w.shape[-1]
    out = empty_like(x, (x.shape[0], *(axis.size for axis in axes), each * groups))
    out[...] = 0 if b is None else b
    rows = boxes(x.shape[1:-1], block_bytes() // (each * x.itemsize))

    def run(tile: tuple[int, int, slice]) -> None:
        image, group, part = tile
        channels = slice(group * depth, (group + 1) * depth)
        filters = slice(group * each + part.start, group * each + part.stop)
        weights = w[..., channels, part]
        for box in rows:
            _spread(x[image][box][..., channels], weights, axes, box, out[image][..., filters])

    share = max(1, min(each, -(-threads() // (x.shape[0] * groups))))
    for_each(run, list(product(range(x.shape[0]), range(groups), even_ranges(each, share))))
    return out


def _spread(pixels: Array, w: Array, axes: Sequence[Axis], box: Box, out: Array) -> None:
    """Add the contributions of the input pixels of a tile, tap by tap; no other thread writes these filters."""
    local, places = zip(*(axis.part(part) for axis, part in zip(axes, box, strict=True)), strict=True)
    region = out[places]
    for tap in taps(axes):
        sources, targets = zip(*(a.seen(t) for a, t in zip(local, tap, strict=True)), strict=True)
        region[targets] += pixels[sources] @ w[tap]


def _axes(x: Array, w: Array, options: tuple[Sizes, Padding, Sizes, Sizes]) -> tuple[Axis, ...]:
    """Return the windows of the reverse convolution: from the output's sizes to the input's."""
    stride, padding, dilation, extra = options
    check_options(x.ndim - 2, w.shape[:-2], stride, padding, dilation)
    if len(extra) != len(stride) or min(extra) < 0:
        message = f"output_padding {extra}: wanted {len(stride)} whole numbers of at least 0"
        raise MisfitError(message)
    axes: list[Axis] = []
    per_axis = zip(x.shape[1:-1], w.shape[:-2], stride, dilation, padding, extra, strict=True)
    for size, k, s, d, (before, after), more in per_axis:
        if more >= max(s, d):
            message = f"output_padding {more}: wanted below the stride {s} or the dilation {d}"
            raise MisfitError(message)
        result = (size - 1) * s - before - after + d * (k - 1) + more + 1
        if result < 1:
            message = f"padding {before}+{after} leaves {result} pixels of output"
            raise MisfitError(message)
        axes.append(Axis(result, k, s, d, before, after, size))
    return tuple(axes)


def _check(x: Array, w: Array, b: Array | None, groups: int) -> None:
    """Raise MisfitError unless data, weights, biases and groups fit each other."""
    if w.ndim != spatial_rank(x.shape) + 2:
        message = f"weights have {w.ndim} axes, wanted {x.ndim}: kernel axes, depth, filters per group"
        raise MisfitError(message)
    if w.shape[-2] != x.shape[-1]:
        message = f"weights read {w.shape[-2]} channels, the data has {x.shape[-1]}"
        raise MisfitError(message)
    if groups < 1 or x.shape[-1] % groups:
        message = f"groups {groups} do not divide depth {x.shape[-1]}"
        raise MisfitError(message)
    if b is not None and b.shape != (w.shape[-1] * groups,):
        message = f"biases of shape {b.shape} for {w.shape[-1] * groups} filters"
        raise MisfitError(message)
