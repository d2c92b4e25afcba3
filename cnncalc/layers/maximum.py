"""MAXIMUM: the largest value at each place of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._merge import SpreadMerge
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume


@final
class Maximum(SpreadMerge):
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

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return all inputs, and of more than two also the results in between."""
        return self.keeps_inputs(inputs)

    def join_keeps(self, *, left: bool, right: bool) -> tuple[bool, bool]:
        """Return both where one of them needs a gradient: it goes to the one that was taken."""
        return left or right, left or right

    def join_temporaries(self, values: int, *, left: bool, right: bool) -> tuple[int, int]:
        """Return half the gradient, for equal values, and two masks of a byte for each value."""
        return values, 2 * values

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the largest values."""
        from cnncalc.kernels.merge import maximum

        return maximum(inputs, out=how.out(inputs))
