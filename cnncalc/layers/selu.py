"""SELU: scaled exponential linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Selu(Activation):
    """The scaled exponential linear unit: l*x above 0, l*a*(exp(x) - 1) below.

    Work: a comparison, exp, a subtraction and two products per value.
    Source: Klambauer et al. 2017, arXiv:1706.02515.
    """

    kind = "selu"
    summary = "scaled exponential linear unit"
    operations = 5
    kept = "input"
    kept_in_place = "output"
    examples = (
        Example("32x32x12", "SELU", "32x32x12", operations=5 * 32 * 32 * 12),
        Example(
            "3x1",
            "SELU",
            "3x1",
            operations=15,
            values=Values("-1 0 1", "-1.11133074 0 1.05070099"),
            keeps=Keeps("new", inputs=True),
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return l*x above 0, l*a*(exp(x) - 1) below."""
        from cnncalc.kernels.activation import selu

        return selu(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times l above zero, times l*a*exp(x) below."""
        from cnncalc.kernels.slopes import selu_slope

        return selu_slope(volume, gradient, of_output=of_output)
