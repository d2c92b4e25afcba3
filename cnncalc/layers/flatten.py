"""FLATTEN: a volume becomes one depth column."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._global import whole_window
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Example, Gradients, Keeps, Values
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Option
    from cnncalc.maths.window import Window


@final
class Flatten(Structure):
    """WxHxD to 1x1x(W*H*D), sharing the memory. The order is row by row, the depth fastest (see docs/counting.md)."""

    kind = "flatten"
    summary = "a volume becomes one depth column"
    options: ClassVar[tuple[Option, ...]] = ()
    in_place = True
    examples = (
        Example("7x7x512", "FLATTEN", "1x1x25088", window="whole"),
        Example("2x1x2", "FLATTEN", "1x1x4", values=Values("1 3 | 2 4", "1 | 2 | 3 | 4"), keeps=Keeps("view", gradient="same")),
        Example("2x2x1", "FLATTEN", "1x1x4", values=Values("1 2; 3 4", "1 | 2 | 3 | 4")),
        Example("1x2", "FLATTEN", "1x2", values=Values("1 | 2", "1 | 2")),
    )

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return 1 x 1 x W*H*D."""
        return Volume((1,) * inputs[0].rank, inputs[0].values)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the whole input: the one output position holds every value."""
        return (None if inputs[0].is_vector() else whole_window(inputs[0]),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the output is a view."""
        return Keeps("view", gradient="same")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the values of each image in one column."""
        from cnncalc.kernels.shape import flatten

        (x,) = inputs
        return flatten(x).reshape((x.shape[0], *(1,) * (x.ndim - 2), -1))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient with the axes of the input."""
        return Gradients((gradient.reshape(kept.inputs[0].shape),))
