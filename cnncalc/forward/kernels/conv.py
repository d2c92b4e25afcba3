"""Convolution: one door, several algorithms."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Literal, TypeAlias, get_args

import numpy as np

from cnncalc.forward.kernels.arrays import Array, Padding, Sizes, empty_like, spatial_rank
from cnncalc.forward.kernels.conv_blocked import conv_blocked
from cnncalc.forward.kernels.conv_depthwise import conv_depthwise
from cnncalc.forward.kernels.conv_direct import conv_direct
from cnncalc.forward.kernels.conv_winograd import conv_winograd, suits_winograd
from cnncalc.forward.kernels.errors import MisfitError
from cnncalc.forward.kernels.filters import After, Filters
from cnncalc.forward.kernels.sliding import Axis, out_sizes, window_axes

Algorithm: TypeAlias = Literal["blocked", "direct", "winograd"]
"""How a convolution is computed.

`blocked`: products of cache-sized blocks (depthwise ones tap by tap); exact to float32 rounding.
`direct`: the definition; slow, for checks.
`winograd`: F(4x4, 3x3) where it applies and pays, else `blocked`; about ten times the rounding error.
"""

Mode: TypeAlias = Literal["correlation", "convolution"]
"""`convolution` flips the kernel along every spatial axis first, as mathematics does; networks do not."""

_MODES = get_args(Mode)
_ALGORITHMS = get_args(Algorithm)

_Kernel: TypeAlias = Callable[[Array, Filters, Sequence[Axis], Array], None]


def conv(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    mode: Mode = "correlation",
    algorithm: Algorithm = "blocked",
    after: Sequence[After] = (),
) -> Array:
    """Convolve `x` with the filters `w`.

    Args:
        x: N x spatial axes x depth.
        w: kernel axes x depth per group x filters; filter f reads the channels of group
            f // (filters / groups).
        b: filters, or None.
        stride: pixels between windows, per axis.
        padding: (before, after) zeros, per axis.
        dilation: pixels between kernel taps, per axis; 1 is contiguous.
        groups: how many blocks of channels are convolved apart.
        mode: whether the kernel is flipped.
        algorithm: how to compute it.
        after: steps done in place on each tile of outputs while it is in the cache, for a batch norm
            or an activation that follows and whose input nobody else wants.

    Returns:
        N x output sizes x filters, in the dtype of `x`.

    Raises:
        MisfitError: sizes or options that do not fit.

    """
    _check_words(mode, algorithm)
    if w.ndim != spatial_rank(x) + 2:
        message = f"weights have {w.ndim} axes, wanted {x.ndim}: kernel axes, depth per group, filters"
        raise MisfitError(message)
    filters = Filters(w if mode == "correlation" else _flipped(w), b, groups, after)
    filters.check(x.shape[-1])
    axes = window_axes(x.shape[1:-1], w.shape[:-2], stride, padding, dilation)
    out = empty_like(x, (x.shape[0], *out_sizes(axes), filters.total))
    if algorithm != "direct":
        filters = filters.folded(prod(out.shape[:-1]))
    _kernel(x.shape[-1], filters, axes, algorithm)(x, filters, axes, out)
    return out


def _flipped(w: Array) -> Array:
    """Return the weights with every spatial axis reversed."""
    return np.ascontiguousarray(np.flip(w, axis=tuple(range(w.ndim - 2))))


def _kernel(depth: int, filters: Filters, axes: Sequence[Axis], algorithm: Algorithm) -> _Kernel:
    """Return the function that computes this convolution."""
    if algorithm == "direct":
        return conv_direct
    if filters.groups == depth > 1:
        return conv_depthwise
    if algorithm == "winograd" and suits_winograd(filters, axes):
        return conv_winograd
    return conv_blocked


def _check_words(mode: str, algorithm: str) -> None:
    """Raise MisfitError for a word that is no mode or no algorithm."""
    for name, word, known in (("mode", mode, _MODES), ("algorithm", algorithm, _ALGORITHMS)):
        if word not in known:
            message = f"{name} {word!r}: wanted one of {', '.join(known)}"
            raise MisfitError(message)
