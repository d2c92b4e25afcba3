"""Views of all windows of a tile, and the padded slab under them."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.kernels.arrays import Array, Sizes
from cnncalc.kernels.axes import Axis, Box, box_sizes
from cnncalc.kernels.program import Call
from cnncalc.kernels.scratch import take


class Footprint(NamedTuple):
    """The input of a tile of outputs: pixels of the image, and their place in a slab with room for the padding."""

    source: Box
    inside: Box
    sizes: Sizes
    zeros: Sequence[Box]


def footprint_of(axes: Sequence[Axis], box: Box) -> Footprint:
    """Return the footprint of the tile of outputs `box` under these windows."""
    source: list[slice] = []
    inside: list[slice] = []
    sizes: list[int] = []
    zeros: list[Box] = []
    for axis, part in zip(axes, box, strict=True):
        start, stop = axis.span(part)
        size = stop - start
        first = min(max(-start, 0), size)  # first pixel of the image; a tile may be wholly in the padding, on either side
        last = max(first, min(axis.size - start, size))
        zeros += [(*inside, side) for side in (slice(0, first), slice(last, size)) if side.stop > side.start]
        source.append(slice(start + first, start + last))
        inside.append(slice(first, last))
        sizes.append(size)
    return Footprint(tuple(source), tuple(inside), tuple(sizes), zeros)


def slab_of(image: Array, footprint: Footprint) -> tuple[Array, list[Call]]:
    """Return the input pixels of a tile of outputs, with zeros for padding, and the calls to fill them.

    Args:
        image: spatial axes x depth.
        footprint: the input pixels of the tile.

    Returns:
        spatial axes x depth: a view if there is no padding, else the buffer "slab"; and the calls that fill it.

    """
    if not footprint.zeros:
        return image[footprint.source], []
    slab = take("slab", (*footprint.sizes, image.shape[-1]), image.dtype)
    calls: list[Call] = [partial(slab[part].fill, 0) for part in footprint.zeros]
    calls.append(partial(np.copyto, slab[footprint.inside], image[footprint.source]))
    return slab, calls


def windows_of(slab: Array, axes: Sequence[Axis], box: Box) -> Array:
    """Return a view of every window of a tile: positions per axis x taps per axis x depth."""
    steps = slab.strides[:-1]
    positions = [step * axis.stride for step, axis in zip(steps, axes, strict=True)]
    within = [step * axis.dilation for step, axis in zip(steps, axes, strict=True)]
    return _view(slab, (*box_sizes(box), *kernel_sizes(axes), slab.shape[-1]), (*positions, *within, slab.strides[-1]))


class RowFootprint(NamedTuple):
    """The input of a tile of outputs, rows arranged tap by tap: for each tap of the last axis its pixels, side by side."""

    outer: Footprint
    """The footprint along the other axes."""
    taps: Sequence[tuple[slice, slice]]
    """For each tap, positions in a row and the pixels of the image joined with them."""
    length: int
    """Positions in a row."""


def row_footprint_of(axes: Sequence[Axis], box: Box) -> RowFootprint:
    """Return the footprint of the tile of outputs `box` under these windows, rows arranged tap by tap."""
    local, pixels = axes[-1].part(box[-1])
    seen = [local.seen(tap) for tap in range(local.kernel)]
    met = [(outs, slice(pixels.start + part.start, pixels.start + part.stop, part.step)) for outs, part in seen]
    return RowFootprint(footprint_of(axes[:-1], box[:-1]), met, local.out)


def rows_of(image: Array, footprint: RowFootprint) -> tuple[Array, list[Call]]:
    """Return the rows of a tile of outputs, arranged tap by tap, with zeros for padding, and the calls to fill them.

    Returns:
        outer axes x taps of the last axis x positions in a row x depth, the buffer "slab"; and the calls that fill it.

    """
    outer, taps, length = footprint
    rows = take("slab", (*outer.sizes, len(taps), length, image.shape[-1]), image.dtype)
    calls: list[Call] = [partial(rows[part].fill, 0) for part in outer.zeros]
    for tap, (outs, pixels) in enumerate(taps):
        place: tuple[int | slice, ...] = (*outer.inside, tap)
        row = rows[place]
        edges = (slice(0, outs.start), slice(outs.stop, length))
        calls += [partial(row[..., edge, :].fill, 0) for edge in edges if edge.stop > edge.start]
        if outs.stop > outs.start:
            calls.append(partial(np.copyto, row[..., outs, :], image[(*outer.source, pixels)]))
    return rows, calls


def row_windows_of(rows: Array, axes: Sequence[Axis], target: Sizes, *, by_tap: bool) -> Array:
    """Return a view of the windows of whole rows: positions per outer axis x taps per axis x values of a row.

    For stride 1 on the last axis, with the windows of a row side by side, or for rows arranged tap by tap: one inner
    loop then runs over the positions and channels of a row, not over the channels of one pixel.

    Args:
        rows: a slab, or rows arranged tap by tap.
        axes: the windows.
        target: positions per outer axis, and values of a row of outputs.
        by_tap: whether the rows are arranged tap by tap.

    """
    steps = rows.strides[: len(axes)]
    positions = [step * axis.stride for step, axis in zip(steps[:-1], axes[:-1], strict=True)]
    within = [step * axis.dilation for step, axis in zip(steps[:-1], axes[:-1], strict=True)]
    last = steps[-1] if by_tap else steps[-1] * axes[-1].dilation
    return _view(rows, (*target[:-1], *kernel_sizes(axes), target[-1]), (*positions, *within, last, rows.strides[-1]))


def _view(array: Array, shape: Sizes, strides: Sizes) -> Array:
    """Return a read-only view with other axes over the same memory."""
    if array.flags.c_contiguous:  # a fifth of the time, with NumPy's check of the bounds
        return np.ndarray(shape, array.dtype, array, 0, strides)
    return as_strided(array, shape, strides, writeable=False)


def kernel_sizes(axes: Sequence[Axis]) -> Sizes:
    """Return the taps per axis."""
    return tuple([axis.kernel for axis in axes])
