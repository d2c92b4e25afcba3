"""Layers that multiply by learned factors and add learned numbers: one for each channel, or one for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers._elementwise import Elementwise, values
from cnncalc.layers.base import PROMOTED, Gradients, Keeps, Tensor, Work
from cnncalc.layers.options import Option, boolean
from cnncalc.maths.count import ONE, ZERO, Count, dim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

SHARED = Option("shared", boolean, "true or false", "one number for all channels instead of one for each", default=False)


class LearnedScaling(Elementwise):
    """x*scale + shift with learned numbers, or one of the two. The output is a new volume.

    Backward needs the input for the gradient of the scale, and nothing for that of the shift.
    """

    in_place = False
    precision = PROMOTED
    operations: ClassVar[int] = 0
    kept = "input"
    shared: bool

    def scales(self) -> bool:
        """Return whether a scale is learned."""
        return True

    def shifts(self) -> bool:
        """Return whether a shift is learned."""
        return False

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return a scale and a shift, D numbers each, or one when shared."""
        count: Count = ONE if self.shared else dim("D", inputs[0].depth)
        scale = (Tensor("scale", "weight", count, (count.value,)),) if self.scales() else ()
        return (*scale, Tensor("shift", "bias", count, (count.value,))) if self.shifts() else scale

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return a product and an addition per value, or one of the two."""
        each = self.scales() + self.shifts()
        return Work(ZERO, values(output) * each)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input where a scale is learned; backward then makes a product before it sums the scale's gradient."""
        if not self.scales():
            return Keeps("new", gradient="same")
        return Keeps("new", inputs=True, gradient_values=output.values)

    def keeps_for(self, fact: Keeps, inputs: tuple[Volume, ...], gradients: Sequence[bool], *, learns: bool) -> Keeps:
        """Return no input where the scale is frozen: the input's gradient depends on the scale alone."""
        return fact if learns else fact._replace(inputs=False, gradient_values=0)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x*scale + shift."""
        from cnncalc.kernels.merge import add, mul

        (x,) = inputs
        out = how.out(inputs)
        if self.scales():
            x = out = mul((x, weights["scale"]), out=out)
        return add((x, weights["shift"]), out=out) if self.shifts() else x

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient times the scale; for the scale the sum of the gradient times x, for the shift the gradient's."""
        from cnncalc.kernels.conv_backward import sum_of_positions

        found: dict[str, Array] = {}
        if wanted.weights and self.scales():
            found["scale"] = sum_of_positions(gradient * kept.inputs[0])
        if wanted.weights and self.shifts():
            found["shift"] = sum_of_positions(gradient)
        onto = {name: array.sum(keepdims=True) if self.shared else array for name, array in found.items()}
        if not wanted.inputs[0]:
            return Gradients((None,), onto)
        return Gradients((gradient * weights["scale"] if self.scales() else gradient,), onto)
