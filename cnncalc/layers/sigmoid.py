"""SIGMOID: logistic function, 1/(1 + exp(-x))."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Sigmoid(Activation):
    """The logistic function 1/(1 + exp(-x)).

    Work: a negation, exp, an addition and a division per value.
    Source: CS231n course notes, "Commonly used activation functions".
    """

    kind = "sigmoid"
    summary = "logistic function, 1/(1 + exp(-x))"
    operations = 4
    kept = "output"
    examples = (
        Example("32x32x12", "SIGMOID", "32x32x12", operations=4 * 32 * 32 * 12),
        Example(
            "4x1",
            "SIGMOID",
            "4x1",
            operations=16,
            values=Values("-1000 -1 0 1", "0 0.26894142 0.5 0.73105858"),
            keeps=Keeps("new", output=True),
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return 1/(1 + exp(-x))."""
        from cnncalc.kernels.activation import sigmoid

        return sigmoid(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times y*(1 - y)."""
        from cnncalc.kernels.slopes import sigmoid_slope

        return sigmoid_slope(volume, gradient)
