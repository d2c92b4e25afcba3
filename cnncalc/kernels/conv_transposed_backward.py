"""The gradients of a transposed convolution: it exchanges the forward and the backward pass of a convolution.

The gradient of its input is the convolution of the output's gradient; that of its weights is the one of this convolution, between
the output's gradient and the input.

Source: Dumoulin and Visin 2016, arXiv:1603.07285, section 4.1.
"""

import numpy as np

from cnncalc.kernels.arrays import Array, Padding, Sizes
from cnncalc.kernels.conv_backward import axes_between, conv_backward, taps, through_tap


def transposed_conv_backward(
    x: Array,
    w: Array,
    gradient: Array,
    *,
    groups: int = 1,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    of_input: bool = True,
    of_weights: bool = True,
) -> tuple[Array | None, Array | None]:
    """Return the gradients of the input and of the weights; None where they are not wanted.

    Args:
        x: N x spatial axes x depth. Without `of_weights` only its shape is read.
        w: kernel x depth x filters of a group. Without `of_input` only its shape is read.
        gradient: N x output sizes x filters.
        groups: equal parts of depth and filters.
        stride: pixels of the output between neighbouring pixels of the input, per axis.
        padding: (before, after) pixels cut off the output, per axis.
        dilation: pixels of the output between kernel taps, per axis.
        of_input: whether the gradient of the input is computed.
        of_weights: whether the gradient of the weights is computed.

    """
    into = np.zeros(x.shape, dtype=gradient.dtype) if of_input else None
    if into is not None:
        kernel = _by_group(w, groups)
        for tap, outs, pixels in taps(axes_between(gradient, x, w.shape[:-2], stride, padding, dilation)):
            into[(slice(None), *outs)] += through_tap(gradient[(slice(None), *pixels)], kernel[tap], groups)
    if not of_weights:
        return into, None
    _, onto = conv_backward(
        gradient,
        np.swapaxes(w, -1, -2),
        x,
        groups=groups,
        stride=stride,
        padding=padding,
        dilation=dilation,
        of_input=False,
    )
    return into, None if onto is None else np.ascontiguousarray(np.swapaxes(onto, -1, -2))


def _by_group(w: Array, groups: int) -> Array:
    """Return the weights as kernel x depth of a group x all filters."""
    *kernel, depth, filters = w.shape
    parts = w.reshape(*kernel, groups, depth // groups, filters)
    return np.swapaxes(parts, -3, -2).reshape(*kernel, depth // groups, groups * filters)
