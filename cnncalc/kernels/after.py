"""Steps after a convolution on each tile of its outputs, while the tile is in the cache."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.program import Call

ALL = slice(None)


class Tile:
    """A part of a convolution's outputs."""

    __slots__ = ("channels", "pick", "values", "whole")

    def __init__(self, values: Array, channels: slice, whole: tuple[int, ...], pick: Callable[[Array], Array]) -> None:
        self.values = values
        """Any positions x some channels, a view."""
        self.channels = channels
        self.whole = whole
        """The shape of all outputs."""
        self.pick = pick
        """Picks the same part of another array of that shape."""

    def of(self, other: Array) -> Array:
        """Return the same part of another volume.

        Raises:
            MisfitError: its shape differs from that of the outputs.

        """
        if other.shape != self.whole:
            message = f"volumes of shapes {self.whole}, {other.shape}"
            raise MisfitError(message)
        return self.pick(other)


After: TypeAlias = Callable[[Tile], Sequence[Call]]
"""Plans the calls that rewrite a tile in place."""


def everything(outputs: Array) -> Tile:
    """Return all outputs as one tile."""
    return Tile(outputs, ALL, outputs.shape, lambda other: other)


def add_after(others: Sequence[Array]) -> After:
    """Return the step that adds other volumes, value by value."""

    def lay_out(tile: Tile) -> Sequence[Call]:
        return [partial(np.add, tile.values, tile.of(other), tile.values) for other in others]

    return lay_out
