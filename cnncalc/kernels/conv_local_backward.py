"""The gradients of a locally connected layer: those of a convolution, without the sums over the positions of the weights."""

import numpy as np

from cnncalc.kernels.arrays import Array, Padding, Sizes
from cnncalc.kernels.conv_backward import axes_between, taps


def local_conv_backward(
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

    `w` is output sizes x kernel x depth of a group x filters, as in `local_conv`; otherwise as `conv_backward`.
    """
    into = np.zeros(x.shape, dtype=gradient.dtype) if of_input else None
    onto = np.zeros(w.shape, dtype=gradient.dtype) if of_weights else None
    axes = axes_between(x, gradient, w.shape[x.ndim - 2 : -2], stride, padding, dilation)
    depth, filters = w.shape[-2], w.shape[-1] // groups
    for group in range(groups):
        channels, own = slice(group * depth, (group + 1) * depth), slice(group * filters, (group + 1) * filters)
        pixels_of, weights, slope = x[..., channels], w[..., own], gradient[..., own]
        for tap, outs, pixels in taps(axes):
            place: tuple[slice | int, ...] = (*outs, *tap)
            part = slope[(slice(None), *outs)]
            if into is not None:
                into[..., channels][(slice(None), *pixels)] += np.einsum("n...f,...cf->n...c", part, weights[place])
            if onto is not None:
                onto[..., own][place] = np.einsum("n...c,n...f->...cf", pixels_of[(slice(None), *pixels)], part)
    return into, onto
