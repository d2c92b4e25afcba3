"""GN: group normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import values
from cnncalc.layers._global import whole_window
from cnncalc.layers._normalization import EPSILON, SHIFT, Normalization, affine, check_groups
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Idle, Keeps, Shorthand, Values, Work
from cnncalc.layers.options import Option, whole
from cnncalc.maths.count import ZERO, dim

if TYPE_CHECKING:
    from cnncalc.kernels.norm_backward import Form
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

GROUPS = Option("groups", whole(), "an integer", "groups of channels that are normalized together", 32, short="g{}")


@final
class Gn(Normalization):
    """Group normalization: the channels of a group are normalized together, over all positions.

    Weights: a scale and a shift per channel.
    Work: 7 operations per value and 5 per group, as for LN.
    Source: Wu and He 2018, arXiv:1803.08494.
    """

    kind = "gn"
    summary = "group normalization: groups of channels, over all positions"
    precision = ON_CUDA_FLOAT32
    options: ClassVar[tuple[Option, ...]] = (GROUPS, affine(default=True), SHIFT, EPSILON)
    shorthand = Shorthand(first="groups")
    idle = (Idle("shift", "affine", needed=True),)
    examples = (
        Example("56x56x64", "GN(32)", "56x56x64", weights=64, biases=64, operations=7 * 56 * 56 * 64 + 5 * 32, window="whole"),
        Example(
            "1x4",
            "GN(2, eps=0)",
            "1x4",
            weights=4,
            biases=4,
            operations=7 * 4 + 5 * 2,
            values=Values("1 | 3 | 10 | 30", "-1 | 2 | -2 | 5", {"scale": "1 2 3 4", "shift": "0 0 1 1"}),
            keeps=Keeps("new", inputs=True, image_statistics=4),
        ),
        Example(
            "2x1", "GN(1, shift=false, eps=3)", "2x1", weights=1, operations=6 * 2 + 5, values=Values("1 3", "-1 1", {"scale": "2"})
        ),
        Example("2x1", "GN(1, affine=false, eps=3)", "2x1", operations=5 * 2 + 5, values=Values("1 3", "-0.5 0.5")),
    )

    groups: int

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        (volume,) = inputs
        check_groups(self, volume, self.groups)
        return volume

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the whole input."""
        return (whole_window(inputs[0]),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 7 (6 without shift, 5 without affine) operations per value and 5 per group."""
        return Work(ZERO, values(output) * self.operations_per_value() + dim("G", self.groups) * 5)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, and mean and deviation of each group."""
        return Keeps("new", inputs=True, image_statistics=2 * self.groups)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x with mean 0 and variance 1 over each group, scaled and shifted."""
        from cnncalc.kernels.norm import group_norm

        return group_norm(inputs[0], self.groups, weights.get("scale"), weights.get("shift"), epsilon=self.eps, out=how.out(inputs))

    def form(self, x: Array) -> Form:
        """Return each group of channels of each image."""
        from cnncalc.kernels.norm_backward import over_groups

        return over_groups(x.shape, self.groups)
