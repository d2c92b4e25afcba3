"""AVGPOOL: the mean of each window; with `out`, adaptive to a fixed output size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._adaptive import OUT, Adaptive, bins
from cnncalc.layers._pooling import POOL_OPTIONS
from cnncalc.layers._windowed import spread
from cnncalc.layers.base import Autocast, Example, Gradients, Keeps, Shorthand, Values, Work
from cnncalc.layers.options import Option, boolean
from cnncalc.maths.count import ZERO, dim

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume

COUNT_PADDING = Option(
    "count_padding",
    boolean,
    "true or false",
    "whether padding zeros count in the mean; not by default with same_upper and same_lower",
    None,
    labelled="apart",
)


@final
class AvgPool(Adaptive):
    """An average pooling layer; `count_padding=false` divides by the real pixels of the window only.

    By default zeros count, as in Caffe and PyTorch; with `same_upper` and `same_lower` they do not, as in TensorFlow and ONNX.

    With `out` it is adaptive: output i averages the input from floor(i*W/out) to ceil((i+1)*W/out), as PyTorch does.
    Shapes: WxHxD to W2xH2xD. Work: F*F additions and divisions for each output.
    Source: CS231n course notes, "General pooling"; Knet tutorial, "Pooling operations".
    """

    kind = "avgpool"
    summary = "average pooling: the mean of each window; out=7x7 adapts to an output size"
    options: ClassVar[tuple[Option, ...]] = (*POOL_OPTIONS, COUNT_PADDING, OUT)
    shorthand = Shorthand("kernel", "", "stride", "kernel")
    examples = (
        Example("7x7x1024", "AVGPOOL7/1", "1x1x1024", source="Szegedy et al. 2014, Table 1", operations=49 * 1024, window="7"),
        Example("13x13x256", "AVGPOOL(out=6x6)", "6x6x256", operations=18 * 18 * 256, window="irregular 3/2"),
        Example(
            "4x2x1", "AVGPOOL2", "2x1x1", operations=8, values=Values("1 3 2 6; 1 3 2 10", "2 5"), keeps=Keeps("new", inputs=True)
        ),
        Example(
            "6x1",
            "AVGPOOL2(padding=1)",
            "4x1",
            source="Knet tutorial, Pooling operations, mode 1",
            operations=8,
            values=Values("1 2 3 4 5 6", "0.5 2.5 4.5 3"),
        ),
        Example(
            "6x1",
            "AVGPOOL2(padding=1, count_padding=false)",
            "4x1",
            source="Knet tutorial, Pooling operations, mode 2",
            operations=8,
            values=Values("1 2 3 4 5 6", "1 2.5 4.5 6"),
        ),
        Example(
            "4x1",
            "AVGPOOL3/2(padding=same_upper)",
            "2x1",
            source="TensorFlow, avg_pool with SAME: the mean of the pixels in the window",
            operations=6,
            values=Values("1 2 3 5", "2 4"),
            window="3/2",
        ),
        Example("4x1", "AVGPOOL3/2(padding=same_lower, count_padding=true)", "2x1", values=Values("1 2 3 7", "1 4")),
        Example("5x1", "AVGPOOL2/1(dilation=2)", "3x1", operations=6, values=Values("1 2 3 4 9", "2 3 6")),
        Example(
            "5x1",
            "AVGPOOL2(rounding=ceil)",
            "3x1",
            source="PyTorch, AvgPool: pixels beyond the padding do not count",
            operations=6,
            values=Values("1 2 3 4 5", "1.5 3.5 5"),
        ),
        Example(
            "5x1",
            "AVGPOOL(out=3)",
            "3x1",
            source="PyTorch, AdaptiveAvgPool",
            operations=7,
            values=Values("1 2 3 4 6", "1.5 3 5"),
            keeps=Keeps("new", inputs=True),
            window="irregular 3",
        ),
        Example(
            "4x2x1", "AVGPOOL(out=2x1)", "2x1x1", operations=8, values=Values("1 2 3 4; 5 6 7 8", "3.5 5.5"), window="irregular 2/2"
        ),
        Example("4x1", "AVGPOOL(out=1)", "1x1", operations=4, values=Values("1 2 3 4", "2.5"), keeps=Keeps("new"), window="whole"),
        Example("1x1", "AVGPOOL1", "1x1", operations=1, values=Values("3", "3"), keeps=Keeps("new", inputs=True)),
    )

    count_padding: bool | None

    @property
    def counts_padding(self) -> bool:
        """Whether padding zeros count in the mean."""
        return not self.covers if self.count_padding is None else self.count_padding

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the mean of a window in one channel, over the numbers that count."""
        found = self.pooled(inputs[0], place)
        counted: list[int] = []
        for places, size, (before, after) in zip(found.places, inputs[0].size, found.padding, strict=False):
            low, high = (-before, size + after) if self.counts_padding else (0, size)
            counted.append(sum(low <= at < high for at in places))
        return found._replace(function="mean", divisor=math.prod(counted), outside=0.0 if self.counts_padding else None)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return F*F - 1 additions and a division for each output."""
        (volume,) = inputs
        if self.out is None:
            return Work(ZERO, self.outputs(output) * self.cells(volume))
        return Work(ZERO, bins(volume, output) * dim("D", output.depth))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input; nothing to keep for the average of a whole channel."""
        return Keeps("new", inputs=not output.is_vector() or self.out is None)

    def autocast(self, inputs: tuple[Volume, ...]) -> Autocast:
        """Return float32 on the CPU in 3-D."""
        return Autocast(cpu="float32" if inputs[0].rank == 3 else "input")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the mean of each window."""
        (x,) = inputs
        if self.out is not None:
            from cnncalc.kernels.pool_whole import adaptive_average_pool

            return adaptive_average_pool(x, spread(self.out, x.ndim - 2, "out", "AVGPOOL")[::-1])
        from cnncalc.kernels.pool import average_pool

        window = self.steps(x)
        return average_pool(x, window.kernel, rounding=self.rule, count_padding=self.counts_padding, **window.named())

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient, shared by the pixels that each mean counts."""
        from cnncalc.kernels.pool_backward import adaptive_average_backward, average_pool_backward

        (x,) = kept.inputs
        size = x.shape[1:-1]
        if self.out is not None:
            return Gradients((adaptive_average_backward(gradient, size),))
        window = self.steps(x)
        into = average_pool_backward(
            gradient, size, window.kernel, rounding=self.rule, count_padding=self.counts_padding, **window.named()
        )
        return Gradients((into,))
