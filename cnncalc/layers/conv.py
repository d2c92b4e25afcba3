"""CONV: filters slide over the input and extend through its full depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._convolution import BIAS, FILTERS, GROUPS, LEARNED, MODE, check_groups, convolution_work
from cnncalc.layers._standardized import STANDARDIZING, Standardized
from cnncalc.layers._windowed import DILATION, ROUNDING, kernel, padded, stride
from cnncalc.layers.base import Example, Keeps, Shorthand, Tensor, Values, Work
from cnncalc.maths.count import dim, sides
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.kernels.conv import Mode
    from cnncalc.layers.base import Array, Arrays, Gradients, How, Kept, Named, Wanted
    from cnncalc.layers.options import Option
    from cnncalc.maths.neuron import Neuron


@final
class Conv(Standardized):
    """A convolutional layer.

    Shapes: WxHxD to W2xH2xK with W2 = (W - F + 2P)/S + 1. Weights (F*F*D)*K and K biases.
    Standardized filters have K further weights with a gain, and keep the standardized kernel for the backward pass.
    Source: CS231n course notes, "Convolutional Layer"; groups: Krizhevsky et al. 2012; dilation: Yu and Koltun 2015.
    """

    kind = "conv"
    summary = "convolution: K filters of FxFxD slide over the input"
    options: ClassVar[tuple[Option, ...]] = (
        kernel((3,)),
        FILTERS,
        stride((1,)),
        padded("same"),
        DILATION,
        GROUPS,
        BIAS,
        LEARNED,
        *STANDARDIZING,
        MODE,
        ROUNDING,
    )
    shorthand = Shorthand("kernel", "filters", "stride", "kernel")
    examples = (
        Example(
            "227x227x3",
            "CONV11-96/4(padding=0)",
            "55x55x96",
            34_848,
            96,
            105_415_200,
            "CS231n notes, Real-world example",
            operations=55 * 55 * 96,
            window="11/4",
        ),
        Example(
            "32x32x3",
            "CONV5-10(padding=2)",
            "32x32x10",
            750,
            10,
            768_000,
            "CS231n slides, lecture 7",
            operations=32 * 32 * 10,
            window="5",
        ),
        Example(
            "5x5x3",
            "CONV3-2/2(padding=1)",
            "3x3x2",
            54,
            2,
            486,
            "CS231n notes, Convolution Demo",
            operations=3 * 3 * 2,
            window="3/2",
        ),
        Example("28x28x192", "CONV3-256(groups=2)", "28x28x256", 221_184, 256, 173_408_256, operations=28 * 28 * 256, window="3"),
        Example(
            "16x16x16",
            "CONV3-16(standardize=true)",
            "16x16x16",
            2304,
            16,
            589_824,
            "timm, StdConv2d",
            operations=16 * 16 * 16,
            keeps=Keeps("new", inputs=True, copies=2304, statistics=32),
            window="3",
        ),
        Example(
            "16x16x16",
            "CONV3-16(standardize=true, gain=true, groups=2, bias=false)",
            "16x16x16",
            1152 + 16,
            0,
            294_912,
            "timm, ScaledStdConv2d",
            keeps=Keeps("new", inputs=True, copies=1152, statistics=48),
            window="3",
        ),
        Example(
            "2x1",
            "CONV2-1(standardize=true, eps=0, padding=0)",
            "1x1",
            source="the mean is 2, the deviation 1",
            values=Values("5 7", "3", {"weight": "1 3", "bias": "1"}),
        ),
        Example(
            "2x2",
            "CONV2-2(standardize=true, gain=true, gamma=4, eps=0.75, padding=0, bias=false)",
            "1x2",
            source="4/sqrt(4) times the gains 1 and 10; the deviations are sqrt(1/4 + 3/4)",
            values=Values("1 2 | 3 5", "-3 | 10", {"weight": "1 0 | 1 0 || 2 1 | 1 2", "gain": "1 10"}),
        ),
        Example(
            "3x1",
            "CONV2-1(padding=0, learned=false)",
            "2x1",
            values=Values("1 2 3", "15 25", {"weight": "10 0", "bias": "5"}),
        ),
        Example(
            "7x1",
            "CONV3-1(padding=0, mode=convolution)",
            "5x1",
            source="Knet tutorial, Convolution in 1-D",
            values=Values("1 2 3 4 5 6 7", "10 16 22 28 34", {"weight": "1 2 3", "bias": "0"}),
            keeps=Keeps("new", inputs=True),
        ),
        Example(
            "7x1",
            "CONV3-1/3(padding=1, mode=convolution, bias=false)",
            "3x1",
            source="Knet tutorial, Stride",
            values=Values("1 2 3 4 5 6 7", "4 22 32", {"weight": "1 2 3"}),
        ),
        Example(
            "3x3x2",
            "CONV2-2(padding=0)",
            "2x2x2",
            values=Values(
                "1 2 3; 4 5 6; 7 8 9 | 0 1 0; 1 0 1; 0 1 0",
                "9 9; 13 17 | -3 -4; -6 -7",
                {"weight": "1 0; 0 1 | 0 1; 1 0 || 0 0; 0 -1 | 1 1; 1 1", "bias": "1 0"},
            ),
        ),
        Example(
            "2x2x1",
            "CONV2-1(padding=0, mode=convolution, bias=false)",
            "1x1x1",
            values=Values("1 2; 3 4", "1234", {"weight": "1 10; 100 1000"}),
        ),
        Example(
            "3x3x1",
            "CONV(kernel=2x1, filters=1, stride=1x2, padding=1:0x0:0, bias=false)",
            "3x2x1",
            values=Values("1 2 3; 4 5 6; 7 8 9", "1 12 23; 7 78 89", {"weight": "10 1"}),
        ),
        Example(
            "3x1",
            "CONV2-1(bias=false)",
            "3x1",
            source="same: the odd pixel goes to the far end",
            values=Values("1 2 3", "12 23 30", {"weight": "10 1"}),
        ),
        Example(
            "224x224x3",
            "CONV3-32/2(padding=same_upper, bias=false)",
            "112x112x32",
            864,
            0,
            10_838_016,
            "Keras, MobileNet: 0 before and 1 after",
            window="3/2",
        ),
        Example(
            "4x1",
            "CONV3-1/2(padding=same_upper, bias=false)",
            "2x1",
            source="TensorFlow, SAME padding",
            values=Values("1 2 3 4", "123 340", {"weight": "100 10 1"}),
        ),
        Example(
            "4x1",
            "CONV3-1/2(padding=same_lower, bias=false)",
            "2x1",
            source="ONNX, SAME_LOWER",
            values=Values("1 2 3 4", "12 234", {"weight": "100 10 1"}),
        ),
        Example(
            "4x1",
            "CONV1-1/2(padding=same_upper, bias=false)",
            "2x1",
            source="no padding where it takes none: the last pixel has no window",
            values=Values("1 2 3 4", "1 3", {"weight": "1"}),
        ),
        Example(
            "5x1", "CONV2-1(dilation=2, padding=0, bias=false)", "3x1", values=Values("1 2 3 4 5", "13 24 35", {"weight": "10 1"})
        ),
        Example(
            "1x4",
            "CONV1-2(groups=2)",
            "1x2",
            values=Values("1 | 2 | 3 | 4", "22 | 4302", {"weight": "1 | 10 || 100 | 1000", "bias": "1 2"}),
        ),
        Example(
            "5x1",
            "CONV2-1/2(padding=0, rounding=floor, bias=false)",
            "2x1",
            values=Values("1 2 3 4 5", "12 34", {"weight": "10 1"}),
        ),
        Example(
            "2x1x3x1",
            "CONV(kernel=1x1x2, filters=1, padding=0, bias=false)",
            "2x1x2x1",
            values=Values("1 2 / 3 4 / 5 6", "13 24 / 35 46", {"weight": "10 / 1"}),
        ),
    )

    filters: int
    groups: int
    learned: bool
    mode: Mode

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W2 x H2 x K."""
        (volume,) = inputs
        self.check_standardizing()
        check_groups(self.name(), self.groups, volume.depth, self.filters)
        return Volume(self.slide(volume), self.filters)

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the products of a window with a filter."""
        return self.filtered(inputs[0], place, self.groups, self.filters, flips=self.mode == "convolution")

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return (F*F*D)*K weights, K gains of standardized filters, and K biases."""
        (volume,) = inputs
        filters = dim("K", self.filters)
        shape = (*(axis.kernel for axis in reversed(self.axes(volume))), volume.depth // self.groups, self.filters)
        return (
            Tensor("weight", self.role, self.filter_weights(volume, self.groups) * filters, shape),
            *self.gains(filters),
            *self.biases(filters),
        )

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return (W2*H2)*(F*F*D)*K multiply-accumulates, and the additions of the biases."""
        weight = self.filter_weights(inputs[0], self.groups) * dim("K", self.filters)
        return convolution_work(weight, sides(output.size, "2").grouped(), self.bias_work(output))

    def label(self) -> str:
        """Return `CONV3-64/2`."""
        return f"CONV{self.short_kernel()}-{self.filters}{self.short_stride((1,))}"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the cross-correlation, or the convolution, with the filters."""
        return self.convolved(inputs[0], weights, how, self.groups, self.mode)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input, the filters and the biases."""
        return self.convolved_back(kept, gradient, weights, wanted, self.groups, self.mode)
