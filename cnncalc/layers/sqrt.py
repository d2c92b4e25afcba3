"""SQRT: square root."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Sqrt(Activation):
    """The square root; NaN below zero.

    Work: 1 operation per value. Source: ONNX operator Sqrt.
    """

    kind = "sqrt"
    summary = "the square root; NaN below zero"
    operations = 1
    kept = "output"
    volumes_in_backward = 1
    examples = (
        Example("32x32x12", "SQRT", "32x32x12", operations=1 * 32 * 32 * 12),
        Example(
            "3x1", "SQRT", "3x1", operations=3, values=Values("0 4 9", "0 2 3"), keeps=Keeps("new", output=True, gradient_values=3)
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the square root; NaN below zero."""
        from cnncalc.kernels.functions import sqrt

        return sqrt(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient over twice the output."""
        from cnncalc.kernels.slopes import sqrt_slope

        return sqrt_slope(volume, gradient)
