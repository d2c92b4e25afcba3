"""LAYERSCALE: one learned factor per channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Keeps, Shorthand, Tensor, Values
from cnncalc.layers.options import Option, number
from cnncalc.maths.count import dim

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume

START = Option("init", number(), "a number", "initial value of the factors", 1e-6)


@final
class LayerScale(Elementwise):
    """Multiplies each channel by a learned factor.

    Weights: D. Work: a product per value. The output is a new volume: backward needs the input.
    Source: Touvron et al. 2021, arXiv:2103.17239, section 2.
    """

    kind = "layerscale"
    summary = "one learned factor per channel"
    options: ClassVar[tuple[Option, ...]] = (START,)
    shorthand = Shorthand(first="init")
    in_place = False
    operations = 1
    kept = "input"
    examples = (
        Example(
            "56x56x96", "LAYERSCALE", "56x56x96", weights=96, source="Liu et al. 2022, arXiv:2201.03545", operations=56 * 56 * 96
        ),
        Example(
            "2x2",
            "LAYERSCALE",
            "2x2",
            weights=2,
            operations=4,
            values=Values("1 2 | 3 4", "10 20 | 1.5 2", {"scale": "10 0.5"}),
            keeps=Keeps("new", inputs=True, gradient_values=4),
        ),
    )

    init: float

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return one factor per channel."""
        depth = inputs[0].depth
        return (Tensor("scale", "weight", dim("D", depth), (depth,)),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input; backward makes a product of the output's size before it sums the factors' gradient."""
        return Keeps("new", inputs=True, gradient_values=output.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the product with the factor of each channel."""
        from cnncalc.kernels.merge import mul

        return mul((inputs[0], weights["scale"]), out=how.out(inputs))
