"""L2POOL: the Euclidean norm of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._pooling import POOL_OPTIONS, Pooling
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Gradients, Keeps, Passed, Phase, Shorthand, Values, Work
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Option
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume


@final
class L2Pool(Pooling):
    """An L2 pooling layer: the square root of the sum of squares of each window.

    Shapes: WxHxD to W2xH2xD. Work: F*F squares, F*F - 1 additions and a square root for each output.
    Source: CS231n course notes, "General pooling"; PyTorch LPPool with norm_type 2.
    """

    kind = "l2pool"
    summary = "L2 pooling: the Euclidean norm of each window"
    precision = ON_CUDA_FLOAT32
    options: ClassVar[tuple[Option, ...]] = POOL_OPTIONS
    shorthand = Shorthand("kernel", "", "stride", "kernel")
    examples = (
        Example("11x11x4", "L2POOL3/2", "5x5x4", operations=18 * 5 * 5 * 4, window="3/2"),
        Example(
            "4x1",
            "L2POOL2",
            "2x1",
            operations=8,
            values=Values("3 4 6 -8", "5 10"),
            keeps=Keeps("new", inputs=True, values=4 + 4 * 2, phases=(Phase(6, first=True), Phase(12, 4 + 4 * 2, last=True))),
        ),
        Example("2x1", "L2POOL2(padding=1)", "2x1", operations=8, values=Values("-3 4", "3 4")),
        Example("4x1", "L2POOL3/2(padding=same_upper)", "2x1", operations=12, values=Values("1 2 2 0", "3 2"), window="3/2"),
        Example("3x1", "L2POOL3", "1x1", operations=6, values=Values("2 3 -6", "7")),
        Example("3x1", "L2POOL2/1(dilation=2)", "1x1", operations=4, values=Values("3 7 4", "5")),
        Example("3x1", "L2POOL2(rounding=ceil)", "2x1", operations=8, values=Values("3 4 2", "5 2")),
    )

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the root of the sum of squares of a window in one channel."""
        return self.pooled(inputs[0], place)._replace(function="root", outside=0.0)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 2*F*F operations for each output."""
        return Work(ZERO, self.outputs(output) * self.cells(inputs[0]) * 2)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, its squares, and the intermediates for the root of each mean.

        Backward starts with three steps to the slope of the root, and ends with those to the slope of the squares, beside their
        gradient; the squares and the intermediates are free by then.
        """
        whole, results = inputs[0].values, output.values
        phases = (Phase(3 * results, first=True), Phase(3 * whole, whole + 4 * results, last=True))
        return Keeps("new", inputs=True, values=whole + 4 * results, phases=phases)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the root of the sum of the squares of each window."""
        from cnncalc.kernels.pool import l2_pool

        window = self.steps(inputs[0])
        return l2_pool(inputs[0], window.kernel, rounding=self.rule, **window.named())

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the norm of each window, and the squares and four arrays on the way to the root of their mean."""
        from cnncalc.kernels.pool_backward import l2_pool_saved

        window = self.steps(inputs[0])
        saved = l2_pool_saved(inputs[0], window.kernel, rounding=self.rule, **window.named())
        return Passed(self.forward(inputs, weights, how), saved)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient times x over the norm."""
        from cnncalc.kernels.pool_backward import l2_pool_backward

        (x,) = kept.inputs
        window = self.steps(x)
        return Gradients((l2_pool_backward(x, kept.saved, gradient, window.kernel, rounding=self.rule, **window.named()),))
