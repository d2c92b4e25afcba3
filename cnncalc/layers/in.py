"""IN: instance normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import values
from cnncalc.layers._global import whole_window
from cnncalc.layers._normalization import EPSILON, Normalization, affine
from cnncalc.layers.base import Example, Keeps, Shorthand, Values, Work
from cnncalc.maths.count import ZERO, dim

if TYPE_CHECKING:
    from cnncalc.kernels.norm_backward import Form
    from cnncalc.layers.base import Array, Arrays, How, Named, Passed
    from cnncalc.layers.options import Option
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window


@final
class In(Normalization):
    """Instance normalization: each channel of each image separately; nothing is learned unless `affine`.

    Work: 5 operations per value (7 with affine) and 5 per channel.
    Source: Ulyanov et al. 2016, arXiv:1607.08022.
    """

    kind = "in"
    summary = "instance normalization: each channel of each image separately"
    centers = True
    options: ClassVar[tuple[Option, ...]] = (affine(default=False), EPSILON)
    shorthand = Shorthand(first="affine")
    examples = (
        Example("64x64x32", "IN", "64x64x32", operations=5 * 64 * 64 * 32 + 5 * 32, window="whole"),
        Example(
            "64x64x32", "IN(affine=true)", "64x64x32", weights=32, biases=32, operations=7 * 64 * 64 * 32 + 5 * 32, window="whole"
        ),
        Example(
            "2x2",
            "IN(eps=0)",
            "2x2",
            operations=5 * 4 + 5 * 2,
            values=Values("1 3 | 10 30", "-1 1 | -1 1"),
            keeps=Keeps("new", inputs=True, image_statistics=4),
        ),
        Example(
            "2x1",
            "IN(affine=true, eps=3)",
            "2x1",
            weights=1,
            biases=1,
            operations=7 * 2 + 5,
            values=Values("1 3", "0 2", {"scale": "2", "shift": "1"}),
            keeps=Keeps("new", inputs=True, image_statistics=3),
        ),
    )

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the whole input."""
        return (whole_window(inputs[0]),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 5 (7 with affine) operations per value and 5 per channel."""
        return Work(ZERO, values(output) * (7 if self.affine else 5) + dim("D", output.depth) * 5)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, mean and deviation of each channel, and the scales, repeated by PyTorch for each image."""
        return Keeps("new", inputs=True, image_statistics=(3 if self.affine else 2) * output.depth)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x with mean 0 and variance 1 over each channel, scaled and shifted with `affine`."""
        from cnncalc.kernels.norm import instance_norm

        return instance_norm(inputs[0], weights.get("scale"), weights.get("shift"), epsilon=self.eps, out=how.out(inputs))

    def form(self, x: Array) -> Form:
        """Return each channel of each image."""
        from cnncalc.kernels.norm_backward import over_groups

        return over_groups(x.shape, x.shape[-1])

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, the statistics, and the scales repeated for each image."""
        from cnncalc.kernels.norm_backward import scale_of_images

        passed = super().train(inputs, weights, how)
        scales = {"scale": scale_of_images(weights["scale"], inputs[0].shape[0])} if self.affine else {}
        return passed._replace(saved={**passed.saved, **scales})
