"""Views of all windows of a tile, and the padded slab that they look at."""

from collections.abc import Sequence

from numpy.lib.stride_tricks import as_strided

from cnncalc.forward.kernels.arrays import Array, Sizes
from cnncalc.forward.kernels.scratch import take
from cnncalc.forward.kernels.sliding import Axis, Box, box_sizes


def slab_of(image: Array, axes: Sequence[Axis], box: Box) -> Array:
    """Return the input pixels that a tile of outputs sees, zeros around them where it sees padding.

    Args:
        image: spatial axes x depth.
        axes: the windows, one per spatial axis.
        box: the tile.

    Returns:
        spatial axes x depth: a view where no padding is seen, else this thread's buffer "slab".

    """
    spans = [axis.span(part) for axis, part in zip(axes, box, strict=True)]
    inside = zip(spans, image.shape[:-1], strict=True)
    if all(start >= 0 and stop <= size for (start, stop), size in inside):
        return image[tuple(slice(start, stop) for start, stop in spans)]
    slab = take("slab", (*(stop - start for start, stop in spans), image.shape[-1]), image.dtype)
    _gather(image, spans, slab)
    return slab


def _gather(image: Array, spans: Sequence[tuple[int, int]], slab: Array) -> None:
    """Copy the pixels of `spans` into `slab`, with zeros where they lie outside the image."""
    inside: list[slice] = []
    source: list[slice] = []
    for (start, stop), size in zip(spans, image.shape[:-1], strict=True):
        low = min(max(start, 0), size)
        high = max(low, min(stop, size))
        source.append(slice(low, high))
        inside.append(slice(low - start, high - start))
    for axis, part in enumerate(inside):
        outer = inside[:axis]
        slab[(*outer, slice(0, part.start))] = 0
        slab[(*outer, slice(part.stop, None))] = 0
    slab[tuple(inside)] = image[tuple(source)]


def windows_of(slab: Array, axes: Sequence[Axis], box: Box) -> Array:
    """Return a view of every window of a tile: positions per axis x taps per axis x depth."""
    steps = slab.strides[:-1]
    positions = (step * axis.stride for step, axis in zip(steps, axes, strict=True))
    within = (step * axis.dilation for step, axis in zip(steps, axes, strict=True))
    return as_strided(
        slab,
        shape=(*box_sizes(box), *kernel_sizes(axes), slab.shape[-1]),
        strides=(*positions, *within, slab.strides[-1]),
        writeable=False,
    )


def row_windows_of(slab: Array, axes: Sequence[Axis], box: Box) -> Array:
    """Return a view of the windows of whole rows: positions per outer axis x taps per axis x values of a row.

    For stride 1 on the last axis, where the windows of a row lie side by side: one inner loop then
    runs over the row's pixels and channels, not over the channels of one pixel.
    """
    steps = slab.strides[:-1]
    sizes = box_sizes(box)
    positions = (step * axis.stride for step, axis in zip(steps[:-1], axes[:-1], strict=True))
    within = (step * axis.dilation for step, axis in zip(steps, axes, strict=True))
    return as_strided(
        slab,
        shape=(*sizes[:-1], *kernel_sizes(axes), sizes[-1] * slab.shape[-1]),
        strides=(*positions, *within, slab.strides[-1]),
        writeable=False,
    )


def kernel_sizes(axes: Sequence[Axis]) -> Sizes:
    """Return the taps per axis."""
    return tuple(axis.kernel for axis in axes)
