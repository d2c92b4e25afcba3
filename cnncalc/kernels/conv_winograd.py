"""Convolution with 3x3 filters at stride 1 by Winograd's minimal filtering, in one of its forms."""

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.kernels import blocks
from cnncalc.kernels.after import Tile
from cnncalc.kernels.arrays import Array, Sizes
from cnncalc.kernels.axes import Axis, Box, box_sizes, boxes, even_ranges, out_sizes, shares
from cnncalc.kernels.filters import Filters
from cnncalc.kernels.parallel import threads
from cnncalc.kernels.program import Call, carry_out
from cnncalc.kernels.scratch import block_bytes, take
from cnncalc.kernels.windows import Footprint, footprint_of, slab_of, windows_of
from cnncalc.kernels.winograd_forms import Form, on_both_axes

_FILTERS = 1 << 20
"""Transformed filters up to which all are kept and the work is divided by tiles (measured): 4 MiB in float32."""

_PIECE = 1 << 13
"""Filter planes transformed at a time: 288 KiB read and at most 1.1 MiB written in float32."""

_INPUTS = 1 << 21
"""Values of a transformed input up to which all are kept and the work is divided by filters: 8 MiB in float32."""


def suits_winograd(form: Form, weights: Sizes, axes: Sequence[Axis]) -> bool:
    """Return whether a form applies to these windows and shape of weights, and is likely to be faster than columns."""
    return (
        len(axes) == 2
        and all(axis.kernel == 3 and axis.stride == axis.dilation == 1 for axis in axes)
        and min(weights[-2:]) >= form.least_depth
        and min(axis.out for axis in axes) >= form.least_side
        and (_few_filters(form, weights) or form.patch**2 * prod(out_sizes(_patches(form, axes))) * weights[-2] <= _INPUTS)
    )


def _patches(form: Form, axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Return the input patches seen by the output tiles."""
    return tuple(axis._replace(kernel=form.patch, stride=form.step, out=-(-axis.out // form.step)) for axis in axes)


def _few_filters(form: Form, weights: Sizes) -> bool:
    """Return whether all transformed filters may be kept."""
    return form.patch**2 * prod(weights[-2:]) <= _FILTERS


def conv_winograd(form: Form, x: Array, filters: Filters, axes: Sequence[Axis], out: Array) -> None:
    """Write the cross-correlation of `x` with 3x3 `filters` at stride 1 into `out`.

    Args:
        form: a suitable form.
        x: N x height x width x depth.
        filters: one group of 3x3 filters.
        axes: the windows, one per spatial axis.
        out: N x output sizes x filters.

    """
    run = _by_tiles if _few_filters(form, filters.weights.shape) else _by_filters
    run(form, x, filters, _patches(form, axes), out)


class _Tile(NamedTuple):
    """Some patches of an image, the input pixels they see, and a part of the filters."""

    image: int
    box: Box
    footprint: Footprint
    part: slice


def _by_tiles(form: Form, x: Array, filters: Filters, patches: tuple[Axis, ...], out: Array) -> None:
    """Transform all filters, then run all steps tile by tile on the threads."""
    depth, count = filters.weights.shape[-2:]
    transformed = np.empty((form.patch**2, depth, count), dtype=x.dtype)
    room = block_bytes() // 2 // (form.patch**2 * max(depth, count) * x.itemsize)

    def plan(tile: _Tile) -> list[Call]:
        image, box, footprint, part = tile
        sizes = box_sizes(box)
        values = take("values", (form.patch**2, prod(sizes), depth), x.dtype)
        calls = _spread(form, x[image], _Seen(patches, box, footprint), values)
        place: tuple[int | slice, ...] = (image, *(slice(p.start * form.step, p.stop * form.step) for p in box), part)
        outputs = out[place]
        calls += _multiply(form, values, transformed[..., part], sizes, outputs)
        return calls + filters.finish(Tile(outputs, part, out.shape, lambda other: other[place]))

    def transform(part: slice) -> list[Call]:
        return [_transform(form, filters.weights[:, :, part], transformed[:, part])]

    carry_out(transform, even_ranges(depth, min(depth, -(-depth * count // _PIECE))))
    carry_out(plan, _tiles(x.shape[0], patches, count, room, threads()))


@lru_cache(1024)
def _tiles(images: int, patches: Sequence[Axis], count: int, room: int, team: int) -> list[_Tile]:
    """Return all tiles of at most `room` patches, at least one for every thread of the team."""
    sizes = out_sizes(patches)
    parts, ranges = shares(sizes, count, -(-team // images))
    cut = [(box, footprint_of(patches, box)) for box in boxes(sizes, room, parts)]
    return [_Tile(image, *each, part) for image in range(images) for each in cut for part in even_ranges(count, ranges)]


def _by_filters(form: Form, x: Array, filters: Filters, patches: tuple[Axis, ...], out: Array) -> None:
    """Transform the input of an image, then run all steps by ranges of filters on the threads."""
    depth, count = filters.weights.shape[-2:]
    sizes = out_sizes(patches)
    columns = prod(sizes[1:])
    values = np.empty((form.patch**2, prod(sizes), depth), dtype=x.dtype)
    fits = block_bytes() // 2 // (form.patch**2 * max(depth, prod(sizes)) * x.itemsize)
    width = max(1, -(-fits // blocks.UNIT) * blocks.UNIT)

    for image, result in enumerate(out):

        def transform(box: Box, image: int = image) -> list[Call]:
            rows = slice(box[0].start * columns, box[0].stop * columns)
            return _spread(form, x[image], _Seen(patches, box, footprint_of(patches, box)), values[:, rows])

        def run(part: slice, image: int = image, result: Array = result) -> list[Call]:
            transformed = take("values", (form.patch**2, depth, part.stop - part.start), x.dtype)
            calls = [_transform(form, filters.weights[..., part], transformed)]
            calls += _multiply(form, values, transformed, sizes, result[..., part])
            return calls + filters.finish(Tile(result[..., part], part, out.shape, lambda other: other[image][..., part]))

        carry_out(transform, boxes(sizes, columns))
        carry_out(run, even_ranges(count, -(-count // width)))


def _transform(form: Form, w: Array, out: Array) -> Call:
    """Plan the transform of 3 x 3 x depth x filters to patch^2 x depth x filters, by one product."""
    # The last two axes of `out` are contiguous: its reshape is a view.
    return partial(np.matmul, on_both_axes(form.filters, w.dtype), w.reshape(9, -1), out.reshape(form.patch**2, -1))


class _Seen(NamedTuple):
    """Some of the patches over an image, and the input pixels they see."""

    patches: tuple[Axis, ...]
    box: Box
    footprint: Footprint


def _spread(form: Form, image: Array, seen: _Seen, out: Array) -> list[Call]:
    """Plan the input transform of some patches: patch^2 x patches x depth, by one product."""
    slab, calls = slab_of(image, seen.footprint)
    windows = windows_of(slab, seen.patches, seen.box).transpose(2, 3, 0, 1, 4)
    gathered = take("columns", windows.shape, image.dtype)
    transform, size = on_both_axes(form.input, image.dtype), form.patch**2
    calls.append(partial(np.copyto, gathered, windows))
    calls.append(partial(np.matmul, transform, gathered.reshape(size, -1), out.reshape(size, -1)))
    return calls


def _multiply(form: Form, values: Array, transformed: Array, tiles: Sizes, out: Array) -> list[Call]:
    """Plan the sums over the depth and the transform back to outputs, without outputs past the edges."""
    step, size = form.step, form.patch**2
    products = take("products", (size, values.shape[1], transformed.shape[2]), values.dtype)
    results = take("columns", (step * step, products[0].size), products.dtype)
    back = on_both_axes(form.output, products.dtype)
    calls: list[Call] = [
        partial(np.matmul, values, transformed, products),
        partial(np.matmul, back, products.reshape(size, -1), results),
    ]
    squares = results.reshape(step, step, *tiles, -1)
    for i, j in product(range(step), repeat=2):
        places = out[i::step, j::step]
        calls.append(partial(np.copyto, places, squares[i, j, : places.shape[0], : places.shape[1]]))
    return calls
