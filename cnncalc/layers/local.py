"""LOCAL: a convolution without parameter sharing; every neuron has its own weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._convolution import BIAS, FILTERS, GROUPS, Convolution, check_groups
from cnncalc.layers._windowed import DILATION, ROUNDING, kernel, padded, stride
from cnncalc.layers.base import Example, Gradients, Keeps, Shorthand, Tensor, Values, Work
from cnncalc.maths.count import Count, dim, sides
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Option
    from cnncalc.maths.neuron import Neuron


@final
class Local(Convolution):
    """A locally-connected layer: windows as in CONV, but each of the W2*H2*K neurons has its own weights and bias.

    Shapes: WxHxD to W2xH2xK. Weights (W2*H2*K)*(F*F*D), biases W2*H2*K.
    Source: CS231n course notes, "Parameter Sharing" (105,705,600 parameters in AlexNet's first layer).
    """

    takes_steps = False
    kind = "local"
    summary = "locally connected: windows like CONV, weights not shared"
    options: ClassVar[tuple[Option, ...]] = (kernel((3,)), FILTERS, stride((1,)), padded("same"), DILATION, GROUPS, BIAS, ROUNDING)
    shorthand = Shorthand("kernel", "filters", "stride", "kernel")
    examples = (
        Example(
            "227x227x3",
            "LOCAL11-96/4(padding=0)",
            "55x55x96",
            105_415_200,
            290_400,
            105_415_200,
            "CS231n notes, Parameter Sharing",
            operations=55 * 55 * 96,
            window="11/4",
        ),
        Example(
            "4x1",
            "LOCAL2-1/2(padding=0)",
            "2x1",
            values=Values("1 2 3 4", "22 4302", {"weight": "1 10; 100 1000", "bias": "1 2"}),
            keeps=Keeps("new", inputs=True),
        ),
        Example(
            "1x4",
            "LOCAL1-2(groups=2, bias=false)",
            "1x2",
            values=Values("1 | 2 | 3 | 4", "21 | 4300", {"weight": "1 | 10 || 100 | 1000"}),
        ),
        Example(
            "6x1",
            "LOCAL2-1/2(padding=0, dilation=2, rounding=floor, bias=false)",
            "2x1",
            values=Values("1 2 3 4 5 6", "31 5300", {"weight": "1 10; 100 1000"}),
        ),
        Example(
            "4x1",
            "LOCAL3-1/2(padding=same_upper, bias=false)",
            "2x1",
            values=Values("1 2 3 4", "321 43", {"weight": "1 10 100; 1 10 100"}),
        ),
        Example("2x1", "LOCAL3-1(bias=false)", "2x1", values=Values("1 2", "8 14", {"weight": "1 2 3; 4 5 6"})),
        Example(
            "2x2x1",
            "LOCAL1-1",
            "2x2x1",
            values=Values("1 10; 100 1000", "2 22; 303 4004", {"weight": "1 2; 3 4", "bias": "1 2; 3 4"}),
        ),
    )

    filters: int
    groups: int

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W2 x H2 x K."""
        (volume,) = inputs
        check_groups(self.name(), self.groups, volume.depth, self.filters)
        return Volume(self.slide(volume), self.filters)

    def neurons(self, size: tuple[int, ...]) -> Count:
        """Return W2*H2*K."""
        return (sides(size, "2") * dim("K", self.filters)).grouped()

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the products of a window with the weights of this neuron alone."""
        shared = self.filtered(inputs[0], place, self.groups, self.filters)
        front = tuple(reversed(place[:-1]))
        return shared._replace(front=front, bias=(*front, place[-1]) if self.bias else None)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return (W2*H2*K)*(F*F*D) weights and a bias for every neuron."""
        (volume,) = inputs
        size = self.slide(volume)
        neurons = self.neurons(size)
        window = (*(axis.kernel for axis in reversed(self.axes(volume))), volume.depth // self.groups, self.filters)
        weight = Tensor("weight", "weight", neurons * self.filter_weights(volume, self.groups), (*reversed(size), *window))
        return (weight, Tensor("bias", "bias", neurons, (*reversed(size), self.filters))) if self.bias else (weight,)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return one multiply-accumulate per weight, and the additions of the biases."""
        return Work(self.neurons(output.size) * self.filter_weights(inputs[0], self.groups), self.bias_work(output))

    def label(self) -> str:
        """Return `LOCAL11-96/4`."""
        return f"LOCAL{self.short_kernel()}-{self.filters}{self.short_stride((1,))}"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return each window times the weights of its position."""
        from cnncalc.kernels.conv_local import local_conv

        window = self.steps(inputs[0])
        return local_conv(inputs[0], weights["weight"], weights.get("bias"), groups=self.groups, **window.named())

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input, and of the weights and biases of each position."""
        from cnncalc.kernels.conv_local_backward import local_conv_backward

        (x,) = kept.inputs
        into, onto = local_conv_backward(
            x,
            weights["weight"],
            gradient,
            groups=self.groups,
            of_input=wanted.inputs[0],
            of_weights=wanted.weights,
            **self.steps(x).named(),
        )
        biases = {"bias": gradient.sum(axis=0)} if wanted.weights and self.bias else {}
        return Gradients((into,), {"weight": onto, **biases} if onto is not None else {})
