"""RELU: rectifier, max(0, x)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named, Step
    from cnncalc.layers.options import Option


@final
class Relu(Activation):
    """The rectifier max(0, x).

    Work: one comparison per value.
    Source: Nair and Hinton 2010; CS231n course notes.
    """

    kind = "relu"
    summary = "rectifier, max(0, x)"
    options: ClassVar[tuple[Option, ...]] = (OVERWRITE._replace(default=True),)  # as in the networks of torchvision
    operations = 1
    kept = "output"
    examples = (
        Example("32x32x12", "RELU", "32x32x12", operations=32 * 32 * 12),
        Example(
            "3x1",
            "RELU",
            "3x1",
            operations=3,
            values=Values("-1 0 2", "0 0 2"),
            keeps=Keeps("in place", output=True, otherwise=Keeps("new", output=True)),
        ),
        Example(
            "3x1", "RELU(overwrite=false)", "3x1", operations=3, values=Values("-1 0 2", "0 0 2"), keeps=Keeps("new", output=True)
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return max(0, x)."""
        from cnncalc.kernels.activation import relu

        return relu(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient where the output is above zero."""
        from cnncalc.kernels.slopes import relu_slope

        return relu_slope(volume, gradient)

    def as_step(self, weights: Named, others: Arrays) -> Step | None:
        """Return the rectifier of a tile."""
        from cnncalc.kernels.activation import relu_after

        return relu_after
