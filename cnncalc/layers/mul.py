"""MUL: the product of volumes; 1x1xD is spread over WxHxD."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._elementwise import values
from cnncalc.layers._merge import Merge, differ
from cnncalc.layers.base import Example, Keeps, Values, Work
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume


@final
class Mul(Merge):
    """The product of n volumes of one depth, where 1x1xD is spread over WxHxD, as squeeze-and-excitation needs.

    Work: n - 1 products per value. Source: Hu et al. 2017, arXiv:1709.01507.
    """

    kind = "mul"
    summary = "the product of volumes; 1x1xD is spread over WxHxD"
    examples = (
        Example("56x56x64 1x1x64", "MUL", "56x56x64", source="Hu et al. 2017", operations=56 * 56 * 64),
        Example(
            "2x2 1x2",
            "MUL",
            "2x2",
            operations=4,
            values=Values("1 2 | 3 4 & 10 | 100", "10 20 | 300 400"),
            keeps=Keeps("new", inputs=True, gradient="products"),
        ),
        Example("1x1 1x1 1x1", "MUL", "1x1", operations=2, values=Values("2 & 3 & 7", "42")),
    )

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the largest volume."""
        self.check(inputs)
        self.check_sizes(inputs, [at for at, volume in enumerate(inputs) if not volume.is_vector()])
        for at, volume in enumerate(inputs):
            if volume.depth != inputs[0].depth:
                raise differ("MUL", inputs, at, "depth", inputs[0].depth, volume.depth)
        return max(inputs, key=lambda volume: volume.values)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return n - 1 products per value."""
        return Work(ZERO, values(output) * (len(inputs) - 1))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return all inputs."""
        return Keeps("new", inputs=True, gradient="products")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the product."""
        from cnncalc.kernels.merge import mul

        return mul(inputs, out=how.out(inputs))
