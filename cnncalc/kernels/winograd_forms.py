"""Winograd's minimal filtering F(m x m, 3 x 3): (m + 2)^2 products for m^2 outputs instead of 9 m^2 by definition.

Source: Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, sections 4.1 and 4.3.
"""

from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array

Transform: TypeAlias = tuple[tuple[float, ...], ...]
"""A matrix for one axis."""


class Form(NamedTuple):
    """One of the algorithms."""

    step: int
    """Outputs per tile and axis."""
    input: Transform
    """patch x patch."""
    filters: Transform
    """patch x 3."""
    output: Transform
    """step x patch."""
    least_depth: int
    """Input channels and filters below which the transforms cost more than they save (measured)."""
    least_side: int
    """Sides of a map below which transforming the filters costs more than it saves (measured)."""

    @property
    def patch(self) -> int:
        """Input pixels per tile and axis, and products per tile and axis."""
        return self.step + 2


@cache
def on_both_axes(transform: Transform, dtype: np.dtype[np.floating]) -> Array:
    """Return the matrix that applies `transform` to rows and columns at once: one product is faster than separate sums."""
    matrix = np.array(transform)
    both = np.kron(matrix, matrix).astype(dtype)
    both.flags.writeable = False
    return both


SMALL = Form(
    step=2,
    input=((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
    filters=((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)),
    output=((1, 1, 1, 0), (0, 1, -1, -1)),
    least_depth=64,
    least_side=14,
)
"""F(2x2, 3x3): 16 products for 4 outputs. Its transforms are sums and halves of sums: rounding error as by definition."""

LARGE = Form(
    step=4,
    input=(
        (4, 0, -5, 0, 1, 0),
        (0, -4, -4, 1, 1, 0),
        (0, 4, -4, -1, 1, 0),
        (0, -2, -1, 2, 1, 0),
        (0, 2, -1, -2, 1, 0),
        (0, 4, 0, -5, 0, 1),
    ),
    filters=(
        (1 / 4, 0, 0),
        (-1 / 6, -1 / 6, -1 / 6),
        (-1 / 6, 1 / 6, -1 / 6),
        (1 / 24, 1 / 12, 1 / 6),
        (1 / 24, -1 / 12, 1 / 6),
        (0, 0, 1),
    ),
    output=((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1)),
    least_depth=32,
    least_side=28,
)
"""F(4x4, 3x3): 36 products for 16 outputs, at about ten times the rounding error."""
