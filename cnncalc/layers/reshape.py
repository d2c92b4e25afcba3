"""RESHAPE: the same values as another volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._global import whole_window
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Example, Gradients, Keeps, Misfit, Shorthand, Values
from cnncalc.layers.options import BadValueError, Option, volume
from cnncalc.maths.volume import Volume, written

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Given
    from cnncalc.maths.window import Window

TOKENS = "tokens"


def _shape(given: Given) -> Volume | str:
    """Read a volume, or `tokens`."""
    if given == TOKENS:
        return TOKENS
    if isinstance(given, str):
        from cnncalc.text.suggest import did_you_mean  # on the way to an error

        hint = did_you_mean(given, (TOKENS,))
        raise BadValueError(f"must be a volume such as 7x7x512, or `{TOKENS}`, not `{given}`", hint[0] if hint else "")
    return volume(given)


SHAPE = Option(
    "shape",
    _shape,
    "a volume such as 4x4x1024, or `tokens`",
    "the new volume; `tokens` puts all positions on one axis, WxHxD to (W*H)xD",
)


@final
class Reshape(Structure):
    """The same values, in the same order, as another volume of equal size; the memory is shared.

    `RESHAPE(tokens)` keeps the depth and puts all positions on one axis, whatever the size of the image.
    """

    kind = "reshape"
    summary = "the same values as another volume"
    options: ClassVar[tuple[Option, ...]] = (SHAPE,)
    shorthand = Shorthand(first="shape")
    told = ("shape",)
    in_place = True
    examples = (
        Example("1x1x16384", "RESHAPE(4x4x1024)", "4x4x1024", source="Radford et al. 2015, figure 1", window="whole"),
        Example(
            "1x1x4", "RESHAPE(2x1x2)", "2x1x2", values=Values("1 | 2 | 3 | 4", "1 3 | 2 4"), keeps=Keeps("view", gradient="same")
        ),
        Example("2x3x1", "RESHAPE(3x2x1)", "3x2x1", values=Values("1 2; 3 4; 5 6", "1 2 3; 4 5 6")),
        Example("2x1", "RESHAPE(2x1)", "2x1", values=Values("1 2", "1 2")),
        Example(
            "14x14x768",
            "RESHAPE(tokens)",
            "196x768",
            source="Dosovitskiy et al. 2020, arXiv:2010.11929, section 3.1",
            window="whole",
        ),
        Example(
            "2x2x2",
            "RESHAPE(tokens)",
            "4x2",
            values=Values("1 2; 3 4 | 5 6; 7 8", "1 2 3 4 | 5 6 7 8"),
            keeps=Keeps("view", gradient="same"),
        ),
    )

    shape: Volume | str

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the new volume."""
        (volume,) = inputs
        if not isinstance(self.shape, Volume):
            return _tokens(volume)
        if volume.values != self.shape.values:
            raise Misfit(
                misfits.ARGUMENT,
                f"RESHAPE to {self.shape.text} holds {self.shape.values:,} values, its input {volume.values:,}",
                field="shape",
                label=f"{volume.text} = {volume.values:,}, {self.shape.text} = {self.shape.values:,}",
                hints=_ways_out(self.shape, volume),
            )
        return self.shape

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the whole input if the sizes change, since positions are mixed; else no window."""
        return (None if inputs[0].size == self.infer(inputs).size else whole_window(inputs[0]),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the output is a view."""
        return Keeps("view", gradient="same")

    def label(self) -> str:
        """Return `RESHAPE(4x4x1024)`, or `RESHAPE(tokens)`."""
        return f"RESHAPE({written(self.shape)})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the same values with other axes."""
        from cnncalc.kernels.shape import reshape

        (x,) = inputs
        shape = self.shape if isinstance(self.shape, Volume) else _tokens(Volume(x.shape[-2:0:-1], x.shape[-1]))
        return reshape(x, (*reversed(shape.size), shape.depth))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient with the axes of the input."""
        return Gradients((gradient.reshape(kept.inputs[0].shape),))


def _tokens(volume: Volume) -> Volume:
    """Return the volume with all its positions on one axis."""
    return Volume((volume.values // volume.depth,), volume.depth)


def _ways_out(shape: Volume, volume: Volume) -> tuple[str, ...]:
    """Return the hints for a volume of another size: another depth, or tokens where those were meant."""
    if shape.rank == 1 and shape.depth == volume.depth:
        return (f"RESHAPE({TOKENS}) makes {volume.values // volume.depth} tokens of it, and follows the image",)
    rest, over = divmod(volume.values, shape.values // shape.depth)
    return (f"RESHAPE({shape._replace(depth=rest).text}) fits",) if rest and not over else ()
