"""TANH: hyperbolic tangent."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Tanh(Activation):
    """The hyperbolic tangent.

    Work: one function per value.
    Source: LeCun et al. 1998, section II.
    """

    kind = "tanh"
    summary = "hyperbolic tangent"
    operations = 1
    kept = "output"
    examples = (
        Example("32x32x12", "TANH", "32x32x12", operations=32 * 32 * 12),
        Example("3x1", "TANH", "3x1", operations=3, values=Values("-1 0 100", "-0.76159416 0 1"), keeps=Keeps("new", output=True)),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the hyperbolic tangent."""
        from cnncalc.kernels.activation import tanh

        return tanh(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times 1 - y^2."""
        from cnncalc.kernels.slopes import tanh_slope

        return tanh_slope(volume, gradient)
