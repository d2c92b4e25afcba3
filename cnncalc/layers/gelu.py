"""GELU: Gaussian error linear unit, x times the normal distribution function."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers._elementwise import values
from cnncalc.layers.base import Example, Gradients, Keeps, Passed, Shorthand, Values, Work
from cnncalc.layers.options import Option, choice
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

APPROXIMATE = Option(
    "approximate",
    choice("none", "tanh", "sigmoid"),
    "none, tanh or sigmoid",
    "the exact function, or its approximation by tanh or sigmoid",
    "none",
    labelled="apart",
)

GATE = "gate"
"""The name of the saved sigmoid."""


@final
class Gelu(Activation):
    """The Gaussian error linear unit x*(1 + erf(x/sqrt(2)))/2.

    Approximations: by tanh, and x*sigmoid(1.702*x).
    Work: a product, erf, an addition and two products per value; by sigmoid two products and a sigmoid of 4 operations.
    Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """

    kind = "gelu"
    works_in_place = False  # PyTorch has no form in place
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
        Example(
            "3x1",
            "GELU(sigmoid)",
            "3x1",
            operations=18,
            values=Values("-1 0 1", "-0.15420423 0 0.84579577"),
            keeps=Keeps("new", inputs=True, values=3),
        ),
    )

    approximate: str

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 5 operations per value, 6 by sigmoid."""
        return Work(ZERO, values(output) * (6 if self.approximate == "sigmoid" else self.operations))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input; by sigmoid, which PyTorch has no function for, also the sigmoid that it is multiplied with."""
        fact = super().keeps(inputs, output, training=training)
        return Keeps("new", inputs=True, values=output.values) if self.approximate == "sigmoid" else fact

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output; by sigmoid also the sigmoid."""
        if self.approximate != "sigmoid":
            return super().train(inputs, weights, how)
        from cnncalc.kernels.functions import quick_gate

        gate = quick_gate(inputs[0])
        return Passed(inputs[0] * gate, {GATE: gate})

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient times the slope; by sigmoid from the sigmoid and the input."""
        if self.approximate != "sigmoid":
            return super().backward(kept, gradient, weights, wanted)
        from cnncalc.kernels.slopes import quick_gelu_slope

        return Gradients((quick_gelu_slope(kept.inputs[0], kept.saved[GATE], gradient),))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times Phi(x) + x*Phi'(x)."""
        from cnncalc.kernels.slopes import gelu_slope

        return gelu_slope(volume, gradient, approximate=self.approximate == "tanh")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x*(1 + erf(x/sqrt(2)))/2, or its approximation."""
        from cnncalc.kernels.activation import gelu
        from cnncalc.kernels.functions import quick_gelu

        if self.approximate == "sigmoid":
            return quick_gelu(inputs[0], out=how.out(inputs))

        return gelu(inputs[0], approximate=self.approximate == "tanh", out=how.out(inputs))
