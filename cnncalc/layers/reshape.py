"""RESHAPE: the same values as another volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._global import whole_window
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Example, Keeps, Misfit, Shorthand, Values
from cnncalc.layers.options import Option, volume

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

SHAPE = Option("shape", volume, "a volume such as 4x4x1024", "the new volume")


@final
class Reshape(Structure):
    """The same values, in the same order, as another volume of equal size; the memory is shared."""

    kind = "reshape"
    summary = "the same values as another volume"
    options: ClassVar[tuple[Option, ...]] = (SHAPE,)
    shorthand = Shorthand(first="shape")
    in_place = True
    examples = (
        Example("1x1x16384", "RESHAPE(4x4x1024)", "4x4x1024", source="Radford et al. 2015, figure 1", window="whole"),
        Example(
            "1x1x4", "RESHAPE(2x1x2)", "2x1x2", values=Values("1 | 2 | 3 | 4", "1 3 | 2 4"), keeps=Keeps("view", gradient="same")
        ),
        Example("2x3x1", "RESHAPE(3x2x1)", "3x2x1", values=Values("1 2; 3 4; 5 6", "1 2 3; 4 5 6")),
        Example("2x1", "RESHAPE(2x1)", "2x1", values=Values("1 2", "1 2")),
    )

    shape: Volume

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the new volume."""
        (volume,) = inputs
        if volume.values != self.shape.values:
            rest, over = divmod(volume.values, self.shape.values // self.shape.depth)
            fits = self.shape._replace(depth=rest)
            raise Misfit(
                misfits.ARGUMENT,
                f"RESHAPE to {self.shape.text} holds {self.shape.values:,} values, its input {volume.values:,}",
                field="shape",
                label=f"{volume.text} = {volume.values:,}, {self.shape.text} = {self.shape.values:,}",
                hints=(f"RESHAPE({fits.text}) fits",) if rest and not over else (),
            )
        return self.shape

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the whole input if the sizes change, since positions are mixed; else no window."""
        return (None if inputs[0].size == self.shape.size else whole_window(inputs[0]),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the output is a view."""
        return Keeps("view", gradient="same")

    def label(self) -> str:
        """Return `RESHAPE(4x4x1024)`."""
        return f"RESHAPE({self.shape.text})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the same values with other axes."""
        from cnncalc.kernels.shape import reshape

        return reshape(inputs[0], (*reversed(self.shape.size), self.shape.depth))
