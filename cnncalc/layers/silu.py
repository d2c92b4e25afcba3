"""SILU: sigmoid linear unit, x*sigmoid(x), also called swish."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Silu(Activation):
    """The sigmoid linear unit x*sigmoid(x), also called swish.

    Work: the four operations of the sigmoid and a product per value.
    Source: Elfwing et al. 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941.
    """

    kind = "silu"
    summary = "sigmoid linear unit, x*sigmoid(x), also called swish"
    operations = 5
    kept = "input"
    examples = (
        Example("32x32x12", "SILU", "32x32x12", operations=5 * 32 * 32 * 12),
        Example(
            "3x1",
            "SILU",
            "3x1",
            operations=15,
            values=Values("-1 0 1", "-0.26894142 0 0.73105858"),
            keeps=Keeps("new", inputs=True),
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x*sigmoid(x)."""
        from cnncalc.kernels.activation import silu

        return silu(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times the slope."""
        from cnncalc.kernels.slopes import silu_slope

        return silu_slope(volume, gradient)
