"""Winograd's minimal filtering F(m x m, 3 x 3): (m + 2)^2 products for m^2 outputs, where the definition takes 9 m^2.

Source: Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, sections 4.1 and 4.3.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import product
from typing import NamedTuple, TypeAlias

import numpy as np

from cnncalc.forward.kernels.arrays import Array, Sizes
from cnncalc.forward.kernels.program import Call
from cnncalc.forward.kernels.scratch import take
from cnncalc.forward.kernels.sliding import Axis, Box
from cnncalc.forward.kernels.windows import windows_of

_Rows: TypeAlias = tuple[tuple[float, ...], ...]


class Form(NamedTuple):
    """One of the algorithms: how its tiles are transformed, and back."""

    step: int
    """Outputs per tile and axis."""
    filters: _Rows
    """The transform of the filters, one axis: patch x 3."""
    spread: Callable[[Array, Sequence[Axis], Box, Array], list[Call]]
    """(slab of input, patches, tiles, values): lays out how to write patch^2 x tiles x depth values."""
    gather: Callable[[Array, Sizes, Array], list[Call]]
    """(products, tiles per axis, outputs): lays out how to make outputs of patch^2 x tiles x filters, which may be overwritten."""
    least_depth: int
    """Input channels and filters below which the transforms cost more than they save (measured)."""
    least_side: int
    """Sides of a map below which transforming the filters costs more than it saves (measured)."""

    @property
    def patch(self) -> int:
        """Input pixels per tile and axis, and products per tile and axis."""
        return self.step + 2


@cache
def on_both_axes(transform: _Rows, dtype: np.dtype[np.floating]) -> Array:
    """Return the matrix that applies `transform` to rows and columns at once, so that the BLAS does it."""
    matrix = np.array(transform)
    both = np.kron(matrix, matrix).astype(dtype)
    both.flags.writeable = False
    return both


def _spread_2(slab: Array, _: Sequence[Axis], box: Box, values: Array) -> list[Call]:
    """Lay out the differences and sums of F(2x2, 3x3), columns first: then the rows are sums of whole rows."""
    high, wide = (part.stop - part.start for part in box)
    halfway = take("columns", (4, slab.shape[0], wide, slab.shape[-1]), slab.dtype)
    columns = [slab[:, at : at + 2 * wide - 1 : 2] for at in range(4)]
    rows = [halfway[:, at : at + 2 * high - 1 : 2] for at in range(4)]
    squares = values.reshape(4, 4, high, wide, -1)
    return [*_differences(columns, halfway), *_differences(rows, squares)]


def _differences(d: Sequence[Array], out: Array) -> list[Call]:
    """Lay out the input transform of F(2, 3) along one axis."""
    return [
        partial(np.subtract, d[0], d[2], out[0]),
        partial(np.add, d[1], d[2], out[1]),
        partial(np.subtract, d[2], d[1], out[2]),
        partial(np.subtract, d[1], d[3], out[3]),
    ]


def _gather_2(products: Array, tiles: Sizes, out: Array) -> list[Call]:
    """Lay out the output transform of F(2x2, 3x3): rows and columns in place, then the last sums into the outputs."""
    squares = products.reshape(4, 4, *tiles, -1)
    columns = squares[:2].swapaxes(0, 1)
    calls: list[Call] = [
        partial(np.add, squares[0], squares[1], squares[0]),
        partial(np.subtract, squares[1], squares[2], squares[1]),
        partial(np.add, squares[0], squares[2], squares[0]),
        partial(np.subtract, squares[1], squares[3], squares[1]),
        partial(np.add, columns[0], columns[1], columns[0]),
        partial(np.subtract, columns[1], columns[2], columns[1]),
    ]
    for i, j in product(range(2), repeat=2):
        places = out[i::2, j::2]
        inside = tuple(slice(0, size) for size in places.shape[:2])
        join = np.subtract if j else np.add
        calls.append(partial(join, squares[i, j][inside], squares[i, j + 2][inside], places))
    return calls


SMALL = Form(2, ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)), _spread_2, _gather_2, 64, 14)
"""F(2x2, 3x3): 16 products for 4 outputs. Its transforms are sums, and halves of sums: it rounds as the definition does."""

_INPUT_4: _Rows = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_FILTER_4: _Rows = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_OUTPUT_4: _Rows = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def _spread_4(slab: Array, patches: Sequence[Axis], box: Box, values: Array) -> list[Call]:
    """Lay out the input transform of F(4x4, 3x3) as one product."""
    windows = windows_of(slab, patches, box).transpose(2, 3, 0, 1, 4)
    gathered = take("columns", windows.shape, slab.dtype)
    transform = on_both_axes(_INPUT_4, slab.dtype)
    return [
        partial(np.copyto, gathered, windows),
        partial(np.matmul, transform, gathered.reshape(36, -1), values.reshape(36, -1)),
    ]


def _gather_4(products: Array, tiles: Sizes, out: Array) -> list[Call]:
    """Lay out the output transform of F(4x4, 3x3) as one product, and where its results go."""
    results = take("columns", (16, products[0].size), products.dtype)
    transform = on_both_axes(_OUTPUT_4, products.dtype)
    calls: list[Call] = [partial(np.matmul, transform, products.reshape(36, -1), results)]
    squares = results.reshape(4, 4, *tiles, -1)
    for i, j in product(range(4), repeat=2):
        places = out[i::4, j::4]
        calls.append(partial(np.copyto, places, squares[i, j, : places.shape[0], : places.shape[1]]))
    return calls


LARGE = Form(4, _FILTER_4, _spread_4, _gather_4, 32, 28)
"""F(4x4, 3x3): 36 products for 16 outputs, at some ten times the rounding error."""
