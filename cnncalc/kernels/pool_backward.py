"""The gradients of pools.

A max pool keeps the index of the largest value, "the switches", and sends the gradient there. Means and sums spread it over their
window, one axis after another. Where windows overlap, the gradients add up.

Source: CS231n course notes, "Pooling Layer", Backpropagation; indices and composition of the L2 pool as in PyTorch.
"""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from cnncalc.kernels.arrays import Array, Indices, Padding, Saved, Sizes
from cnncalc.kernels.axes import Axis, Rounding, out_sizes, window_axes
from cnncalc.kernels.conv_backward import taps
from cnncalc.kernels.pool import pixels_counted
from cnncalc.kernels.reads import gradient_of_reads, mean_reads


def max_pool_indices(
    x: Array, kernel: Sizes, *, stride: Sizes, padding: Padding, dilation: Sizes, rounding: Rounding = "floor"
) -> Indices:
    """Return the place of the largest value of each window; of equal ones the first, of NaNs the last.

    Arguments and errors as in `max_pool`.

    Returns:
        N x output sizes x depth: the pixel's number in its channel, row by row; -1 for a window without pixels.

    """
    axes = window_axes(x.shape[1:-1], kernel, stride, padding, dilation, rounding=rounding)
    shape = (x.shape[0], *out_sizes(axes), x.shape[-1])
    largest, indices = np.full(shape, -np.inf, dtype=x.dtype), np.full(shape, -1, dtype=np.int64)
    numbers = _numbers(x.shape[1:-1])
    for _, outs, pixels in taps(axes):
        here = (slice(None), *outs)
        values = x[(slice(None), *pixels)]
        better = (values > largest[here]) | (indices[here] < 0) | np.isnan(values)
        np.copyto(largest[here], values, where=better)
        np.copyto(indices[here], numbers[pixels], where=better)
    return indices


def adaptive_max_indices(x: Array, sizes: Sizes) -> Indices:
    """Return the place of the largest value of each bin of `adaptive_max_pool`.

    Of equal values and of NaNs the first; otherwise as `max_pool_indices`.
    """
    indices = np.empty((x.shape[0], *sizes, x.shape[-1]), dtype=np.int64)
    numbers = _numbers(x.shape[1:-1])
    for at in np.ndindex(*sizes):
        box = tuple(slice(i * s // b, -(-(i + 1) * s // b)) for i, s, b in zip(at, x.shape[1:-1], sizes, strict=True))
        values = x[(slice(None), *box)].reshape(x.shape[0], -1, x.shape[-1])
        indices[(slice(None), *at)] = numbers[box].ravel()[values.argmax(axis=1)]
    return indices


def _numbers(sizes: Sizes) -> Indices:
    """Return the number of each pixel, row by row: spatial axes x 1."""
    return np.arange(prod(sizes), dtype=np.int64).reshape(*sizes, 1)


def to_the_largest(gradient: Array, indices: Indices, shape: tuple[int, ...]) -> Array:
    """Return the gradient of the input of a max pool: each output's goes to the place of its largest value.

    Args:
        gradient: N x output sizes x depth.
        indices: the same shape, from `max_pool_indices` or `adaptive_max_indices`.
        shape: that of the input.

    """
    images = np.arange(shape[0]).reshape(-1, *(1,) * (len(shape) - 1))
    places = (images * prod(shape[1:-1]) + np.maximum(indices, 0)) * shape[-1] + np.arange(shape[-1])
    found = np.bincount(places.ravel(), weights=np.where(indices < 0, 0, gradient).ravel(), minlength=prod(shape))
    return found.reshape(shape).astype(gradient.dtype)


def average_pool_backward(
    gradient: Array,
    shape: Sizes,
    kernel: Sizes,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    rounding: Rounding = "floor",
    count_padding: bool = True,
) -> Array:
    """Return the gradient of the input of `average_pool`; `shape` has its pixels per axis."""
    axes = window_axes(shape, kernel, stride, padding, dilation, rounding=rounding)
    counted = pixels_counted(axes, count_padding=count_padding).astype(gradient.dtype)
    with np.errstate(divide="ignore", invalid="ignore"):  # windows without pixels pass nothing on
        share = gradient / counted
    return _spread(share, axes)


def adaptive_average_backward(gradient: Array, shape: Sizes) -> Array:
    """Return the gradient of the input of `adaptive_average_pool`; `shape` has its pixels per axis."""
    return gradient_of_reads(gradient, mean_reads(shape, gradient.shape[1:-1]), shape)


def l2_pool_saved(
    x: Array, kernel: Sizes, *, stride: Sizes, padding: Padding, dilation: Sizes, rounding: Rounding = "floor"
) -> dict[str, Array]:
    """Return what the L2 pool saves as PyTorch composes it: with m for the mean of the squares, sqrt(F*F * sign(m) * relu(|m|)).

    Arguments and errors as in `l2_pool`. The arrays are the `squares`, their `means`, the `signs` and `sizes` of these, and the
    `sums`, of which the output is the root.
    """
    axes = window_axes(x.shape[1:-1], kernel, stride, padding, dilation, rounding=rounding)
    squares = x * x
    means = _summed(squares, axes) / prod(kernel)
    signs, sizes = np.sign(means), np.maximum(np.abs(means), 0)
    return {"squares": squares, "means": means, "signs": signs, "sizes": sizes, "sums": signs * sizes * prod(kernel)}


def l2_pool_backward(
    x: Array,
    saved: Mapping[str, Saved],
    gradient: Array,
    kernel: Sizes,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    rounding: Rounding = "floor",
) -> Array:
    """Return the gradient of the input, x over the root; 0 where the root is 0. `saved` is from `l2_pool_saved`."""
    axes = window_axes(x.shape[1:-1], kernel, stride, padding, dilation, rounding=rounding)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_sums = gradient / (2 * np.sqrt(saved["sums"]))
        of_sizes = np.where(saved["sizes"] > 0, of_sums * saved["signs"] * prod(kernel), 0)
    of_means = of_sizes * np.sign(saved["means"])
    return _spread(of_means / prod(kernel), axes) * (2 * x)


def _summed(x: Array, axes: Sequence[Axis]) -> Array:
    """Return the sum of each window, one axis after another."""
    for index, axis in enumerate(axes, start=1):
        lead = (slice(None),) * index
        found = np.zeros((*x.shape[:index], axis.out, *x.shape[index + 1 :]), dtype=x.dtype)
        for tap in range(axis.kernel):
            outs, pixels = axis.seen(tap)
            found[(*lead, outs)] += x[(*lead, pixels)]
        x = found
    return x


def _spread(gradient: Array, axes: Sequence[Axis]) -> Array:
    """Return the gradient of the input of `_summed`: that of each window, given to all its pixels."""
    for index, axis in reversed(list(enumerate(axes, start=1))):
        lead = (slice(None),) * index
        found = np.zeros((*gradient.shape[:index], axis.size, *gradient.shape[index + 1 :]), dtype=gradient.dtype)
        for tap in range(axis.kernel):
            outs, pixels = axis.seen(tap)
            found[(*lead, pixels)] += gradient[(*lead, outs)]
        gradient = found
    return gradient
