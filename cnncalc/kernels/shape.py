"""Layers that move values without computing: pad, crop, slice, shuffle, flatten, reshape."""

from collections.abc import Sequence
from math import prod
from typing import Literal, TypeAlias, get_args

import numpy as np

from cnncalc.kernels.arrays import Array, Padding, spatial_rank
from cnncalc.kernels.errors import MisfitError

PadMode: TypeAlias = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
"""The values outside the map: a number, the nearest pixel, the map mirrored at its edge pixel, mirrored
at its edge, or repeated."""


def pad(x: Array, padding: Padding, *, mode: PadMode = "constant", value: float = 0.0) -> Array:
    """Return `x` with a border.

    Args:
        x: N x spatial axes x depth.
        padding: (before, after) per spatial axis.
        mode: the content of the border.
        value: the number of mode `constant`.

    Returns:
        N x padded sizes x depth.

    Raises:
        MisfitError: padding of the wrong rank, negative, or (mirrored) larger than the map allows.

    """
    _check_sides(x, padding)
    if mode not in get_args(PadMode):
        message = f"mode {mode!r}: wanted one of {', '.join(get_args(PadMode))}"
        raise MisfitError(message)
    widths = ((0, 0), *padding, (0, 0))
    if mode == "constant":
        return np.pad(x, widths, constant_values=value)
    limit = 1 if mode == "reflect" else 0
    for size, sides in zip(x.shape[1:-1], padding, strict=True):
        if mode != "edge" and max(sides) > size - limit:
            message = f"padding {sides} by mode {mode} on an axis of {size} pixels"
            raise MisfitError(message)
    return np.pad(x, widths, mode=mode)


def crop(x: Array, margins: Padding) -> Array:
    """Return a view of `x` without its margins.

    Args:
        x: N x spatial axes x depth.
        margins: (before, after) pixels to remove per spatial axis.

    Raises:
        MisfitError: margins of the wrong rank, negative, or without a remaining pixel.

    """
    _check_sides(x, margins)
    for size, (before, after) in zip(x.shape[1:-1], margins, strict=True):
        if before + after >= size:
            message = f"margins {before}+{after} leave nothing of {size} pixels"
            raise MisfitError(message)
    inner = zip(x.shape[1:-1], margins, strict=True)
    return x[(slice(None), *(slice(before, size - after) for size, (before, after) in inner))]


def slice_depth(x: Array, start: int, stop: int) -> Array:
    """Return a view of the channels start to stop - 1 of `x` (N x spatial axes x depth).

    Raises:
        MisfitError: an empty range, or one beyond the depth.

    """
    if not 0 <= start < stop <= x.shape[-1]:
        message = f"channels {start} to {stop} of depth {x.shape[-1]}"
        raise MisfitError(message)
    return x[..., start:stop]


def shuffle(x: Array, groups: int) -> Array:
    """Return `x` with interleaved channels: channel i of group g goes to position i * groups + g.

    Args:
        x: N x spatial axes x depth.
        groups: blocks of neighbouring channels.

    Raises:
        MisfitError: groups that do not divide the depth.

    Source: Zhang et al., "ShuffleNet", CVPR 2018, section 3.1.

    """
    if groups < 1 or x.shape[-1] % groups:
        message = f"groups {groups} do not divide depth {x.shape[-1]}"
        raise MisfitError(message)
    blocks = x.reshape(*x.shape[:-1], groups, -1).swapaxes(-1, -2)
    out = np.empty(blocks.shape, dtype=x.dtype)  # never a view, even if nothing moves: later steps may overwrite it
    out[...] = blocks
    return out.reshape(x.shape)


def flatten(x: Array) -> Array:
    """Return `x` as N x values, in the order height, width, depth, with the channel fastest."""
    return x.reshape(x.shape[0], prod(x.shape[1:]))


def reshape(x: Array, sizes: Sequence[int]) -> Array:
    """Return `x` with other axes, its values in the order height, width, depth.

    Args:
        x: N x any axes.
        sizes: the axes after N, spatial ones first (height before width), depth last.

    Raises:
        MisfitError: sizes for another number of values.

    """
    if prod(sizes) != prod(x.shape[1:]) or min(sizes, default=1) < 1:
        message = f"{prod(x.shape[1:])} values of {x.shape[1:]} do not fill {tuple(sizes)}"
        raise MisfitError(message)
    return x.reshape(x.shape[0], *sizes)


def _check_sides(x: Array, sides: Padding) -> None:
    """Raise MisfitError unless `sides` has two numbers of at least 0 per spatial axis."""
    if len(sides) != spatial_rank(x.shape) or any(min(pair) < 0 for pair in sides):
        message = f"sides {list(sides)}: wanted {spatial_rank(x.shape)} pairs of at least 0"
        raise MisfitError(message)
