"""Layers that move values without computing: pad, crop, slice, shuffle, depth to space and back, flatten, reshape."""

from collections.abc import Sequence
from math import prod
from typing import Literal, TypeAlias, get_args

import numpy as np

from cnncalc.kernels.arrays import Array, Padding, spatial_rank
from cnncalc.kernels.errors import MisfitError

PadMode: TypeAlias = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
"""The values outside the map: a number, the nearest pixel, the map mirrored at its edge pixel, mirrored
at its edge, or repeated."""

BlockOrder: TypeAlias = Literal["crd", "dcr", "focus"]
"""The order of a block in the depth, slowest first: channel, row, column; row, column, channel; column, row, channel."""


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
    return _copied(blocks).reshape(x.shape)


def depth_to_space(x: Array, sides: Sequence[int], order: BlockOrder = "crd") -> Array:
    """Return `x` with the channels of each pixel as a block of pixels.

    Args:
        x: N x spatial axes x depth.
        sides: the sides of a block, one per spatial axis (height before width).
        order: the order of the block in the depth.

    Returns:
        N x (each spatial axis times its side) x depth / product of the sides; never a view.

    Raises:
        MisfitError: sides of the wrong rank, or a depth that they do not divide.

    Source: Shi et al., "Real-Time Single Image and Video Super-Resolution", CVPR 2016, equation 4.

    """
    rank = spatial_rank(x.shape)
    if len(sides) != rank or min(sides, default=0) < 1 or x.shape[-1] % prod(sides):
        message = f"blocks of {tuple(sides)} from depth {x.shape[-1]} on {rank} axes"
        raise MisfitError(message)
    depth = x.shape[-1] // prod(sides)
    folded, places, channel = _folded(rank, sides, depth, order)
    blocks = x.reshape(*x.shape[:-1], *folded)
    axes = [0, *(axis for at in range(rank) for axis in (1 + at, 1 + rank + places[at])), 1 + rank + channel]
    sizes = [size * side for size, side in zip(x.shape[1:-1], sides, strict=True)]
    return _copied(blocks.transpose(axes)).reshape(x.shape[0], *sizes, depth)


def space_to_depth(x: Array, sides: Sequence[int], order: BlockOrder = "crd") -> Array:
    """Return `x` with each block of pixels as the channels of one pixel, the inverse of `depth_to_space`.

    Args:
        x: N x spatial axes x depth.
        sides: the sides of a block, one per spatial axis (height before width).
        order: the order of the block in the depth.

    Returns:
        N x (each spatial axis over its side) x depth * product of the sides; never a view.

    Raises:
        MisfitError: sides of the wrong rank, or that do not divide the axes.

    """
    rank = spatial_rank(x.shape)
    if len(sides) != rank or min(sides, default=0) < 1 or any(size % side for size, side in zip(x.shape[1:-1], sides, strict=True)):
        message = f"blocks of {tuple(sides)} on axes of {x.shape[1:-1]} pixels"
        raise MisfitError(message)
    depth = x.shape[-1]
    folded, places, channel = _folded(rank, sides, depth, order)
    outs = [size // side for size, side in zip(x.shape[1:-1], sides, strict=True)]
    blocks = x.reshape(x.shape[0], *(number for pair in zip(outs, sides, strict=True) for number in pair), depth)
    inner = {place: 2 + 2 * at for at, place in enumerate(places)} | {channel: 1 + 2 * rank}
    axes = [0, *(1 + 2 * at for at in range(rank)), *(inner[at] for at in range(rank + 1))]
    return _copied(blocks.transpose(axes)).reshape(x.shape[0], *outs, prod(folded))


def _folded(rank: int, sides: Sequence[int], depth: int, order: BlockOrder) -> tuple[tuple[int, ...], list[int], int]:
    """Return the axes of a folded depth, the place of each side among them, and the place of the channels."""
    if order == "crd":
        return (depth, *sides), [1 + at for at in range(rank)], 0
    if order == "dcr":
        return (*sides, depth), list(range(rank)), rank
    return (*reversed(sides), depth), list(reversed(range(rank))), rank


def _copied(x: Array) -> Array:
    """Return a copy in the order of the axes: never a view, even if nothing moves, for later steps may overwrite it."""
    out = np.empty(x.shape, dtype=x.dtype)
    out[...] = x
    return out


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


def in_front(x: Array, rows: Array) -> Array:
    """Return each image with the same rows in front of its own: N x (rows + length) x depth."""
    return np.concatenate([np.broadcast_to(rows, (x.shape[0], *rows.shape)), x], axis=1)
