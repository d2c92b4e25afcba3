"""DWCONV: depthwise convolution, one filter (or a few) for each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._convolution import BIAS, LEARNED, MODE, convolution_work
from cnncalc.layers._standardized import STANDARDIZING, Standardized
from cnncalc.layers._windowed import DILATION, ROUNDING, kernel, padded, stride
from cnncalc.layers.base import Example, Idle, Keeps, Misfit, Shorthand, Tensor, Values, Work
from cnncalc.layers.options import Option, whole
from cnncalc.maths.count import Count, dim, dims, sides
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.kernels.conv import Mode
    from cnncalc.layers.base import Array, Arrays, Gradients, How, Kept, Named, Wanted
    from cnncalc.maths.neuron import Neuron

MULTIPLIER = Option("multiplier", whole(), "an integer", "filters per input channel (M)", 1, short="m{}")
DW_FILTERS = Option("filters", whole(), "an integer", "depth of the output; a multiple of the input depth", None, ("K",))


@final
class DwConv(Standardized):
    """A depthwise convolution: each channel is convolved separately, with `multiplier` filters.

    Shapes: WxHxD to W2xH2x(D*M). Weights (F*F)*D*M and D*M biases.
    Source: Sifre 2014; Howard et al. 2017, arXiv:1704.04861.
    """

    kind = "dwconv"
    summary = "depthwise convolution: each channel has its own filter"
    options: ClassVar[tuple[Option, ...]] = (
        kernel((3,)),
        DW_FILTERS,
        MULTIPLIER,
        stride((1,)),
        padded("same"),
        DILATION,
        BIAS,
        LEARNED,
        *STANDARDIZING,
        MODE,
        ROUNDING,
    )
    shorthand = Shorthand("kernel", "filters", "stride", "kernel")
    idle = (Idle("multiplier", "filters", needed=None),)
    examples = (
        Example(
            "112x112x32",
            "DWCONV3",
            "112x112x32",
            288,
            32,
            3_612_672,
            "Howard et al. 2017, Table 1",
            operations=112 * 112 * 32,
            window="3",
        ),
        Example("9x9x4", "DWCONV3/2(padding=0, multiplier=2)", "4x4x8", 72, 8, 1152, operations=4 * 4 * 8, window="3/2"),
        Example(
            "3x2",
            "DWCONV2(padding=0)",
            "2x2",
            values=Values("1 2 3 | 4 5 6", "12 23 | 0 0", {"weight": "10 1 || 1 -1", "bias": "0 1"}),
            keeps=Keeps("new", inputs=True),
        ),
        Example(
            "18x18x16",
            "DWCONV3/2(padding=0, bias=false, learned=false, rounding=floor)",
            "8x8x16",
            macs=9216,
            source="timm, BlurPool2d: 144 stored numbers",
            keeps=Keeps("new", inputs=True),
            window="3/2",
        ),
        Example(
            "2x2",
            "DWCONV2(padding=0, bias=false, standardize=true, gain=true, gamma=2, eps=0)",
            "1x2",
            source="2/sqrt(2) times the gains, and the deviations 1 and 2",
            values=Values("1 2 | 3 5", "1.41421356 | -28.2842712", {"weight": "1 3 || 5 1", "gain": "1 10"}),
            keeps=Keeps("new", inputs=True, copies=4, statistics=6),
        ),
        Example(
            "1x1",
            "DWCONV1(learned=false, bias=false)",
            "1x1",
            values=Values("3", "6", {"weight": "2"}),
        ),
        Example(
            "1x2",
            "DWCONV1(multiplier=2, bias=false)",
            "1x4",
            values=Values("3 | 5", "3 | 30 | 500 | 5000", {"weight": "1 || 10 || 100 || 1000"}),
        ),
        Example(
            "1x2",
            "DWCONV1-4(bias=false)",
            "1x4",
            values=Values("3 | 5", "3 | 30 | 500 | 5000", {"weight": "1 || 10 || 100 || 1000"}),
        ),
        Example(
            "2x2x1",
            "DWCONV(kernel=2x1, stride=1x2, padding=1:0x0:1, mode=convolution, bias=false)",
            "2x2x1",
            values=Values("1 2; 3 4", "10 21; 0 0", {"weight": "10 1"}),
        ),
        Example(
            "4x1",
            "DWCONV2/3(padding=same_upper, dilation=2, bias=false)",
            "2x1",
            values=Values("1 2 3 4", "2 30", {"weight": "10 1"}),
        ),
        Example(
            "6x1",
            "DWCONV2/2(padding=0, dilation=2, rounding=floor, bias=false)",
            "2x1",
            values=Values("1 2 3 4 5 6", "13 35", {"weight": "10 1"}),
        ),
    )

    filters: int | None
    multiplier: int
    learned: bool
    mode: Mode

    def depth(self, volume: Volume) -> Count:
        """Return the depth of the output, D*M."""
        multiplier = self.multiplier
        if self.filters is not None:
            if self.filters % volume.depth:
                raise Misfit(
                    misfits.GROUPS,
                    f"DWCONV filters {self.filters} are not a multiple of the input depth {volume.depth}",
                    field="filters",
                    label=f"{self.filters}/{volume.depth} is not an integer",
                    hints=(
                        f"filters {volume.depth} or {(self.filters // volume.depth + 1) * volume.depth} fits",
                        "CONV mixes channels",
                    ),
                )
            multiplier = self.filters // volume.depth
        depth = dim("D", volume.depth)
        return depth if multiplier == 1 else depth * dim("M", multiplier)

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W2 x H2 x D*M."""
        (volume,) = inputs
        self.check_standardizing()
        return Volume(self.slide(volume), self.depth(volume).value)

    def per_channel(self, volume: Volume) -> Count:
        """Return the weights of one filter, `(F*F)`."""
        return dims("F", tuple(axis.kernel for axis in self.axes(volume))).grouped()

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the products of a window in one channel with its filter."""
        (volume,) = inputs
        filters = self.depth(volume).value
        return self.filtered(volume, place, volume.depth, filters, flips=self.mode == "convolution")

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return (F*F)*D*M weights, a gain of standardized filters and a bias per output channel."""
        (volume,) = inputs
        depth = self.depth(volume)
        shape = (*(axis.kernel for axis in reversed(self.axes(volume))), 1, depth.value)
        return Tensor("weight", self.role, self.per_channel(volume) * depth, shape), *self.gains(depth), *self.biases(depth)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return (W2*H2)*(F*F)*D*M multiply-accumulates, and the additions of the biases."""
        (volume,) = inputs
        return convolution_work(
            self.per_channel(volume) * self.depth(volume), sides(output.size, "2").grouped(), self.bias_work(output)
        )

    def label(self) -> str:
        """Return `DWCONV3/2`."""
        filters = f"-{self.filters}" if self.filters is not None else ""
        return f"DWCONV{self.short_kernel()}{filters}{self.short_stride((1,))}"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the cross-correlation, or the convolution, of each channel."""
        return self.convolved(inputs[0], weights, how, inputs[0].shape[-1], self.mode)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input, the filters and the biases."""
        return self.convolved_back(kept, gradient, weights, wanted, kept.inputs[0].shape[-1], self.mode)
