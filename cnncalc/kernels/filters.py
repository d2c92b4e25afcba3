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
"""Bytes of weights up to which the factors of a batch norm are multiplied into them: the products are working memory."""


class Filters(NamedTuple):
    """The filters of a convolution, with the steps after them.

    weights: kernel axes x depth per group x filters.
    biases: filters, or None.
    groups: number of blocks of channels, convolved separately; each yields filters / groups output channels.
    after: steps on each tile of outputs while it is in the cache.
    """

    weights: Array
    biases: Array | None
    groups: int
    after: Sequence[After] = ()

    @property
    def total(self) -> int:
        """Number of filters: the depth of the output."""
        return int(self.weights.shape[-1])

    @property
    def each(self) -> int:
        """Filters per group."""
        return self.total // self.groups

    def finish(self, tile: Tile) -> list[Call]:
        """Plan the addition of the biases to a tile of outputs, and the steps after it."""
        calls: list[Call] = []
        if self.biases is not None:
            calls.append(partial(np.add, tile.values, self.biases[tile.channels], tile.values))
        for step in self.after:
            calls += step(tile)
        return calls

    def folded(self, positions: int) -> "Filters":
        """Return filters with fewer steps after them, for `positions` outputs per filter.

        A batch norm's factors are multiplied into the weights if there are fewer weights than outputs; its addends
        and the biases become one addition.
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
    """Raise MisfitError unless groups, biases and `depth` channels fit weights of this shape."""
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
