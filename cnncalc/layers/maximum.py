"""MAXIMUM: the largest value at each place of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._merge import Extremum
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.kernels.merge_backward import Pair
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Maximum(Extremum):
    """The largest value at each place of n volumes; along each axis, a volume of size 1 is spread over the others.

    Work: n - 1 comparisons per value. Source: Goodfellow et al. 2013, arXiv:1302.4389.
    """

    kind = "maximum"
    summary = "the largest value at each place of volumes; an axis of size 1 is spread"
    examples = (
        Example("56x56x64 56x56x64", "MAXIMUM", "56x56x64", operations=56 * 56 * 64),
        Example(
            "2x1 2x1",
            "MAXIMUM",
            "2x1",
            operations=2,
            values=Values("1 2 & 10 -4", "10 2"),
            keeps=Keeps("new", inputs=True, gradient="products", gradient_values=2, gradient_bytes=4),
        ),
        Example("2x1 1x1 2x1", "MAXIMUM", "2x1", operations=4, values=Values("1 2 & 10 & 3 100", "10 100")),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the largest values."""
        from cnncalc.kernels.merge import maximum

        return maximum(inputs, out=how.out(inputs))

    def join_backward(self, left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
        """Return the gradient where the larger value was taken."""
        from cnncalc.kernels.merge_backward import maximum_backward

        return maximum_backward(left, right, gradient, of_left=of_left, of_right=of_right)
