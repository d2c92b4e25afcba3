"""INPUT: the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Example, Gradients, Shorthand
from cnncalc.layers.options import Option, volume

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

SHAPE = Option("shape", volume, "a volume such as 224x224x3", "width x height x depth; set by the spec's `input`")


@final
class Input(Structure):
    """The raw pixel values of the image: width x height x depth. Source: CS231n course notes, "Overview"."""

    kind = "input"
    summary = "the image: width x height x depth"
    options: ClassVar[tuple[Option, ...]] = (SHAPE,)
    shorthand = Shorthand(first="shape")
    told = ("shape",)
    examples = (Example("", "INPUT[32x32x3]", "32x32x3", source="CS231n notes, Overview"),)

    shape: Volume

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the image's volume."""
        return self.shape

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the image."""
        return inputs[0]

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return no gradient: nothing is before the image."""
        return Gradients(())
