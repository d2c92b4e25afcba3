"""CONCAT: volumes stacked along the depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._merge import Merge
from cnncalc.layers.base import Autocast, Example, Gradients, Keeps, Values
from cnncalc.layers.options import Option, whole
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted

LEAST = Option(
    "least", whole(), "an integer", "the minimum number of inputs; 1 lets a list of inputs start empty", 2, labelled="never"
)


@final
class Concat(Merge):
    """Volumes of one width and height, stacked along the depth in the order of the inputs.

    Source: Szegedy et al. 2014, arXiv:1409.4842, "DepthConcat".
    """

    kind = "concat"
    summary = "volumes stacked along the depth"
    precision = Autocast(cpu="widest")
    options: ClassVar[tuple[Option, ...]] = (LEAST,)
    examples = (
        Example("28x28x64 28x28x128 28x28x32 28x28x32", "CONCAT", "28x28x256", source="Szegedy et al. 2014, inception (3a)"),
        Example(
            "2x1 2x2", "CONCAT", "2x3", values=Values("1 2 & 3 4 | 5 6", "1 2 | 3 4 | 5 6"), keeps=Keeps("new", gradient="views")
        ),
        Example("2x1", "CONCAT(least=1)", "2x1", values=Values("1 2", "1 2")),
    )

    least: int

    def fewest(self) -> int:
        """Return `least`."""
        return self.least

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W x H x the sum of the depths."""
        self.check(inputs)
        self.check_sizes(inputs, range(len(inputs)))
        return Volume(inputs[0].size, sum(volume.depth for volume in inputs))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; the inputs' gradients are parts of the output's gradient."""
        return Keeps("new", gradient="views")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the volumes side by side along the depth."""
        from cnncalc.kernels.merge import concat

        return concat(inputs)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the channels of each input, as views of the gradient."""
        from cnncalc.kernels.merge_backward import concat_backward

        return Gradients(concat_backward(gradient, [each.shape[-1] for each in kept.inputs]))
