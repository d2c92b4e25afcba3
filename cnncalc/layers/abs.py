"""ABS: absolute value."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Abs(Activation):
    """The absolute value.

    Work: 1 operation per value. Source: ONNX operator Abs.
    """

    kind = "abs"
    summary = "the absolute value"
    operations = 1
    kept = "input"
    volumes_in_backward = 1
    examples = (
        Example("32x32x12", "ABS", "32x32x12", operations=1 * 32 * 32 * 12),
        Example(
            "3x1", "ABS", "3x1", operations=3, values=Values("-1 0 2", "1 0 2"), keeps=Keeps("new", inputs=True, gradient_values=3)
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the absolute value."""
        from cnncalc.kernels.functions import absolute

        return absolute(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient with the sign of the input."""
        from cnncalc.kernels.slopes import absolute_slope

        return absolute_slope(volume, gradient)
