"""SOFTMAX: scores become probabilities with sum one over the depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values, Work
from cnncalc.maths.count import ZERO, dim, sides

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume


@final
class Softmax(Activation):
    """exp(x)/sum(exp(x)) over the depth, at each position.

    Work: for D values D - 1 comparisons, D subtractions, D exp, D - 1 additions and D divisions: 5*D - 2.
    Source: CS231n course notes, "Softmax classifier".
    """

    kind = "softmax"
    summary = "exp(x)/sum(exp(x)) over the depth"
    pointwise = False
    operations = 5
    kept = "output"
    examples = (
        Example("1x1x1000", "SOFTMAX", "1x1x1000", operations=4998),
        Example(
            "2x2",
            "SOFTMAX",
            "2x2",
            operations=16,
            values=Values("0 1.09861229 | 0 0", "0.5 0.75 | 0.5 0.25"),
            keeps=Keeps("new", output=True),
        ),
        Example("1x3", "SOFTMAX", "1x3", operations=13, values=Values("1000 | 1000 | 0", "0.5 | 0.5 | 0")),
    )

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 5*D - 2 operations for each position."""
        return Work(ZERO, sides(output.size) * (dim("D", output.depth) * 5 - 2).grouped())

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return exp(x)/sum(exp(x)) over the depth."""
        from cnncalc.kernels.activation import softmax

        return softmax(inputs[0], out=how.out(inputs))
