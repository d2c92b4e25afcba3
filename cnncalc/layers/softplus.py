"""SOFTPLUS: a smooth rectifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Softplus(Activation):
    """The smooth rectifier log(1 + exp(x)).

    Work: 3 operations per value.
    Source: Dugas et al. 2000, "Incorporating Second-Order Functional Knowledge for Better Option Pricing".
    """

    kind = "softplus"
    works_in_place = False  # PyTorch has no form in place
    summary = "the smooth rectifier log(1 + exp(x))"
    precision = ON_CUDA_FLOAT32
    operations = 3
    kept = "input"
    examples = (
        Example("32x32x12", "SOFTPLUS", "32x32x12", operations=3 * 32 * 32 * 12),
        Example(
            "3x1",
            "SOFTPLUS",
            "3x1",
            operations=9,
            values=Values("-1 0 1", "0.31326169 0.69314718 1.31326169"),
            keeps=Keeps("new", inputs=True),
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the smooth rectifier log(1 + exp(x))."""
        from cnncalc.kernels.functions import softplus

        return softplus(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times the sigmoid of the input."""
        from cnncalc.kernels.slopes import softplus_slope

        return softplus_slope(volume, gradient)
