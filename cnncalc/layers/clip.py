"""CLIP: values within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers._elementwise import values
from cnncalc.layers.base import Example, Keeps, Misfit, Shorthand, Values, Work
from cnncalc.layers.options import Option, number
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume

MIN = Option("min", number(), "a number", "the lower bound; without it there is none", None)
MAX = Option("max", number(), "a number", "the upper bound; without it there is none", None)


@final
class Clip(Activation):
    """min(max(x, min), max); a bound that is not given is left out.

    Work: a comparison per value and bound. Source: ONNX operator Clip; as HardTanh: Collobert 2004.
    """

    kind = "clip"
    summary = "the nearest value between two bounds"
    options: ClassVar[tuple[Option, ...]] = (MIN, MAX, OVERWRITE)
    shorthand = Shorthand(first="min", second="max")
    operations = 2
    kept = "input"
    examples = (
        Example("32x32x12", "CLIP(min=-1, max=1)", "32x32x12", operations=2 * 32 * 32 * 12),
        Example(
            "3x1",
            "CLIP(min=-1, max=1)",
            "3x1",
            operations=6,
            values=Values("-3 0.5 2", "-1 0.5 1"),
            keeps=Keeps("new", inputs=True, gradient_bytes=6),
        ),
        Example("3x1", "CLIP(0.25)", "3x1", operations=3, values=Values("-3 0.5 2", "0.25 0.5 2")),
        Example("3x1", "CLIP(-1, 1)", "3x1", operations=6, values=Values("-3 0.5 2", "-1 0.5 1")),
        Example("3x1", "CLIP(max=1)", "3x1", operations=3, values=Values("-3 0.5 2", "-3 0.5 1")),
    )

    min: float | None
    max: float | None

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        if self.min is None and self.max is None:
            raise Misfit(misfits.ARGUMENT, "CLIP has no bounds", label="no bounds", hints=("`CLIP(min=0, max=6)` clips to 0 to 6",))
        if self.min is not None and self.max is not None and self.min > self.max:
            raise Misfit(
                misfits.ARGUMENT,
                f"CLIP min {self.min:g} is above its max {self.max:g}",
                field="min",
                hints=(f"min={self.max:g}, max={self.min:g}",),
            )
        return inputs[0]

    def bytes_in_backward(self) -> int:
        """Return a byte for each bound: whether the value is within it."""
        return (self.min is not None) + (self.max is not None)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return a comparison per value and bound."""
        return Work(ZERO, values(output) * ((self.min is not None) + (self.max is not None)))

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the nearest values between the bounds."""
        from cnncalc.kernels.functions import clip

        return clip(inputs[0], self.min, self.max, out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient within the bounds."""
        from cnncalc.kernels.slopes import clip_slope

        return clip_slope(volume, gradient, self.min, self.max)
