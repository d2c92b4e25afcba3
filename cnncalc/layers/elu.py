"""ELU: exponential linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers.base import Example, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, number

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named

ALPHA = Option("alpha", number(), "a number", "the lower limit is -alpha", 1.0, labelled="apart")


@final
class Elu(Activation):
    """The exponential linear unit: x above zero, alpha*(exp(x) - 1) below.

    Work: a comparison, exp, a subtraction and a product per value.
    Source: Clevert et al. 2015, arXiv:1511.07289.
    """

    kind = "elu"
    summary = "exponential linear unit: x above zero, alpha*(exp(x) - 1) below"
    options: ClassVar[tuple[Option, ...]] = (ALPHA, OVERWRITE)
    shorthand = Shorthand(first="alpha")
    operations = 4
    kept = "input"
    kept_in_place = "output"
    examples = (
        Example("32x32x12", "ELU", "32x32x12", operations=4 * 32 * 32 * 12),
        Example("3x1", "ELU", "3x1", operations=12, values=Values("-1 0 2", "-0.63212056 0 2"), keeps=Keeps("new", inputs=True)),
        Example("3x1", "ELU(2)", "3x1", operations=12, values=Values("-1 0 2", "-1.26424112 0 2")),
    )

    alpha: float

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x above zero, alpha*(exp(x) - 1) below."""
        from cnncalc.kernels.activation import elu

        return elu(inputs[0], alpha=self.alpha, out=how.out(inputs))

    def output_tells(self) -> bool:
        """Return whether the output has the sign of the input: a negative alpha makes negative inputs positive."""
        return self.alpha >= 0

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient above zero, times alpha*exp(x) below."""
        from cnncalc.kernels.slopes import elu_slope

        return elu_slope(volume, gradient, alpha=self.alpha, of_output=of_output)
