"""LN: layer normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import values
from cnncalc.layers._global import whole_window
from cnncalc.layers._normalization import EPSILON, SHIFT, Normalization, affine
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Idle, Keeps, Shorthand, Tensor, Values, Work
from cnncalc.layers.options import Option, choice
from cnncalc.maths.count import ONE, ZERO, Count, dim, sides

if TYPE_CHECKING:
    from cnncalc.kernels.norm_backward import Form
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

OVER = Option(
    "over", choice("depth", "volume"), "depth or volume", "normalize the depth of each pixel, or the whole volume", "depth"
)


@final
class Ln(Normalization):
    """Layer normalization over the depth of each pixel (as ConvNeXt does), or over the whole volume.

    Weights: scale and shift, D each, or W*H*D each over the volume.
    Work: 7 operations per value (a sum; a difference, a square, a sum; a product; scale and shift) and 5 per group.
    Source: Ba et al. 2016, arXiv:1607.06450; Liu et al. 2022, arXiv:2201.03545.
    """

    kind = "ln"
    summary = "layer normalization over the depth of each pixel, or over the volume"
    precision = ON_CUDA_FLOAT32
    options: ClassVar[tuple[Option, ...]] = (OVER, affine(default=True), SHIFT, EPSILON)
    shorthand = Shorthand(first="over")
    idle = (Idle("shift", "affine", needed=True),)
    examples = (
        Example("56x56x96", "LN", "56x56x96", weights=96, biases=96, operations=7 * 56 * 56 * 96 + 5 * 56 * 56),
        Example("8x8x4", "LN(volume)", "8x8x4", weights=256, biases=256, operations=7 * 8 * 8 * 4 + 5, window="whole"),
        Example(
            "2x2",
            "LN(eps=3)",
            "2x2",
            weights=2,
            biases=2,
            operations=7 * 4 + 5 * 2,
            values=Values("1 10 | 3 12", "-1 -1 | 2.5 2.5", {"scale": "2 3", "shift": "0 1"}),
            keeps=Keeps("new", inputs=True, image_statistics=4),
        ),
        Example(
            "1x2",
            "LN(shift=false, eps=3)",
            "1x2",
            weights=2,
            operations=6 * 2 + 5,
            values=Values("1 | 3", "-1 | 1.5", {"scale": "2 3"}),
            keeps=Keeps("new", inputs=True, image_statistics=2),
        ),
        Example("1x2", "LN(affine=false, eps=3)", "1x2", operations=5 * 2 + 5, values=Values("1 | 3", "-0.5 | 0.5")),
        Example(
            "2x2",
            "LN(volume, eps=0)",
            "2x2",
            weights=4,
            biases=4,
            operations=7 * 4 + 5,
            values=Values("1 3 | 1 3", "-1 2 | 7 24", {"scale": "1 2 | 3 4", "shift": "0 0 | 10 20"}),
            keeps=Keeps("new", inputs=True, image_statistics=2),
        ),
    )

    over: str

    def scaled(self, volume: Volume) -> Count:
        """Return D over the depth, W*H*D over the volume."""
        return dim("D", volume.depth) if self.over == "depth" else values(volume)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return scale and shift in the normalized shape."""
        if self.over == "depth":
            return super().weights(inputs)
        (volume,) = inputs
        return tuple(tensor._replace(shape=(*reversed(volume.size), volume.depth)) for tensor in super().weights(inputs))

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return no window over the depth (each position is normalized separately), the whole input over the volume."""
        return (None if self.over == "depth" else whole_window(inputs[0]),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 7 (6 without shift, 5 without affine) operations per value and 5 per group."""
        groups = sides(output.size) if self.over == "depth" else ONE
        return Work(ZERO, values(output) * self.operations_per_value() + groups * 5)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, and mean and deviation of each group."""
        groups = output.values // output.depth if self.over == "depth" else 1
        return Keeps("new", inputs=True, image_statistics=2 * groups)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x with mean 0 and variance 1 over the depth of each pixel, or over the volume, scaled and shifted."""
        from cnncalc.kernels.norm import layer_norm

        whole = self.over == "volume"
        return layer_norm(inputs[0], weights.get("scale"), weights.get("shift"), whole=whole, epsilon=self.eps, out=how.out(inputs))

    def form(self, x: Array) -> Form:
        """Return the depth at each position, or the volume."""
        from cnncalc.kernels.norm_backward import over_depth, over_groups

        return over_depth(x.shape) if self.over == "depth" else over_groups(x.shape, 1)
