"""POOL: the maximum of each window (MAXPOOL is the same)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._adaptive import OUT, Adaptive, bins
from cnncalc.layers._pooling import POOL_OPTIONS
from cnncalc.layers._windowed import spread
from cnncalc.layers.base import Example, Gradients, Keeps, Passed, Shorthand, Values, Work
from cnncalc.maths.count import ZERO, dim

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Option
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume


@final
class Pool(Adaptive):
    """A max pooling layer. Padding never wins: it counts as minus infinity.

    With `out` it is adaptive: output i reads the input from floor(i*W/out) to ceil((i+1)*W/out), as in PyTorch.
    Shapes: WxHxD to W2xH2xD. Work: F*F - 1 comparisons for each output.
    Source: CS231n course notes, "Pooling Layer".
    """

    kind = "pool"
    summary = "max pooling: the largest value of each window; out=7x7 adapts to an output size"
    options: ClassVar[tuple[Option, ...]] = (*POOL_OPTIONS, OUT)
    shorthand = Shorthand("kernel", "", "stride", "kernel")
    examples = (
        Example(
            "224x224x64", "POOL2", "112x112x64", source="CS231n notes, Pooling Layer", operations=3 * 112 * 112 * 64, window="2/2"
        ),
        Example("55x55x96", "POOL3/2", "27x27x96", source="CS231n slides, AlexNet", operations=8 * 27 * 27 * 96, window="3/2"),
        Example(
            "4x4x1",
            "POOL2",
            "2x2x1",
            source="CS231n notes, Pooling Layer, figure",
            values=Values("1 1 2 4; 5 6 7 8; 3 2 1 0; 1 2 3 4", "6 8; 3 4"),
            keeps=Keeps("new", inputs=True, image_bytes=32, work_bytes=32),
        ),
        Example(
            "6x1", "POOL(padding=1)", "4x1", source="Knet tutorial, Padding", values=Values("-1 -2 -3 -4 -5 -6", "-1 -2 -4 -6")
        ),
        Example("4x2x2", "POOL(kernel=2x1)", "2x2x2", values=Values("1 4 2 3; 5 6 8 7 | 0 1 2 3; 9 8 7 6", "4 3; 6 8 | 1 3; 9 7")),
        Example(
            "4x1",
            "POOL3/2(padding=same_upper)",
            "2x1",
            source="TensorFlow, SAME padding: 0 before and 1 after",
            values=Values("-4 -3 -2 -1", "-2 -1"),
            window="3/2",
        ),
        Example("4x1", "POOL3/2(padding=same_lower)", "2x1", values=Values("-4 -3 -2 -1", "-3 -1")),
        Example("4x1", "POOL1/3(padding=same_upper, rounding=ceil)", "2x1", values=Values("4 3 2 1", "4 1")),
        Example(
            "13x13x256",
            "POOL(out=4)",
            "4x4x256",
            source="He et al. 2014, arXiv:1406.4729, a level of the spatial pyramid",
            operations=16 * 16 * 256 - 4 * 4 * 256,
            window="irregular 4/3",
        ),
        Example(
            "5x1",
            "POOL(out=3)",
            "3x1",
            source="PyTorch, AdaptiveMaxPool",
            operations=4,
            values=Values("5 1 2 4 3", "5 4 4"),
            keeps=Keeps("new", inputs=True, image_bytes=24, work_bytes=24),
            window="irregular 3",
        ),
        Example("3x2x1", "POOL(out=1)", "1x1x1", operations=5, values=Values("-3 -1 -2; -4 -5 -6", "-1"), window="whole"),
        Example("5x1", "POOL2/1(dilation=2)", "3x1", values=Values("5 1 2 4 3", "5 4 3")),
        Example("5x1", "POOL2(rounding=floor)", "2x1", values=Values("1 3 2 5 4", "3 5")),
        Example("5x1", "POOL2(rounding=ceil)", "3x1", values=Values("1 3 2 5 4", "3 5 4")),
    )

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the largest number of a window in one channel."""
        return self.pooled(inputs[0], place)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return F*F - 1 comparisons for each output."""
        if self.out is None:
            return Work(ZERO, self.outputs(output) * (self.cells(inputs[0]) - 1))
        return Work(ZERO, bins(inputs[0], output) * dim("D", output.depth) - self.outputs(output))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input and an int64 index for each output; inference allocates the indices, too."""
        return Keeps("new", inputs=True, image_bytes=8 * output.values, work_bytes=8 * output.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the largest value of each window."""
        if self.out is not None:
            from cnncalc.kernels.pool_whole import adaptive_max_pool

            return adaptive_max_pool(inputs[0], spread(self.out, inputs[0].ndim - 2, "out", "POOL")[::-1])
        from cnncalc.kernels.pool import max_pool

        window = self.steps(inputs[0])
        return max_pool(inputs[0], window.kernel, rounding=self.rule, **window.named())

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the largest value of each window, and its index: "the switches" of the course notes."""
        from cnncalc.kernels.pool_backward import adaptive_max_indices, max_pool_indices

        (x,) = inputs
        output = self.forward(inputs, weights, how)
        if self.out is not None:
            return Passed(output, {"indices": adaptive_max_indices(x, output.shape[1:-1])})
        window = self.steps(x)
        return Passed(output, {"indices": max_pool_indices(x, window.kernel, rounding=self.rule, **window.named())})

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient at the place of the largest value of each window."""
        from cnncalc.kernels.pool_backward import to_the_largest

        return Gradients((to_the_largest(gradient, kept.saved["indices"], kept.inputs[0].shape),))
