"""EXP: exponential."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Exp(Activation):
    """The exponential exp(x).

    Work: 1 operation per value. Source: ONNX operator Exp.
    """

    kind = "exp"
    summary = "the exponential exp(x)"
    precision = ON_CUDA_FLOAT32
    operations = 1
    kept = "output"
    examples = (
        Example("32x32x12", "EXP", "32x32x12", operations=1 * 32 * 32 * 12),
        Example(
            "3x1", "EXP", "3x1", operations=3, values=Values("-1 0 1", "0.36787944 1 2.71828183"), keeps=Keeps("new", output=True)
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the exponential exp(x)."""
        from cnncalc.kernels.functions import exp

        return exp(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient times the output."""
        return volume * gradient
