"""NEG: the negative."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume


@final
class Neg(Activation):
    """The negative -x.

    Work: one operation per value. Backward needs nothing. Source: ONNX operator Neg.
    """

    kind = "neg"
    linear = True
    summary = "the negative, -x"
    operations = 1
    kept = "nothing"
    examples = (
        Example("32x32x12", "NEG", "32x32x12", operations=32 * 32 * 12),
        Example("3x1", "NEG", "3x1", operations=3, values=Values("-1 0 2", "1 0 -2"), keeps=Keeps("new")),
    )

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep, in a new volume or, with `overwrite`, in that of the input."""
        return Keeps("in place", otherwise=Keeps("new")) if self.overwrite else Keeps("new")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the negative."""
        from cnncalc.kernels.functions import neg

        return neg(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the negative of the gradient."""
        return -gradient
