"""GMP: global max pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._global import GlobalPooling
from cnncalc.layers.base import Example, Gradients, Keeps, Passed, Values, Work
from cnncalc.maths.count import ZERO, dim, sides

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume


@final
class Gmp(GlobalPooling):
    """The largest value of each channel: WxHxD to 1x1xD."""

    kind = "gmp"
    summary = "global max pooling: the largest value of each channel"
    examples = (
        Example("7x7x512", "GMP", "1x1x512", operations=48 * 512, window="whole"),
        Example(
            "2x2x2",
            "GMP",
            "1x1x2",
            operations=6,
            values=Values("1 2; 3 4 | -5 -5; -5 -9", "4 | -5"),
            keeps=Keeps("new", inputs=True, image_bytes=16, work_bytes=16),
        ),
    )

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the largest number of a channel."""
        return self.whole(inputs[0], place, "max")

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return W*H - 1 comparisons for each channel."""
        (volume,) = inputs
        return Work(ZERO, (sides(volume.size) - 1).grouped() * dim("D", volume.depth))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input and an int64 index for each output."""
        return Keeps("new", inputs=True, image_bytes=8 * output.values, work_bytes=8 * output.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the largest value of each channel."""
        from cnncalc.kernels.pool_whole import global_max_pool

        return global_max_pool(inputs[0])

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the largest value of each channel, and its index."""
        from cnncalc.kernels.pool_backward import adaptive_max_indices

        output = self.forward(inputs, weights, how)
        return Passed(output, {"indices": adaptive_max_indices(inputs[0], output.shape[1:-1])})

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient at the place of the largest value of each channel."""
        from cnncalc.kernels.pool_backward import to_the_largest

        return Gradients((to_the_largest(gradient, kept.saved["indices"], kept.inputs[0].shape),))
