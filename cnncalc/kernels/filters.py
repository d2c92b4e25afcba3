"""The filters of a convolution."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from cnncalc.kernels.after import After, Tile
from cnncalc.kernels.arrays import Array, Sizes
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.norm import Scaling
from cnncalc.kernels.program import Call
from cnncalc.kernels.scratch import take

_FOLDED = 1 << 20
"""Bytes of weights up to which the factors of a batch norm are multiplied into them: they are working memory."""


class Filters(NamedTuple):
    """What a convolution slides over its input.

    weights: kernel axes x depth per group x filters.
    biases: filters, or None.
    groups: how many blocks of channels are convolved apart; each makes filters / groups of the output.
    after: what is done to each tile of outputs while it is in the cache.
    """

    weights: Array
    biases: Array | None
    groups: int
    after: Sequence[After] = ()

    @property
    def total(self) -> int:
        """How many filters there are: the depth of the output."""
        return int(self.weights.shape[-1])

    @property
    def each(self) -> int:
        """How many filters each group makes."""
        return self.total // self.groups

    def finish(self, tile: Tile) -> list[Call]:
        """Lay out how to add the biases to a tile of outputs, and what follows."""
        calls: list[Call] = []
        if self.biases is not None:
            calls.append(partial(np.add, tile.values, self.biases[tile.channels], tile.values))
        for step in self.after:
            calls += step(tile)
        return calls

    def folded(self, positions: int) -> "Filters":
        """Return filters that need fewer steps after them, when they make `positions` outputs each.

        A batch norm's factors are multiplied into the weights where those are fewer numbers than the outputs; its addends
        and the biases are one addition.
        """
        first, weights, biases = self.after[0] if self.after else None, self.weights, self.biases
        if not isinstance(first, Scaling) or first.slope is None or first.offset.shape != (self.total,):
            return self if biases is None else self._replace(biases=None, after=(Scaling(None, biases), *self.after))
        slope: Array | None = first.slope
        offset = first.offset if biases is None else biases * first.slope + first.offset
        if weights.size <= positions * self.total and weights.nbytes <= _FOLDED and weights.dtype == first.slope.dtype:
            weights = np.multiply(weights, first.slope, out=take("folded", weights.shape, weights.dtype))
            slope = None
        return Filters(weights, None, self.groups, (Scaling(slope, offset), *self.after[1:]))


def check_filters(weights: Sizes, biases: Sizes | None, groups: int, depth: int) -> None:
    """Raise MisfitError unless groups and biases fit weights of this shape, and `depth` channels can be read."""
    each, total = weights[-2:]
    if groups < 1 or depth % groups or total % groups:
        message = f"groups {groups} do not divide depth {depth} and filters {total}"
        raise MisfitError(message)
    if each * groups != depth:
        message = f"weights read {groups} x {each} channels, the data has {depth}"
        raise MisfitError(message)
    if biases is not None and biases != (total,):
        message = f"biases of shape {biases} for {total} filters"
        raise MisfitError(message)
