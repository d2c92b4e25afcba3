"""GRN: global response normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import Elementwise, values
from cnncalc.layers._global import whole_window
from cnncalc.layers.base import PROMOTED, Example, Gradients, Keeps, Passed, Tensor, Values, Work
from cnncalc.layers.options import Option, number
from cnncalc.maths.count import ZERO, dim

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

EPSILON = Option("eps", number(0), "a number", "added to the mean of the norms against division by zero", 1e-6, labelled="never")


@final
class Grn(Elementwise):
    """scale*(x*n) + shift + x, where n is the norm of a channel over all positions, divided by the mean of these norms.

    Weights: D, biases: D.
    Work: 6 operations per value (a square, a sum; two products, two additions) and 4 per channel.
    Memory: the input, x*n, the norms, the quotients and their divisor.
    Source: Woo et al. 2023, arXiv:2301.00808, section 3.2 and algorithm 1.
    """

    kind = "grn"
    modulates = True
    summary = "global response normalization: channels compete by their norms over all positions"
    precision = PROMOTED
    options: ClassVar[tuple[Option, ...]] = (EPSILON,)
    in_place = False
    pointwise = False
    operations = 6
    kept = "input"
    examples = (
        Example("7x7x96", "GRN", "7x7x96", weights=96, biases=96, operations=6 * 7 * 7 * 96 + 4 * 96, window="whole"),
        Example(
            "2x1x2",
            "GRN(eps=0)",
            "2x1x2",
            weights=2,
            biases=2,
            operations=6 * 4 + 4 * 2,
            values=Values("3 4 | 9 12", "7.5 9 | 9 12", {"scale": "1 0", "shift": "3 0"}),
            keeps=Keeps("new", inputs=True, values=9, gradient_values=6),
        ),
    )

    eps: float

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return a scale and a shift per channel."""
        count = dim("D", inputs[0].depth)
        return Tensor("scale", "weight", count, (count.value,)), Tensor("shift", "bias", count, (count.value,))

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the whole input."""
        return (whole_window(inputs[0]),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 6 operations per value and 4 per channel."""
        return Work(ZERO, values(output) * 6 + dim("D", output.depth) * 4)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, its product with the quotients, the norms and quotients of the channels, and the divisor."""
        kept = output.values + 2 * output.depth + 1
        return Keeps("new", inputs=True, values=kept, gradient_values=output.values + output.depth)  # a product, and its sums

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return scale*(x*n) + shift + x."""
        from cnncalc.kernels.norm_rms import response_norm

        return response_norm(inputs[0], weights["scale"], weights["shift"], epsilon=self.eps)

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, the product with the quotients, the norms, the quotients and their divisor."""
        from cnncalc.kernels.norm_backward import response_saved

        return Passed(self.forward(inputs, weights, how), response_saved(inputs[0], self.eps))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input, the scale and the shift."""
        from cnncalc.kernels.conv_backward import sum_of_positions
        from cnncalc.kernels.norm_backward import response_backward

        into = response_backward(kept.inputs[0], kept.saved, gradient, weights["scale"]) if wanted.inputs[0] else None
        if not wanted.weights:
            return Gradients((into,))
        scale = sum_of_positions(gradient * kept.saved["product"])
        return Gradients((into,), {"scale": scale, "shift": sum_of_positions(gradient)})
