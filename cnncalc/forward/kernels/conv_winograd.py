"""Winograd's minimal filtering F(4x4, 3x3): 36 products for 16 outputs where the definition takes 144.

Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.  The transforms of both
axes are one matrix each (a Kronecker product), so that the BLAS does them.  Its rounding error is some
ten times that of the other algorithms in float32: opt in.
"""

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np

from cnncalc.forward.kernels.arrays import Array, Sizes
from cnncalc.forward.kernels.filters import Filters
from cnncalc.forward.kernels.parallel import for_each, threads
from cnncalc.forward.kernels.scratch import block_bytes, take
from cnncalc.forward.kernels.sliding import Axis, Box, box_sizes, boxes, even_ranges, out_sizes, shares
from cnncalc.forward.kernels.windows import slab_of, windows_of

_STEP = 4
"""Outputs per tile and axis."""

_PATCH = 6
"""Input pixels per tile and axis, and products per tile and axis."""

# Lavin & Gray, section 4.3: the transforms of the input, of the filters and of the products.
_INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    dtype=np.float64,
)
_FILTER = (
    np.array(
        [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]],
        dtype=np.float64,
    )
    / 24
)
_OUTPUT = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
    dtype=np.float64,
)

_CHANNELS = 32
"""Input channels and filters below which the transforms cost more than they save (measured)."""

_SIDES = range(28, 225)
"""Map sides where the algorithm wins: below, transforming the filters costs more than it saves (measured)."""

_FILTER_BYTES = 4 << 20
"""Bytes of transformed filters up to which they are kept whole and tiles come to them (measured)."""

_PIECE = 1 << 13
"""Filter planes transformed at a time: 288 KiB read and 1.1 MiB written in float32."""

_INPUT_BYTES = 16 << 20
"""Bytes of a transformed input up to which it is kept whole and ranges of filters come to it."""


def suits_winograd(filters: Filters, axes: Sequence[Axis]) -> bool:
    """Return whether F(4x4, 3x3) applies to this convolution and is likely to be faster."""
    plain = all(axis.kernel == 3 and axis.stride == axis.dilation == 1 for axis in axes)
    return (
        plain
        and len(axes) == 2
        and filters.groups == 1
        and min(filters.weights.shape[-2:]) >= _CHANNELS
        and all(axis.out in _SIDES for axis in axes)
        and _fits(filters, _patches(axes))
    )


def _patches(axes: Sequence[Axis]) -> list[Axis]:
    """Return the 6x6 patches of input, 4 pixels apart, that the 4x4 tiles of output see."""
    return [axis._replace(kernel=_PATCH, stride=_STEP, out=-(-axis.out // _STEP)) for axis in axes]


def _fits(filters: Filters, patches: Sequence[Axis]) -> bool:
    """Return whether the transformed filters or the transformed input stay within their bounds."""
    return _few_filters(filters) or _input_bytes(filters.weights, patches) <= _INPUT_BYTES


def _few_filters(filters: Filters) -> bool:
    """Return whether the transformed filters may be kept whole."""
    weights = filters.weights
    return bool(_PATCH**2 * weights[0, 0].nbytes <= _FILTER_BYTES)


def _input_bytes(w: Array, patches: Sequence[Axis]) -> int:
    """Return the size of the transformed input of one image."""
    return int(_PATCH**2 * prod(out_sizes(patches)) * w.shape[-2] * w.itemsize)


def conv_winograd(x: Array, filters: Filters, axes: Sequence[Axis], out: Array) -> None:
    """Write the cross-correlation of `x` with 3x3 `filters` at stride 1 into `out`.

    Args:
        x: N x height x width x depth.
        filters: one group of 3x3 filters.
        axes: the windows, one per spatial axis.
        out: N x output sizes x filters.

    """
    run = _by_tiles if _few_filters(filters) else _by_filters
    run(x, filters, _patches(axes), out)


def _by_tiles(x: Array, filters: Filters, patches: Sequence[Axis], out: Array) -> None:
    """Transform all filters, then let the threads take tiles through all steps."""
    depth, count = filters.weights.shape[-2:]
    transformed = _transform_all_filters(filters.weights)
    sizes = out_sizes(patches)
    tiles, ranges = shares(sizes, count, -(-threads() // x.shape[0]))
    positions = block_bytes() // 2 // (_PATCH**2 * max(depth, count) * x.itemsize)

    def run(tile: tuple[int, Box, slice]) -> None:
        image, box, part = tile
        values = take("values", (_PATCH**2, prod(box_sizes(box)), depth), x.dtype)
        _transform_input(x[image], patches, box, values)
        outputs = out[image][tuple(slice(p.start * _STEP, p.stop * _STEP) for p in box)]
        _multiply(values, transformed[..., part], box_sizes(box), outputs[..., part])
        if ranges == 1:
            filters.finish(outputs)

    cut = product(range(x.shape[0]), boxes(sizes, positions, tiles), even_ranges(count, ranges))
    for_each(run, list(cut))
    if ranges > 1:
        filters.finish(out)


def _by_filters(x: Array, filters: Filters, patches: Sequence[Axis], out: Array) -> None:
    """Transform the input of an image, then let the threads take ranges of filters through all steps."""
    depth, count = filters.weights.shape[-2:]
    sizes = out_sizes(patches)
    columns = prod(sizes[1:])
    values = np.empty((_PATCH**2, prod(sizes), depth), dtype=x.dtype)
    width = max(1, block_bytes() // (_PATCH**2 * max(depth, prod(sizes)) * x.itemsize))

    for image, result in zip(x, out, strict=True):

        def transform(box: Box, image: Array = image) -> None:
            rows = slice(box[0].start * columns, box[0].stop * columns)
            _transform_input(image, patches, box, values[:, rows])

        def run(part: slice, result: Array = result) -> None:
            transformed = take("filters", (_PATCH**2, depth, part.stop - part.start), x.dtype)
            _transform_filters(filters.weights[..., part], transformed)
            _multiply(values, transformed, sizes, result[..., part])

        for_each(transform, boxes(sizes, columns))
        for_each(run, even_ranges(count, -(-count // width)))
    filters.finish(out)


def _both_axes(transform: Array, like: Array) -> Array:
    """Return the matrix that applies `transform` to rows and columns at once."""
    return np.kron(transform, transform).astype(like.dtype)


def _transform_all_filters(w: Array) -> Array:
    """Return the filters as 36 matrices, depth x filters each; the threads share the depth."""
    result = np.empty((_PATCH**2, *w.shape[-2:]), dtype=w.dtype)

    def run(part: slice) -> None:
        _transform_filters(w[:, :, part], result[:, part])

    for_each(run, even_ranges(w.shape[-2], min(w.shape[-2], -(-w[0, 0].size // _PIECE))))
    return result


def _transform_filters(w: Array, out: Array) -> None:
    """Write 3 x 3 x depth x filters as 36 x depth x filters, by one product."""
    # The last two axes of `out` lie in one run, so that this reshape is a view.
    np.matmul(_both_axes(_FILTER, w), w.reshape(9, -1), out=out.reshape(_PATCH**2, -1))


def _transform_input(image: Array, patches: Sequence[Axis], box: Box, out: Array) -> None:
    """Write the transformed input patches of a tile: 36 x patches x depth."""
    windows = windows_of(slab_of(image, patches, box), patches, box).transpose(2, 3, 0, 1, 4)
    gathered = take("columns", windows.shape, image.dtype)
    gathered[...] = windows
    np.matmul(_both_axes(_INPUT, image), gathered.reshape(_PATCH**2, -1), out=out.reshape(_PATCH**2, -1))


def _multiply(values: Array, transformed: Array, tiles: Sizes, out: Array) -> None:
    """Sum over the depth, transform back, and write 4x4 outputs per tile, those past the edges left out."""
    products = take("products", (_PATCH**2, values.shape[1], transformed.shape[2]), values.dtype)
    np.matmul(values, transformed, out=products)
    results = take("columns", (_STEP**2, products[0].size), products.dtype)
    np.matmul(_both_axes(_OUTPUT, products), products.reshape(_PATCH**2, -1), out=results)
    squares = results.reshape(_STEP, _STEP, *tiles, -1)
    for i, j in product(range(_STEP), repeat=2):
        places = out[i::_STEP, j::_STEP]
        places[...] = squares[i, j, : places.shape[0], : places.shape[1]]
