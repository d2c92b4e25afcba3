"""RELU6: rectifier with a ceiling, min(max(0, x), 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named, Step


@final
class Relu6(Activation):
    """The rectifier with a ceiling, min(max(0, x), 6).

    Work: two comparisons per value.
    Source: Krizhevsky 2010; Howard et al. 2017, arXiv:1704.04861.
    """

    kind = "relu6"
    summary = "rectifier with a ceiling, min(max(0, x), 6)"
    operations = 2
    kept = "input"
    examples = (
        Example("32x32x12", "RELU6", "32x32x12", operations=2 * 32 * 32 * 12),
        Example("4x1", "RELU6", "4x1", operations=8, values=Values("-1 3 6 8", "0 3 6 6"), keeps=Keeps("new", inputs=True)),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return min(max(0, x), 6)."""
        from cnncalc.kernels.activation import relu6

        return relu6(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient between 0 and 6."""
        from cnncalc.kernels.slopes import relu6_slope

        return relu6_slope(volume, gradient)

    def as_step(self, weights: Named, others: Arrays) -> Step | None:
        """Return the rectifier of a tile."""
        from cnncalc.kernels.activation import relu6_after

        return relu6_after
