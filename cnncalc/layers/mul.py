"""MUL: the product of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._merge import Chain
from cnncalc.layers.base import Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.kernels.merge_backward import Pair
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Mul(Chain):
    """The product of n volumes; along each axis, a volume of size 1 is spread over the others.

    1x1xD times WxHxD are the gates of squeeze-and-excitation, WxHx1 times WxHxD those of spatial attention.
    Work: n - 1 products per value. Source: Hu et al. 2017, arXiv:1709.01507; Woo et al. 2018, arXiv:1807.06521, section 3.
    """

    kind = "mul"
    modulates = True
    summary = "the product of volumes; an axis of size 1 is spread over the others"
    examples = (
        Example("56x56x64 1x1x64", "MUL", "56x56x64", source="Hu et al. 2017", operations=56 * 56 * 64),
        Example("56x56x64 56x56x1", "MUL", "56x56x64", source="Woo et al. 2018", operations=56 * 56 * 64),
        Example(
            "2x2 1x2",
            "MUL",
            "2x2",
            operations=4,
            values=Values("1 2 | 3 4 & 10 | 100", "10 20 | 300 400"),
            keeps=Keeps("new", inputs=True, gradient="products"),
        ),
        Example(
            "1x1 1x1 1x1",
            "MUL",
            "1x1",
            operations=2,
            values=Values("2 & 3 & 7", "42"),
            keeps=Keeps("new", inputs=True, values=1, gradient="products"),
        ),
        Example("1x2x1 2x1x1", "MUL", "2x2x1", operations=4, values=Values("1; 2 & 10 20", "10 20; 20 40")),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the product."""
        from cnncalc.kernels.merge import mul

        return mul(inputs, out=how.out(inputs))

    def join_backward(self, left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
        """Return the gradient times the other volume."""
        from cnncalc.kernels.merge_backward import product_backward

        return product_backward(left, right, gradient, of_left=of_left, of_right=of_right)
