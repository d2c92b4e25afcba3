"""TOKEN: learned tokens put in front of the positions of a 1-D volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Autocast, Example, Gradients, Keeps, Misfit, Shorthand, Tensor, Values
from cnncalc.layers.options import Option, number, whole
from cnncalc.maths.count import dim
from cnncalc.maths.volume import Volume
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted

COUNT = Option("count", whole(), "an integer", "number of tokens", 1)
INIT = Option(
    "init",
    number(0),
    "a number",
    "deviation of the normal distribution of their initial values",
    0.0,
    labelled="never",
    stored=True,
)


@final
class Token(Structure):
    """Puts learned tokens in front of the tokens of a 1-D volume: LxD to (L + count)xD, as the class token of a transformer.

    Weights: count*D. `CROP(size=1, offset=0)` takes the first token alone, `CROP(1:0)` all others. Source: Devlin et al. 2018,
    arXiv:1810.04805; Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1.
    """

    kind = "token"
    summary = "learned tokens in front of the positions of a 1-D volume"
    precision = Autocast("float32", "promote")
    options: ClassVar[tuple[Option, ...]] = (COUNT, INIT)
    shorthand = Shorthand(first="count")
    told = ("count",)
    examples = (
        Example("196x768", "TOKEN", "197x768", weights=768, source="Dosovitskiy et al. 2020, ViT-B/16", window="1"),
        Example("196x192", "TOKEN(2)", "198x192", weights=384, source="Touvron et al. 2020, arXiv:2012.12877, DeiT-Ti", window="1"),
        Example(
            "2x2",
            "TOKEN",
            "3x2",
            weights=2,
            values=Values("1 2 | 3 4", "7 1 2 | 8 3 4", {"token": "7 | 8"}),
            keeps=Keeps("new", gradient="views"),
            window="1",
        ),
        Example(
            "1x2",
            "TOKEN(count=2)",
            "3x2",
            weights=4,
            values=Values("1 | 3", "5 6 1 | 7 8 3", {"token": "5 6 | 7 8"}),
            window="1",
        ),
    )

    count: int
    init: float

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return (L + count) x D."""
        (volume,) = inputs
        if volume.rank != 1:
            raise Misfit(
                misfits.ARGUMENT,
                f"TOKEN needs a 1-D volume, tokens x depth, not {volume.text}",
                label=f"the input is {volume.text}",
                hints=("`RESHAPE(tokens)` before it makes tokens of the pixels",),
            )
        return Volume((volume.size[0] + self.count,), volume.depth)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return a window of one position, shifted by the tokens in front."""
        return (Window((Axis(1, before=self.count),)),)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return the tokens."""
        numbers = dim("tokens", self.count) * dim("D", inputs[0].depth)
        return (Tensor("token", "weight", numbers, (self.count, inputs[0].depth)),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; the gradient of the input is a part of the output's."""
        return Keeps("new", gradient="views")

    def label(self) -> str:
        """Return `TOKEN`, or `TOKEN(2)`."""
        return "TOKEN" if self.count == 1 else f"TOKEN({self.count})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the tokens and the positions, one after the other."""
        from cnncalc.kernels.shape import in_front

        return in_front(inputs[0], weights["token"])

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the part of the gradient at the positions, and for the tokens the sum of the others over the images."""
        tokens = {"token": gradient[:, : self.count].sum(axis=0)} if wanted.weights else {}
        return Gradients((gradient[:, self.count :] if wanted.inputs[0] else None,), tokens)
