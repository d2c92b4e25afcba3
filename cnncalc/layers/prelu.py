"""PRELU: a rectifier with a learned slope below zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._activation import COPY, OVERWRITE, Activation
from cnncalc.layers.base import LOWER, Example, Gradients, Keeps, Shorthand, Tensor, Values
from cnncalc.layers.options import Option, boolean
from cnncalc.maths.count import ONE, dim

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

SHARED = Option("shared", boolean, "true or false", "one slope for all channels instead of one for each", default=False)


@final
class Prelu(Activation):
    """The parametric rectifier: x above zero, a*x below, with a learned `a` for each channel (or one for all).

    Weights: D, or 1 when shared.
    Work: a comparison and a product per value.
    Source: He et al. 2015, arXiv:1502.01852.
    """

    kind = "prelu"
    works_in_place = False  # PyTorch has no form in place
    summary = "parametric rectifier: the slope below zero is learned, per channel"
    precision = LOWER
    options: ClassVar[tuple[Option, ...]] = (SHARED, OVERWRITE)
    shorthand = Shorthand(first="shared")
    operations = 2
    kept = "input"
    examples = (
        Example("32x32x12", "PRELU", "32x32x12", weights=12, operations=2 * 32 * 32 * 12),
        Example("32x32x12", "PRELU(shared=true)", "32x32x12", weights=1, operations=2 * 32 * 32 * 12),
        Example(
            "2x2",
            "PRELU",
            "2x2",
            weights=2,
            operations=8,
            values=Values("-2 3 | -2 3", "-1 3 | -0.5 3", {"slope": "0.5 0.25"}),
            keeps=Keeps("new", inputs=True, gradient_values=4),
        ),
        Example(
            "2x2",
            "PRELU(shared=true)",
            "2x2",
            weights=1,
            operations=8,
            values=Values("-2 3 | -4 3", "-1 3 | -2 3", {"slope": "0.5"}),
        ),
    )

    shared: bool

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return one slope per channel, or a shared one."""
        slopes = ONE if self.shared else dim("D", inputs[0].depth)
        return (Tensor("slope", "weight", slopes, (slopes.value,)),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input or its copy; backward makes a product of the output's size before it sums the slopes' gradient."""
        fact = Keeps("new", inputs=True, gradient_values=output.values)
        return fact._replace(storage="in place", inputs=False, values=output.values, otherwise=fact) if self.overwrite else fact

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x above zero, a*x below."""
        from cnncalc.kernels.activation import prelu

        return prelu(inputs[0], weights["slope"], out=how.out(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input and of the slopes."""
        from cnncalc.kernels.slopes import leaky_relu_slope, prelu_backward

        x = kept.saved.get(COPY, kept.inputs[0])
        if not wanted.weights:
            return Gradients((leaky_relu_slope(x, gradient, weights["slope"]),))
        into, onto = prelu_backward(x, weights["slope"], gradient)
        return Gradients((into if wanted.inputs[0] else None,), {"slope": onto})
