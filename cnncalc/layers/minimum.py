"""MINIMUM: the smallest value at each place of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._merge import SpreadMerge
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume


@final
class Minimum(SpreadMerge):
    """The smallest value at each place of n volumes; along each axis, a volume of size 1 is spread over the others.

    Work: n - 1 comparisons per value. Source: ONNX operator Min.
    """

    kind = "minimum"
    summary = "the smallest value at each place of volumes; an axis of size 1 is spread"
    examples = (
        Example("56x56x64 56x56x64", "MINIMUM", "56x56x64", operations=56 * 56 * 64),
        Example(
            "2x1 2x1",
            "MINIMUM",
            "2x1",
            operations=2,
            values=Values("1 2 & 10 -4", "1 -4"),
            keeps=Keeps("new", inputs=True, gradient="products", gradient_values=2, gradient_bytes=4),
        ),
        Example("2x1 1x1 2x1", "MINIMUM", "2x1", operations=4, values=Values("1 2 & 10 & 3 100", "1 2")),
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
        """Return the smallest values."""
        from cnncalc.kernels.merge import minimum

        return minimum(inputs, out=how.out(inputs))
