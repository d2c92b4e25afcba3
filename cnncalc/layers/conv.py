"""CONV: filters slide over the input and extend through its full depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._convolution import BIAS, FILTERS, GROUPS, MODE, Convolution, check_groups, convolution_work
from cnncalc.layers._windowed import DILATION, ROUNDING, kernel, padded, stride
from cnncalc.layers.base import Example, Shorthand, Tensor, Work
from cnncalc.maths.count import dim, sides
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.kernels.conv import Mode
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.layers.options import Option


@final
class Conv(Convolution):
    """A convolutional layer.

    Shapes: WxHxD to W2xH2xK with W2 = (W - F + 2P)/S + 1. Weights (F*F*D)*K and K biases.
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
        MODE,
        ROUNDING,
    )
    shorthand = Shorthand("kernel", "filters", "stride", "kernel")
    examples = (
        Example("227x227x3", "CONV11-96/4(padding=0)", "55x55x96", 34_848, 96, 105_415_200, "CS231n notes, Real-world example"),
        Example("32x32x3", "CONV5-10(padding=2)", "32x32x10", 750, 10, 768_000, "CS231n slides, lecture 7"),
        Example("5x5x3", "CONV3-2/2(padding=1)", "3x3x2", 54, 2, 486, "CS231n notes, Convolution Demo"),
        Example("7x1", "CONV3-1(padding=0)", "5x1", 3, 1, 15, "Knet tutorial, Convolution in 1-D"),
        Example("28x28x192", "CONV3-256(groups=2)", "28x28x256", 221_184, 256, 173_408_256),
    )

    filters: int
    groups: int
    mode: Mode

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W2 x H2 x K."""
        (volume,) = inputs
        check_groups(self.name(), self.groups, volume.depth, self.filters)
        return Volume(self.slide(volume), self.filters)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return (F*F*D)*K weights and K biases."""
        (volume,) = inputs
        filters = dim("K", self.filters)
        shape = (*(axis.kernel for axis in reversed(self.axes(volume))), volume.depth // self.groups, self.filters)
        return Tensor("weight", "weight", self.filter_weights(volume, self.groups) * filters, shape), *self.biases(filters)

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
