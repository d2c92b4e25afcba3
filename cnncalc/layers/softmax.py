"""SOFTMAX: scores become probabilities that add up to one over the depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Work
from cnncalc.maths.count import ZERO, dim, sides

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume


@final
class Softmax(Elementwise):
    """exp(x)/sum(exp(x)) over the depth, at each position.

    Work: for D values D - 1 comparisons, D subtractions, D exp, D - 1 additions and D divisions: 5*D - 2.
    Source: CS231n course notes, "Softmax classifier".
    """

    kind = "softmax"
    summary = "exp(x)/sum(exp(x)) over the depth"
    pointwise = False
    operations = 5
    kept = "output"
    examples = (Example("1x1x1000", "SOFTMAX", "1x1x1000"),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 5*D - 2 operations for each position."""
        return Work(ZERO, sides(output.size) * (dim("D", output.depth) * 5 - 2).grouped())

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return exp(x)/sum(exp(x)) over the depth."""
        from cnncalc.kernels.activation import softmax  # noqa: PLC0415

        return softmax(inputs[0], out=how.out(inputs))
