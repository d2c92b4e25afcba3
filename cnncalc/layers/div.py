"""DIV: the quotient of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._merge import Chain
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.kernels.merge_backward import Pair
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Div(Chain):
    """The first volume divided by all others; along each axis, a volume of size 1 is spread over the others.

    Work: n - 1 divisions per value. Source: ONNX operator Div.
    """

    kind = "div"
    summary = "the first volume divided by the others; an axis of size 1 is spread"
    examples = (
        Example("56x56x64 56x56x1", "DIV", "56x56x64", operations=56 * 56 * 64),
        Example(
            "2x1 2x1",
            "DIV",
            "2x1",
            operations=2,
            values=Values("1 2 & 10 -4", "0.1 -0.5"),
            keeps=Keeps("new", inputs=True, gradient="products", gradient_values=4),
        ),
        Example("2x1 1x1 1x1", "DIV", "2x1", operations=4, values=Values("1 2 & 10 & 2", "0.05 0.1")),
    )

    def join_keeps(self, *, left: bool, right: bool) -> tuple[bool, bool]:
        """Return the dividend where the divisor needs a gradient, and the divisor for both."""
        return right, left or right

    def join_temporaries(self, values: int, *, left: bool, right: bool) -> tuple[int, int]:
        """Return the three steps to the divisor's gradient; they are freed before the dividend's is made."""
        return (2 if left else 3) * values if right else 0, 0

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the quotient."""
        from cnncalc.kernels.merge import div

        return div(inputs, out=how.out(inputs))

    def join_backward(self, left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
        """Return the gradient over the divisor, and its negative times the dividend over the square of the divisor."""
        from cnncalc.kernels.merge_backward import quotient_backward

        return quotient_backward(left, right, gradient, of_left=of_left, of_right=of_right)
