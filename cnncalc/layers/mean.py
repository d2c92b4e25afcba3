"""MEAN: the mean along some axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._reduction import Reduction
from cnncalc.layers.base import Example, Gradients, Keeps, Values, Work
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume


@final
class Mean(Reduction):
    """The mean of all values along the axes of `over`, which stay with size 1.

    Work: one operation per input value, the additions and the division. `MEAN(space)` is GAP.
    Source: Woo et al. 2018, arXiv:1807.06521, section 3 (depth); Hou et al. 2021, arXiv:2103.02907, section 3.2 (width, height).
    """

    kind = "mean"
    summary = "the mean along some axes"
    examples = (
        Example("56x56x64", "MEAN(depth)", "56x56x1", operations=56 * 56 * 64),
        Example("56x48x64", "MEAN(width)", "1x48x64", operations=56 * 48 * 64, window="56x1/56x1"),
        Example("7x7x512", "MEAN(space)", "1x1x512", operations=7 * 7 * 512, window="whole"),
        Example("7x7x512", "MEAN(volume)", "1x1x1", operations=7 * 7 * 512, window="whole"),
        Example(
            "2x2x2", "MEAN(height)", "2x1x2", operations=8, values=Values("1 2; 3 4 | 5 5; 5 9", "2 3 | 5 7"), keeps=Keeps("new")
        ),
        Example("2x2x2", "MEAN([width, depth])", "1x2x1", operations=8, values=Values("1 2; 3 4 | 5 6; 5 9", "3.5; 5.25")),
    )

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return one operation per input value."""
        (volume,) = inputs
        return Work(ZERO, self.results(volume) * self.reduced(volume))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the gradient is the same for all inputs."""
        return Keeps("new")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the means."""
        from cnncalc.kernels.reduce import mean

        return mean(inputs[0], self.array_axes(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient over n for each of the n values of a mean."""
        from cnncalc.kernels.reduce_backward import mean_backward

        return Gradients((mean_backward(gradient, kept.inputs[0].shape),))
