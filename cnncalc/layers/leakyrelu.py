"""LEAKYRELU: a rectifier with a small slope below zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers.base import Example, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, number

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named

SLOPE = Option("slope", number(), "a number", "slope below zero", 0.01, labelled="apart")


@final
class LeakyRelu(Activation):
    """The leaky rectifier: x above zero, slope*x below.

    Work: a comparison and a product per value.
    Source: Maas et al. 2013.
    """

    kind = "leakyrelu"
    summary = "leaky rectifier: x above zero, slope*x below"
    options: ClassVar[tuple[Option, ...]] = (SLOPE, OVERWRITE)
    shorthand = Shorthand(first="slope")
    operations = 2
    kept = "input"
    kept_in_place = "output"
    examples = (
        Example(
            "64x64x16", "LEAKYRELU(0.2)", "64x64x16", source="Radford et al. 2015, arXiv:1511.06434", operations=2 * 64 * 64 * 16
        ),
        Example("3x1", "LEAKYRELU", "3x1", operations=6, values=Values("-5 0 5", "-0.05 0 5"), keeps=Keeps("new", inputs=True)),
        Example("3x1", "LEAKYRELU(0.2)", "3x1", operations=6, values=Values("-5 0 5", "-1 0 5")),
    )

    slope: float

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x above zero, slope*x below."""
        from cnncalc.kernels.activation import leaky_relu

        return leaky_relu(inputs[0], slope=self.slope, out=how.out(inputs))

    def output_tells(self) -> bool:
        """Return whether the output has the sign of the input: a negative slope makes negative inputs positive."""
        return self.slope >= 0

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient above zero, times the slope below."""
        from cnncalc.kernels.slopes import leaky_relu_slope

        return leaky_relu_slope(volume, gradient, self.slope)
