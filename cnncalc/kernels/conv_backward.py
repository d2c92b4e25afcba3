"""The gradients of a convolution, tap by tap.

Each tap of a kernel joins shifted pixels of the input with the outputs: its part of the weights' gradient is a product of the
two, and its part of the input's gradient is the output's gradient times the weights of the tap, added up where windows overlap.
At stride 1 the latter is a convolution of the output's gradient with the flipped filters.

Source: CS231n course notes, "Convolutional Layer", Backpropagation; Knet tutorial, "Backpropagation".
"""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from cnncalc.kernels.arrays import Array, Padding, Sizes
from cnncalc.kernels.axes import Axis

_FEW = 4
"""Channels and filters of a group up to which they are multiplied one by one, and not as matrices."""


def conv_backward(
    x: Array,
    w: Array,
    gradient: Array,
    *,
    groups: int = 1,
    mode: str = "correlation",
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    of_input: bool = True,
    of_weights: bool = True,
) -> tuple[Array | None, Array | None]:
    """Return the gradients of the input and of the weights; None where they are not wanted.

    Args:
        x: N x spatial axes x depth. Without `of_weights` only its shape is read.
        w: kernel x depth of a group x filters. Without `of_input` only its shape is read.
        gradient: N x output sizes x filters.
        groups: equal parts of depth and filters.
        mode: `convolution` flips the kernel.
        stride: pixels between windows, per axis.
        padding: (before, after) per axis.
        dilation: pixels between the pixels of a window, per axis.
        of_input: whether the gradient of the input is computed.
        of_weights: whether the gradient of the weights is computed.

    """
    spatial = tuple(range(w.ndim - 2))
    kernel = np.flip(w, spatial) if mode == "convolution" else w
    into = np.zeros(x.shape, dtype=gradient.dtype) if of_input else None
    onto = np.empty(w.shape, dtype=gradient.dtype) if of_weights else None
    for tap, outs, pixels in taps(axes_between(x, gradient, w.shape[:-2], stride, padding, dilation)):
        part = gradient[(slice(None), *outs)]
        if into is not None:
            into[(slice(None), *pixels)] += through_tap(part, kernel[tap], groups)
        if onto is not None:
            onto[tap] = _outer(x[(slice(None), *pixels)], part, groups)
    if onto is not None and mode == "convolution":
        onto = np.ascontiguousarray(np.flip(onto, spatial))
    return into, onto


def axes_between(x: Array, y: Array, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes) -> list[Axis]:
    """Return the windows that lead from the pixels of x to the positions of y."""
    per_axis = zip(x.shape[1:-1], kernel, stride, dilation, padding, y.shape[1:-1], strict=True)
    return [Axis(size, f, s, d, before, after, out) for size, f, s, d, (before, after), out in per_axis]


def taps(axes: Sequence[Axis]) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...], tuple[slice, ...]]]:
    """Yield for each tap of a kernel its index, the outputs that read a pixel through it, and those pixels."""
    for tap in product(*(range(axis.kernel) for axis in axes)):
        seen = [axis.seen(at) for axis, at in zip(axes, tap, strict=True)]
        yield tap, tuple(outs for outs, _ in seen), tuple(pixels for _, pixels in seen)


def through_tap(part: Array, tap: Array, groups: int) -> Array:
    """Return the output's gradient (positions x filters) times the weights of a tap (depth of a group x filters)."""
    depth, filters = tap.shape
    if groups == 1:
        return part @ tap.T
    split = part.reshape(*part.shape[:-1], groups, filters // groups)
    own = tap.reshape(depth, groups, filters // groups)
    if max(own.shape[0], own.shape[2]) <= _FEW:
        found = np.einsum("...gk,cgk->...gc", split, own)
    else:
        found = np.moveaxis(np.matmul(np.moveaxis(split, -2, 0), own.transpose(1, 2, 0).reshape(_stacked(own, part.ndim))), 0, -2)
    return np.asarray(found.reshape(*part.shape[:-1], groups * depth))


def _stacked(own: Array, axes: int) -> tuple[int, ...]:
    """Return the shape of a matrix for each group, spread over the positions."""
    depth, groups, filters = own.shape
    return (groups, *(1,) * (axes - 2), filters, depth)


def _outer(pixels: Array, part: Array, groups: int) -> Array:
    """Return the sum over the positions of each channel of its group times each filter's gradient."""
    rows, columns = pixels.reshape(-1, pixels.shape[-1]), part.reshape(-1, part.shape[-1])
    if groups == 1:
        return np.asarray(rows.T @ columns)
    depth, filters = rows.shape[1] // groups, columns.shape[1] // groups
    one, other = rows.reshape(-1, groups, depth), columns.reshape(-1, groups, filters)
    if max(depth, filters) <= _FEW:
        found = np.einsum("pgc,pgk->cgk", one, other)
    else:
        found = np.matmul(one.transpose(1, 2, 0), other.transpose(1, 0, 2)).transpose(1, 0, 2)
    return np.asarray(found.reshape(depth, groups * filters))


def sum_of_positions(gradient: Array) -> Array:
    """Return the gradient of one number for each channel: "added up across each depth slice" (course notes)."""
    return np.asarray(gradient.reshape(-1, gradient.shape[-1]).sum(axis=0))
