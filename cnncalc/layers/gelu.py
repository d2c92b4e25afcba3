"""GELU: Gaussian error linear unit, x times the normal distribution function."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers.base import Example, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, choice

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named

APPROXIMATE = Option(
    "approximate", choice("none", "tanh"), "none or tanh", "the exact function, or its approximation by tanh", "none"
)


@final
class Gelu(Activation):
    """The Gaussian error linear unit x*(1 + erf(x/sqrt(2)))/2.

    Work: a product, erf, an addition and two products per value.
    Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """

    kind = "gelu"
    summary = "Gaussian error linear unit, x*(1 + erf(x/sqrt(2)))/2"
    options: ClassVar[tuple[Option, ...]] = (APPROXIMATE, OVERWRITE)
    shorthand = Shorthand(first="approximate")
    operations = 5
    kept = "input"
    examples = (
        Example("32x32x12", "GELU", "32x32x12", operations=5 * 32 * 32 * 12),
        Example(
            "3x1",
            "GELU",
            "3x1",
            operations=15,
            values=Values("-1 0 1", "-0.15865525 0 0.84134475"),
            keeps=Keeps("new", inputs=True),
        ),
        Example("3x1", "GELU(tanh)", "3x1", operations=15, values=Values("-1 0 1", "-0.15880801 0 0.84119199")),
    )

    approximate: str

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x*(1 + erf(x/sqrt(2)))/2, or its approximation."""
        from cnncalc.kernels.activation import gelu

        return gelu(inputs[0], approximate=self.approximate == "tanh", out=how.out(inputs))
