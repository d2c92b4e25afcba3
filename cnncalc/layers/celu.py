"""CELU: continuously differentiable exponential linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers.base import Example, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, number_but_zero

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named

ALPHA = Option("alpha", number_but_zero, "a number other than 0", "the lower limit is -alpha", 1.0, labelled="apart")


@final
class Celu(Activation):
    """The continuously differentiable exponential linear unit: x above zero, alpha*(exp(x/alpha) - 1) below.

    Work: a comparison, a division, exp, a subtraction and a product per value. Source: Barron 2017, arXiv:1704.07483.
    """

    kind = "celu"
    summary = "exponential linear unit with a continuous slope: x above zero, alpha*(exp(x/alpha) - 1) below"
    options: ClassVar[tuple[Option, ...]] = (ALPHA, OVERWRITE)
    shorthand = Shorthand(first="alpha")
    operations = 5
    kept = "input"
    kept_in_place = "output"
    examples = (
        Example("32x32x12", "CELU", "32x32x12", operations=5 * 32 * 32 * 12),
        Example("3x1", "CELU", "3x1", operations=15, values=Values("-1 0 2", "-0.63212056 0 2"), keeps=Keeps("new", inputs=True)),
        Example("3x1", "CELU(2)", "3x1", operations=15, values=Values("-2 0 2", "-1.26424112 0 2")),
    )

    alpha: float

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x above zero, alpha*(exp(x/alpha) - 1) below."""
        from cnncalc.kernels.functions import celu

        return celu(inputs[0], alpha=self.alpha, out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient above zero, times exp(x/alpha) below."""
        from cnncalc.kernels.slopes import elu_slope

        return elu_slope(volume, gradient, alpha=self.alpha, rate=1 / self.alpha, of_output=of_output)
