"""GAP: global average pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._global import GlobalPooling
from cnncalc.layers.base import Example, Gradients, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume


@final
class Gap(GlobalPooling):
    """The mean of each channel: WxHxD to 1x1xD. Source: Lin et al. 2013, arXiv:1312.4400, section 3.2."""

    kind = "gap"
    summary = "global average pooling: the mean of each channel"
    examples = (
        Example("7x7x2048", "GAP", "1x1x2048", source="He et al. 2015, Table 1", operations=49 * 2048, window="whole"),
        Example("2x2x2", "GAP", "1x1x2", operations=8, values=Values("1 2; 3 4 | 5 5; 5 9", "2.5 | 6"), keeps=Keeps("new")),
    )

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the mean of a channel."""
        return self.whole(inputs[0], place, "mean", inputs[0].values // inputs[0].depth)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the mean of each channel."""
        from cnncalc.kernels.pool_whole import global_average_pool

        return global_average_pool(inputs[0])

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient over W*H for each value of a channel."""
        from cnncalc.kernels.reduce_backward import mean_backward

        return Gradients((mean_backward(gradient, kept.inputs[0].shape),))
