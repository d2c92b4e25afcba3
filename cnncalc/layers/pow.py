"""POW: power."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, number

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named

P = Option("p", number(), "a number", "the exponent")


@final
class Pow(Activation):
    """The power x^p.

    Work: a power per value. Source: ONNX operator Pow.
    """

    kind = "pow"
    summary = "the power x^p"
    precision = ON_CUDA_FLOAT32
    options: ClassVar[tuple[Option, ...]] = (P, OVERWRITE)
    shorthand = Shorthand(first="p")
    told = ("p",)
    operations = 1
    kept = "input"
    volumes_in_backward = 2
    examples = (
        Example("32x32x12", "POW(2)", "32x32x12", operations=32 * 32 * 12),
        Example(
            "3x1",
            "POW(2)",
            "3x1",
            operations=3,
            values=Values("-1 3 2", "1 9 4"),
            keeps=Keeps("new", inputs=True, gradient_values=6),
        ),
        Example("3x1", "POW(-0.5)", "3x1", operations=3, values=Values("1 4 16", "1 0.5 0.25")),
    )

    p: float

    def label(self) -> str:
        """Return the kind and the exponent: `POW(2)`."""
        return f"POW({self.p:g})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x^p."""
        from cnncalc.kernels.functions import power

        return power(inputs[0], self.p, out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times p*x^(p - 1)."""
        from cnncalc.kernels.slopes import power_slope

        return power_slope(volume, gradient, self.p)
