"""STOCHDEPTH: drops a whole branch at random while training; no effect in inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Gradients, Keeps, Passed, Shorthand, Values
from cnncalc.layers.options import Option, number

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

RATE = Option(
    "rate", number(0, 1), "a number from 0 to below 1", "probability that the branch is dropped", 0.0, ("p",), labelled="apart"
)


@final
class StochDepth(Elementwise):
    """Stochastic depth: no work in a forward pass for inference.

    Source: Huang et al. 2016, arXiv:1603.09382.
    """

    kind = "stochdepth"
    linear = True
    summary = "drops a branch at random while training; no work in inference"
    options: ClassVar[tuple[Option, ...]] = (RATE,)
    shorthand = Shorthand(first="rate")
    operations = 0
    kept = "nothing"
    examples = (
        Example("14x14x80", "STOCHDEPTH(0.1)", "14x14x80"),
        Example(
            "3x1",
            "STOCHDEPTH(0.1)",
            "3x1",
            values=Values("1 -2 3", "1 -2 3"),
            keeps=Keeps("new", values=1),
            evaluation=Keeps("view", gradient="same"),
        ),
        Example("3x1", "STOCHDEPTH", "3x1", values=Values("1 -2 3", "1 -2 3"), keeps=Keeps("view", gradient="same")),
    )

    rate: float

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return one factor per image while training; nothing to keep in evaluation or at rate 0."""
        if not training or not self.rate:
            return Keeps("view", gradient="same")
        return Keeps("new", values=1)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the input itself."""
        return inputs[0]

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return each image times its random factor, 0 or 1/(1 - rate), and the factors."""
        (x,) = inputs
        if how.chance is None or not self.rate:
            return Passed(x)
        from cnncalc.kernels.dropout import factors_of

        factors = factors_of(x, self.rate, how.chance)
        return Passed(x * factors, {"factors": factors})

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient of each image times its factor; without factors the gradient itself."""
        return Gradients((gradient * kept.saved["factors"] if kept.saved else gradient,))
