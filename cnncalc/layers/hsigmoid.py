"""HSIGMOID: hard sigmoid, min(max(0, x + 3), 6)/6."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Hsigmoid(Activation):
    """The hard sigmoid min(max(0, x + 3), 6)/6.

    Work: an addition, two comparisons and a division per value.
    Source: Howard et al. 2019, arXiv:1905.02244, section 5.2.
    """

    kind = "hsigmoid"
    summary = "hard sigmoid, min(max(0, x + 3), 6)/6"
    operations = 4
    kept = "input"
    examples = (
        Example("32x32x12", "HSIGMOID", "32x32x12", operations=4 * 32 * 32 * 12),
        Example(
            "4x1", "HSIGMOID", "4x1", operations=16, values=Values("-4 0 1.5 4", "0 0.5 0.75 1"), keeps=Keeps("new", inputs=True)
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return min(max(0, x + 3), 6)/6."""
        from cnncalc.kernels.activation import hsigmoid

        return hsigmoid(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return a sixth of the gradient between -3 and 3."""
        from cnncalc.kernels.slopes import hsigmoid_slope

        return hsigmoid_slope(volume, gradient)
