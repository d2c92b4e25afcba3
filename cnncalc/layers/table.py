"""TABLE: a learned table added to a volume, such as embeddings of positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._elementwise import Elementwise, values
from cnncalc.layers.base import PROMOTED, Example, Gradients, Keeps, Misfit, Shorthand, Tensor, Values, Work
from cnncalc.layers.options import Option, number, volume
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

SHAPE = Option(
    "shape", volume, "a volume such as 197x768", "the table; that of the input unless given; a side of 1 is spread", None
)
INIT = Option(
    "init", number(0), "a number", "deviation of the normal distribution of its initial values", 0.02, labelled="never", stored=True
)


@final
class Table(Elementwise):
    """Adds a learned number to each value of its input: a table of the input's shape, or with sides of 1, which are spread.

    Weights: the numbers of the table. Work: an addition per value. Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5;
    Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1.
    """

    kind = "table"
    summary = "a learned table added, such as embeddings of positions"
    precision = PROMOTED
    options: ClassVar[tuple[Option, ...]] = (SHAPE, INIT)
    shorthand = Shorthand(first="shape")
    told = ("shape",)
    in_place = False
    pointwise = False
    operations = 1
    kept = "nothing"
    examples = (
        Example("197x768", "TABLE", "197x768", weights=197 * 768, operations=197 * 768, source="Dosovitskiy et al. 2020, ViT-B/16"),
        Example("14x14x384", "TABLE(14x1x384)", "14x14x384", weights=14 * 384, operations=14 * 14 * 384),
        Example(
            "2x2",
            "TABLE",
            "2x2",
            weights=4,
            operations=4,
            values=Values("1 2 | 3 4", "11 22 | 3 5", {"table": "10 20 | 0 1"}),
            keeps=Keeps("new", gradient="same"),
        ),
        Example(
            "2x2", "TABLE(1x2)", "2x2", weights=2, operations=4, values=Values("1 2 | 3 4", "11 12 | 3 4", {"table": "10 | 0"})
        ),
    )

    shape: Volume | None
    init: float

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume, which the table fits."""
        (volume,) = inputs
        shape = self.shape or volume
        fits = shape.rank == volume.rank and all(a in {1, b} for a, b in zip(shape.sides, volume.sides, strict=True))
        if not fits:
            raise Misfit(
                misfits.ARGUMENT,
                f"TABLE of {shape.text} cannot be added to {volume.text}",
                field="shape",
                label=f"each side is that of {volume.text}, or 1",
                notes=(f"the input is {volume.text}",),
                hints=(f"TABLE({volume.text}) fits",),
            )
        return volume

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return the table, which counts as weights."""
        shape = self.shape or inputs[0]
        return (Tensor("table", "weight", values(shape), (*reversed(shape.size), shape.depth)),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return an addition per value."""
        return Work(ZERO, values(output))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; the gradient of the input is that of the output."""
        return Keeps("new", gradient="same")

    def label(self) -> str:
        """Return `TABLE`, or `TABLE(14x1x384)`."""
        return f"TABLE({self.shape.text})" if self.shape else "TABLE"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the sum with the table."""
        from cnncalc.kernels.merge import add

        (x,) = inputs
        return add((x, weights["table"][None]), out=how.out(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient itself, and for the table its sum over the images and along sides of 1."""
        into = gradient if wanted.inputs[0] else None
        if not wanted.weights:
            return Gradients((into,))
        shape = weights["table"].shape
        axes = tuple(at for at, side in enumerate(shape) if side == 1)
        return Gradients((into,), {"table": gradient.sum(axis=0).sum(axis=axes, keepdims=True)})
