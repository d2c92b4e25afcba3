"""HSWISH: hard swish, x*min(max(0, x + 3), 6)/6."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Hswish(Activation):
    """The hard swish x*min(max(0, x + 3), 6)/6.

    Work: an addition, two comparisons, a product and a division per value.
    Source: Howard et al. 2019, arXiv:1905.02244, section 5.2.
    """

    kind = "hswish"
    summary = "hard swish, x*min(max(0, x + 3), 6)/6"
    operations = 5
    kept = "input"
    examples = (
        Example("32x32x12", "HSWISH", "32x32x12", operations=5 * 32 * 32 * 12),
        Example(
            "4x1",
            "HSWISH",
            "4x1",
            operations=20,
            values=Values("-4 -1.5 1.5 4", "0 -0.375 1.125 4"),
            keeps=Keeps("new", inputs=True),
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x*min(max(0, x + 3), 6)/6."""
        from cnncalc.kernels.activation import hswish

        return hswish(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times x/3 + 1/2 between -3 and 3, and the gradient above."""
        from cnncalc.kernels.slopes import hswish_slope

        return hswish_slope(volume, gradient)
