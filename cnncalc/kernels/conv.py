"""Convolution: one entry point, several algorithms."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import prod
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from cnncalc.kernels.after import After
from cnncalc.kernels.arrays import Array, Padding, Sizes, empty_like, in_one_run, spatial_rank
from cnncalc.kernels.axes import Axis, is_pointwise, out_sizes, window_axes
from cnncalc.kernels.conv_blocked import conv_blocked
from cnncalc.kernels.conv_depthwise import conv_depthwise
from cnncalc.kernels.conv_direct import conv_direct
from cnncalc.kernels.conv_pointwise import conv_pointwise
from cnncalc.kernels.conv_winograd import conv_winograd, suits_winograd
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.filters import Filters, check_filters
from cnncalc.kernels.winograd_forms import LARGE, SMALL

Algorithm: TypeAlias = Literal["auto", "blocked", "direct", "winograd"]
"""The algorithm of a convolution.

`auto`: the fastest one exact to float32 rounding: Winograd's F(2x2, 3x3) if applicable and faster, else `blocked`.
`blocked`: products of cache-sized blocks (depthwise ones tap by tap).
`direct`: the definition; slow, for checks.
`winograd`: F(4x4, 3x3) if applicable and faster, else as `auto`; about ten times the rounding error.
"""

Mode: TypeAlias = Literal["correlation", "convolution"]
"""`convolution` flips the kernel along every spatial axis first, as in mathematics; networks do not."""

_MODES = get_args(Mode)
_ALGORITHMS = get_args(Algorithm)

_FORMS = {"auto": (SMALL,), "blocked": (), "winograd": (LARGE, SMALL)}
"""The forms of Winograd's algorithm to try, in order."""

_Kernel: TypeAlias = Callable[[Array, Filters, tuple[Axis, ...], Array], None]


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
    algorithm: Algorithm = "auto",
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
        groups: number of blocks of channels, convolved separately.
        mode: whether the kernel is flipped.
        algorithm: the algorithm to use.
        after: steps done in place on each tile of outputs while it is in the cache, for a following batch norm,
            activation or sum that is the only reader of its input.

    Returns:
        N x output sizes x filters, in the dtype of `x`.

    Raises:
        MisfitError: sizes or options that do not fit.

    """
    sides = tuple([(before, after) for before, after in padding])
    options = _Options(tuple(stride), sides, tuple(dilation), groups, mode, algorithm)
    layout = _layout(x.shape, w.shape, options, None if b is None else b.shape, flat=in_one_run(x))
    filters = Filters(w if mode == "correlation" else _flipped(w), b, groups, after)
    out = empty_like(x, layout.shape)
    if algorithm != "direct":
        filters = filters.folded(layout.positions)
    layout.kernel(x, filters, layout.axes, out)
    return out


class _Options(NamedTuple):
    """The options of a convolution."""

    stride: Sizes
    padding: tuple[tuple[int, int], ...]
    dilation: Sizes
    groups: int
    mode: Mode
    algorithm: Algorithm


class _Layout(NamedTuple):
    """Everything derived from the shapes and options of a convolution."""

    axes: tuple[Axis, ...]
    shape: tuple[int, ...]
    """The shape of the output."""
    positions: int
    """Output positions in all images."""
    kernel: _Kernel


@lru_cache(1024)
def _layout(data: Sizes, weights: Sizes, options: _Options, biases: Sizes | None, *, flat: bool) -> _Layout:
    """Return the layout for shapes and options, cached for equal layers; raise MisfitError if they do not fit."""
    _check_words(options.mode, options.algorithm)
    if len(weights) != spatial_rank(data) + 2:
        message = f"weights have {len(weights)} axes, wanted {len(data)}: kernel axes, depth per group, filters"
        raise MisfitError(message)
    check_filters(weights, biases, options.groups, data[-1])
    axes = window_axes(data[1:-1], weights[:-2], options.stride, options.padding, options.dilation)
    shape = (data[0], *out_sizes(axes), weights[-1])
    return _Layout(axes, shape, prod(shape[:-1]), _kernel(data[-1], weights, axes, options, flat=flat))


def _flipped(w: Array) -> Array:
    """Return the weights with every spatial axis reversed."""
    return np.ascontiguousarray(np.flip(w, axis=tuple(range(w.ndim - 2))))


def _kernel(depth: int, weights: Sizes, axes: tuple[Axis, ...], options: _Options, *, flat: bool) -> _Kernel:
    """Return the function for this convolution; `flat` data has evenly spaced pixels."""
    groups, algorithm = options.groups, options.algorithm
    if algorithm == "direct":
        return conv_direct
    if groups == depth > 1:
        return conv_depthwise
    if groups == 1 and flat and is_pointwise(axes):
        return conv_pointwise
    form = next((form for form in _FORMS[algorithm] if groups == 1 and suits_winograd(form, weights, axes)), None)
    return conv_blocked if form is None else partial(conv_winograd, form)


def _check_words(mode: str, algorithm: str) -> None:
    """Raise MisfitError for an unknown mode or algorithm."""
    for name, word, known in (("mode", mode, _MODES), ("algorithm", algorithm, _ALGORITHMS)):
        if word not in known:
            message = f"{name} {word!r}: wanted one of {', '.join(known)}"
            raise MisfitError(message)
