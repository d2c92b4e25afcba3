"""MISH: x*tanh(log(1 + exp(x)))."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Mish(Activation):
    """The function x*tanh(log(1 + exp(x))).

    Work: exp, an addition, log, tanh and a product per value.
    Source: Misra 2019, arXiv:1908.08681.
    """

    kind = "mish"
    summary = "x*tanh(log(1 + exp(x)))"
    operations = 5
    kept = "input"
    examples = (
        Example("32x32x12", "MISH", "32x32x12", operations=5 * 32 * 32 * 12),
        Example(
            "3x1",
            "MISH",
            "3x1",
            operations=15,
            values=Values("-1 0 1", "-0.30340146 0 0.86509839"),
            keeps=Keeps("new", inputs=True),
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x*tanh(log(1 + exp(x)))."""
        from cnncalc.kernels.activation import mish

        return mish(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times the slope."""
        from cnncalc.kernels.slopes import mish_slope

        return mish_slope(volume, gradient)
