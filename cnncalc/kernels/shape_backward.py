"""The gradients of layers that move values: each goes back to where its value came from, and copies of one value add up."""

from collections.abc import Sequence

import numpy as np

from cnncalc.kernels.arrays import Array, Padding, Sizes
from cnncalc.kernels.reads import Read, Reads, gradient_of_reads
from cnncalc.kernels.shape import BlockOrder, PadMode, crop, depth_to_space, shuffle, space_to_depth


def pad_backward(gradient: Array, padding: Padding, mode: PadMode) -> Array:
    """Return the gradient of the input of `pad`, a new array: without the border, or with the border's added to its sources."""
    if mode == "constant":
        return crop(gradient, padding).copy()
    shape = tuple(size - sum(sides) for size, sides in zip(gradient.shape[1:-1], padding, strict=True))
    reads = [_sources(size, sides, mode) for size, sides in zip(shape, padding, strict=True)]
    return gradient_of_reads(gradient, reads, shape)


def _sources(size: int, sides: tuple[int, int], mode: PadMode) -> Reads:
    """Return the pixel that each pixel of a padded axis is a copy of."""
    return [Read(int(pixel), (1.0,)) for pixel in np.pad(np.arange(size), sides, mode=mode)]


def crop_backward(gradient: Array, shape: Sizes, margins: Padding) -> Array:
    """Return the gradient of the input of `crop`, zero at the margins; `shape` has the pixels per axis."""
    found = np.zeros((gradient.shape[0], *shape, gradient.shape[-1]), dtype=gradient.dtype)
    crop(found, margins)[...] = gradient
    return found


def slice_backward(gradient: Array, start: int, depth: int) -> Array:
    """Return the gradient of the input of `slice_depth`, which has `depth` channels: zero for the channels left out."""
    found = np.zeros((*gradient.shape[:-1], depth), dtype=gradient.dtype)
    found[..., start : start + gradient.shape[-1]] = gradient
    return found


def shuffle_backward(gradient: Array, groups: int) -> Array:
    """Return the gradient of the input of `shuffle`: the shuffle of the other number of groups takes each channel back."""
    return shuffle(gradient, gradient.shape[-1] // groups)


def depth_to_space_backward(gradient: Array, sides: Sequence[int], order: BlockOrder) -> Array:
    """Return the gradient of the input of `depth_to_space`: its inverse."""
    return space_to_depth(gradient, sides, order)


def space_to_depth_backward(gradient: Array, sides: Sequence[int], order: BlockOrder) -> Array:
    """Return the gradient of the input of `space_to_depth`: its inverse."""
    return depth_to_space(gradient, sides, order)
