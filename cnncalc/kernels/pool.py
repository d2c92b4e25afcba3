"""Pooling: maximum, average and Euclidean norm over windows.

Windows are boxes, so the axes are summarised one after another: a 3x3 window costs 6 steps, not 9.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array, Indices, Padding, Sizes, empty_like, spatial_rank
from cnncalc.kernels.axes import Axis, Box, Rounding, boxes, out_sizes, window_axes
from cnncalc.kernels.parallel import crew
from cnncalc.kernels.program import Call, carry_out
from cnncalc.kernels.scratch import block_bytes, take
from cnncalc.kernels.tiles import CHEAP

_TILE = 1 << 15
"""Values in a tile of outputs: with the inputs of 2x2 windows it fits a cache of 1 MiB."""

_BETWEEN = ("values", "products")
"""The buffers of the results between the axes."""

_Summary: TypeAlias = Callable[[Array, Sequence[Axis], Box, Array], list[Call]]
"""(input pixels of a tile, its axes, its box of outputs, the output array): plans the calls that write the outputs."""


def max_pool(
    x: Array,
    kernel: Sizes,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    rounding: Rounding = "floor",
) -> Array:
    """Return the largest value of each window; padding never wins, a NaN always does.

    Args:
        x: N x spatial axes x depth.
        kernel: pixels per window and axis.
        stride: pixels between windows, per axis.
        padding: (before, after) per axis.
        dilation: pixels between the pixels of a window, per axis.
        rounding: the rule for strides that do not fit; by `ceil` the last window may overhang.

    Returns:
        N x output sizes x depth.

    Raises:
        MisfitError: options that do not fit the data.

    """

    def summary(pixels: Array, axes: Sequence[Axis], _: Box, out: Array) -> list[Call]:
        return _over_axes(pixels, axes, np.maximum, -np.inf, out)

    return _pool(x, _axes(x, kernel, stride=stride, padding=padding, dilation=dilation, rounding=rounding), summary)


def average_pool(
    x: Array,
    kernel: Sizes,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    rounding: Rounding = "floor",
    count_padding: bool = True,
) -> Array:
    """Return the mean of each window.

    With `count_padding` the padding counts as zeros (PyTorch's default, Caffe; mode 1 of the Knet
    tutorial), without it only pixels count (ONNX's default; mode 2).  Pixels beyond the
    padded edge, from `ceil`, never count.  A window without counted pixels gives NaN.  Other arguments,
    result and errors as in `max_pool`.
    """
    whole = _axes(x, kernel, stride=stride, padding=padding, dilation=dilation, rounding=rounding)
    counts = pixels_counted(whole, count_padding=count_padding).astype(x.dtype)

    def summary(pixels: Array, axes: Sequence[Axis], box: Box, out: Array) -> list[Call]:
        return [*_over_axes(pixels, axes, np.add, 0, out), partial(_divide, out, counts[box])]

    return _pool(x, whole, summary)


def l2_pool(
    x: Array,
    kernel: Sizes,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    rounding: Rounding = "floor",
) -> Array:
    """Return the square root of the sum of squares of each window (ONNX LpPool, p = 2).

    Arguments, result and errors as in `max_pool`; padding counts as zeros.
    """

    def summary(pixels: Array, axes: Sequence[Axis], _: Box, out: Array) -> list[Call]:
        squares = take("columns", pixels.shape, pixels.dtype)
        sums = _over_axes(squares, axes, np.add, 0, out)
        return [partial(np.square, pixels, squares), *sums, partial(np.sqrt, out, out)]

    return _pool(x, _axes(x, kernel, stride=stride, padding=padding, dilation=dilation, rounding=rounding), summary)


def _axes(
    x: Array,
    kernel: Sizes,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    rounding: Rounding,
) -> tuple[Axis, ...]:
    """Return the windows of a pool over `x`."""
    spatial_rank(x.shape)
    return window_axes(x.shape[1:-1], kernel, stride, padding, dilation, rounding=rounding)


def _pool(x: Array, axes: Sequence[Axis], summary: _Summary) -> Array:
    """Return N x output sizes x depth, computed tile by tile."""
    out = empty_like(x, (x.shape[0], *out_sizes(axes), x.shape[-1]))
    hands, lead = crew(x.size, CHEAP)
    room = block_bytes() // (x.shape[-1] * x.itemsize * prod(axis.stride for axis in axes))
    cut = boxes(out_sizes(axes), min(_TILE // x.shape[-1], room), -(-hands // x.shape[0]), lead)

    def plan(tile: tuple[int, Box]) -> list[Call]:
        image, box = tile
        local, pixels = zip(*(axis.part(part) for axis, part in zip(axes, box, strict=True)), strict=True)
        return summary(x[image][pixels], local, box, out[image][box])

    carry_out(plan, [(image, box) for image in range(x.shape[0]) for box in cut], hands)
    return out


def _over_axes(pixels: Array, axes: Sequence[Axis], join: np.ufunc, nothing: float, out: Array) -> list[Call]:
    """Plan the summary of every window by `join`; a window without pixels gives `nothing`."""
    calls: list[Call] = []
    for index, axis in enumerate(axes):
        shape = (*pixels.shape[:index], axis.out, *pixels.shape[index + 1 :])
        result = take(_BETWEEN[index], shape, pixels.dtype) if index < len(axes) - 1 else out
        calls += _over_axis(pixels, index, axis, join, nothing, result)
        pixels = result
    return calls


def _over_axis(pixels: Array, index: int, axis: Axis, join: np.ufunc, nothing: float, out: Array) -> list[Call]:
    """Plan the summary of axis `index` to its outputs."""
    lead = (slice(None),) * index
    seen = sorted(map(axis.seen, range(axis.kernel)), key=lambda tap: tap[0].start - tap[0].stop)
    everywhere = [pixels[(*lead, part)] for places, part in seen[:2] if places.stop - places.start == axis.out]
    calls: list[Call] = []
    if len(everywhere) == 2:  # two taps with a pixel at every position need no initial value
        calls.append(partial(join, *everywhere, out=out))
    else:
        everywhere = []
        calls.append(partial(out.fill, nothing))
    for places, part in seen[len(everywhere) :]:
        target = out[(*lead, places)]
        calls.append(partial(join, target, pixels[(*lead, part)], out=target))
    return calls


def _divide(total: Array, counted: Array) -> None:
    """Divide in place; 0 / 0 is NaN, without a warning."""
    with np.errstate(invalid="ignore"):
        np.divide(total, counted, total)


def pixels_counted(axes: Sequence[Axis], *, count_padding: bool) -> Indices:
    """Return the number of pixels that each window counts: outputs per axis x 1."""
    total = np.ones((), dtype=np.int64)
    for axis in axes:
        total = np.multiply.outer(total, _counts(axis, count_padding=count_padding))
    return np.asarray(total[..., None])


def _counts(axis: Axis, *, count_padding: bool) -> Indices:
    """Return the number of pixels counted by each window along one axis."""
    low, high = (-axis.before, axis.size + axis.after) if count_padding else (0, axis.size)
    starts = np.arange(axis.out)[:, None] * axis.stride - axis.before
    positions = starts + np.arange(axis.kernel) * axis.dilation
    return np.asarray(np.count_nonzero((positions >= low) & (positions < high), axis=1))
