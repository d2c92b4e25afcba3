"""LRN: local response normalization, across channels or within one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._elementwise import values
from cnncalc.layers._neighbourhood import Neighbourhood
from cnncalc.layers._windowed import kernel, spread
from cnncalc.layers.base import Autocast, Example, Gradients, Keeps, Misfit, Passed, Shorthand, Values, Work
from cnncalc.layers.options import Option, choice, number
from cnncalc.maths.count import ZERO, dim, dims
from cnncalc.maths.volume import Dims, written

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

ALPHA = Option("alpha", number(), "a number", "weight of the mean square", 1e-4, labelled="apart")
BETA = Option("beta", number(), "a number", "exponent", 0.75, labelled="apart")
K = Option("k", number(), "a number", "constant added to the mean square", 2.0, labelled="apart")
MODE = Option(
    "mode", choice("across", "within"), "across or within", "neighbours in depth, or in space", "across", labelled="apart"
)


@final
class Lrn(Neighbourhood):
    """x/(k + alpha/n * sum of squares of n neighbours)^beta; the constants are those of AlexNet.

    cuda-convnet, Caffe, ONNX and PyTorch divide alpha by n; the formula of the paper does not, and its alpha is 5 times as large
    here: `LRN(alpha=0.0005)`. With `mode=within` the neighbours are a window of FxF in the same channel.
    Work: a square, n - 1 additions, a product, an addition, a power and a division per value, n + 4.
    Source: Krizhevsky et al. 2012, section 3.3, for the constants (n = 5, k = 2, alpha = 1e-4, beta = 0.75); cuda-convnet, layer
    parameters, "Local response normalization layer (across maps)" and "(same map)", for the divisor n.
    """

    kind = "lrn"
    summary = "local response normalization, across channels or within one"
    precision = Autocast("inside", "inside")
    options: ClassVar[tuple[Option, ...]] = (kernel((5,)), ALPHA, BETA, K, MODE)
    shorthand = Shorthand("kernel", first="kernel")
    short_name = "norm"
    examples = (
        Example("27x27x96", "LRN", "27x27x96", source="CS231n slides, AlexNet, NORM1", operations=9 * 27 * 27 * 96),
        Example(
            "1x1",
            "LRN",
            "1x1",
            source="cuda-convnet, alpha/n: 100/(2 + 1e-4/5 * 100^2)^0.75 = 100/2.2^0.75",
            operations=9,
            values=Values("100", "55.35833117"),
        ),
        Example(
            "1x1",
            "LRN(alpha=0.0005)",
            "1x1",
            source="Krizhevsky et al. 2012, section 3.3, without the divisor: 100/(2 + 1e-4 * 100^2)^0.75 = 100/3^0.75",
            operations=9,
            values=Values("100", "43.86913377"),
        ),
        Example(
            "2x3",
            "LRN(3, alpha=3, beta=1, k=1)",
            "2x3",
            operations=42,
            values=Values("1 3 | 2 2 | 3 1", "0.16666667 0.21428571 | 0.13333333 0.13333333 | 0.21428571 0.16666667"),
            keeps=Keeps("new", inputs=True, values=3 * 6 + 2 * 2, gradient_values=3 * 6),
        ),
        Example(
            "1x2",
            "LRN(2, alpha=2, beta=1, k=1)",
            "1x2",
            source="ONNX, LRN: an even window has its extra channel above",
            operations=12,
            values=Values("1 | 2", "0.16666667 | 0.4"),
        ),
        Example(
            "3x2x1",
            "LRN(kernel=3x1, alpha=3, beta=1, k=1, mode=within)",
            "3x2x1",
            operations=42,
            values=Values("1 2 3; 3 2 1", "0.16666667 0.13333333 0.21428571; 0.21428571 0.13333333 0.16666667"),
            keeps=Keeps("new", inputs=True, values=3 * 6, gradient_values=3 * 6),
        ),
    )

    alpha: float
    beta: float
    k: float
    mode: str

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        if self.mode == "across" and len(self.kernel) > 1:
            raise Misfit(
                misfits.ARGUMENT,
                f"LRN kernel {written(Dims(self.kernel))} has a number for each axis, and mode across counts neighbours in depth",
                field="kernel",
                label="one number: the neighbours in depth",
                hints=(f"`kernel={self.kernel[0]}`, or add `mode=within`",),
            )
        return inputs[0] if self.mode == "across" else super().infer(inputs)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return no window across channels (each position is normalized separately), the window within one."""
        return (None,) if self.mode == "across" else super().windows(inputs)

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the number at a place, divided by the power of its neighbours' squares."""
        from cnncalc.maths.neuron import Neuron, Response, reached, sides

        (volume,) = inputs
        response = Response(place, self.k, self.alpha, self.beta)
        *position, channel = place
        if self.mode == "across":
            first, count = channel - (self.kernel[0] - 1) // 2, self.kernel[0]
            here = tuple(range(at, at + 1) for at in position)
            return Neuron(
                (*here, range(first, first + count)), "response", ((0, 0),) * volume.rank, divisor=count, response=response
            )
        (window,) = super().windows(inputs)
        axes = window.axes if window else ()
        places = (*reached(axes, position), range(channel, channel + 1))
        return Neuron(places, "response", sides(axes), divisor=math.prod(map(len, places)), response=response)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return n + 4 operations per value."""
        neighbours = (
            dim("n", self.kernel[0]) if self.mode == "across" else dims("F", spread(self.kernel, output.rank, "kernel", "LRN"))
        )
        return Work(ZERO, values(output) * (neighbours + 4).grouped())

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, the padded squares, and the base and result of the power."""
        pixels = output.values // output.depth
        padding = (self.kernel[0] - 1) * pixels if self.mode == "across" else 0
        return Keeps("new", inputs=True, values=3 * output.values + padding, gradient_values=3 * output.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return each value divided by the power of its neighbours' energy."""
        (x,) = inputs
        if self.mode == "across":
            from cnncalc.kernels.norm_local import lrn

            return lrn(x, self.kernel[0], alpha=self.alpha, beta=self.beta, k=self.k, out=how.out(inputs))
        from cnncalc.kernels.norm_local import lrn_within

        return lrn_within(x, self.window_sizes(x), alpha=self.alpha, beta=self.beta, k=self.k)

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, the squares, padded across channels, the base of the power, and the power."""
        from cnncalc.kernels.norm_local_backward import response_base, response_base_within

        (x,) = inputs
        if self.mode == "across":
            squares, base = response_base(x, self.kernel[0], self.alpha, self.k)
        else:
            squares, base = response_base_within(x, self.window_sizes(x), self.alpha, self.k)
        return Passed(self.forward(inputs, weights, how), {"squares": squares, "base": base, "power": base**self.beta})

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient by the quotient, and by the energy of the neighbours."""
        from cnncalc.kernels.norm_local_backward import response_backward

        (x,), base, power = kept.inputs, kept.saved["base"], kept.saved["power"]
        size = self.kernel[0] if self.mode == "across" else self.window_sizes(x)
        return Gradients((response_backward(x, base, power, gradient, size, alpha=self.alpha, beta=self.beta),))
