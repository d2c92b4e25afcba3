"""DECONV: transposed convolution; each input is spread over a window of the output."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast, final

from cnncalc.layers import misfits
from cnncalc.layers._convolution import BIAS, FILTERS, GROUPS, LEARNED, Convolution, check_groups, convolution_work
from cnncalc.layers._windowed import DILATION, kernel, padded, spread, stride
from cnncalc.layers.base import Example, Gradients, Keeps, Misfit, Shorthand, Tensor, Values, Work
from cnncalc.layers.options import Option, per_axis
from cnncalc.maths.count import dim, dims, sides
from cnncalc.maths.volume import Volume, axis_name
from cnncalc.maths.window import Axis, Window, transposed_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.layers.base import Array, Arrays, How, Kept, Layer, Named, Wanted
    from cnncalc.layers.conv import Conv
    from cnncalc.maths.neuron import Neuron

OUTPUT_PADDING = Option(
    "output_padding", per_axis(0), "an integer or one per axis", "rows and columns added at the far end", (0,), short="op{}"
)


@final
class Deconv(Convolution):
    """A transposed convolution: the gradient of a convolution with respect to its input, used as a layer.

    Shapes: WxHxD to W2xH2xK with W2 = (W - 1)*S - 2P + A*(F - 1) + output_padding + 1. Weights (F*F*D)*K and K biases.
    With padding `same`, `same_upper` or `same_lower` W2 = W*S, as in Keras and ONNX: A*(F - 1) + 1 - S + output_padding pixels are
    cut off in total; a kernel shorter than the stride leaves zeros at the far end.
    Work: every input value is multiplied by every weight of its group once, so the W*H of the input count.
    Source: Dumoulin and Visin 2016, arXiv:1603.07285, relationship 14; Long et al. 2014, arXiv:1411.4038.
    """

    takes_steps = False
    kind = "deconv"
    transposes = "conv"
    summary = "transposed convolution: each input is spread over a window of the output"
    options: ClassVar[tuple[Option, ...]] = (
        kernel((3,)),
        FILTERS,
        stride((1,)),
        padded(((0, 0),)),
        DILATION,
        GROUPS,
        BIAS,
        LEARNED,
        OUTPUT_PADDING,
    )
    shorthand = Shorthand("kernel", "filters", "stride", "kernel")
    examples = (
        Example(
            "28x28x1024",
            "DECONV2-512/2",
            "56x56x512",
            2_097_152,
            512,
            1_644_167_168,
            "Ronneberger et al. 2015, up-convolution",
            operations=56 * 56 * 512,
            window="transposed 2/2",
        ),
        Example(
            "4x4x8",
            "DECONV5-4/2(padding=2, output_padding=1)",
            "8x8x4",
            800,
            4,
            12_800,
            "Radford et al. 2015",
            operations=8 * 8 * 4,
            window="transposed 5/2",
        ),
        Example(
            "2x1",
            "DECONV3-1/2",
            "5x1",
            values=Values("1 2", "1 10 102 20 200", {"weight": "1 10 100", "bias": "0"}),
            keeps=Keeps("new", inputs=True),
        ),
        Example(
            "2x1", "DECONV2-1/2(output_padding=1)", "5x1", values=Values("1 2", "6 15 7 25 5", {"weight": "1 10", "bias": "5"})
        ),
        Example(
            "2x1",
            "DECONV2-1/2(learned=false, bias=false)",
            "4x1",
            source="Long et al. 2014, section 3.3: interpolation with a fixed kernel",
            values=Values("1 2", "1 1 2 2", {"weight": "1 1"}),
        ),
        Example("1x1x1", "DECONV1-1/2(output_padding=1x0)", "2x1x1", values=Values("3", "4 1", {"weight": "1", "bias": "1"})),
        Example("2x1", "DECONV3-1(padding=1:0, bias=false)", "3x1", values=Values("1 2", "12 120 200", {"weight": "1 10 100"})),
        Example(
            "3x3x2",
            "DECONV3-1/2(padding=same)",
            "6x6x1",
            18,
            1,
            162,
            "Keras, Conv2DTranspose: 0 cut off before and 1 after",
            operations=36,
            window="transposed 3/2",
        ),
        Example("2x1", "DECONV3-1/2(padding=same, bias=false)", "4x1", values=Values("1 2", "1 10 102 20", {"weight": "1 10 100"})),
        Example(
            "2x1",
            "DECONV3-1/2(padding=same_lower, bias=false)",
            "4x1",
            source="ONNX, SAME_LOWER",
            values=Values("1 2", "10 102 20 200", {"weight": "1 10 100"}),
        ),
        Example(
            "2x1",
            "DECONV3-1/2(padding=same, output_padding=1, bias=false)",
            "4x1",
            source="ONNX: output_padding is cut off, too; as padding 1 and output_padding 1 in PyTorch",
            values=Values("1 2", "10 102 20 200", {"weight": "1 10 100"}),
        ),
        Example(
            "2x1",
            "DECONV1-1/2(padding=same, bias=false)",
            "4x1",
            source="Keras: zeros where no window reaches",
            values=Values("1 2", "1 0 2 0", {"weight": "1"}),
        ),
        Example("2x1", "DECONV2-1(dilation=2, bias=false)", "4x1", values=Values("1 2", "1 2 10 20", {"weight": "1 10"})),
        Example(
            "1x4",
            "DECONV1-4(groups=2, bias=false)",
            "1x4",
            values=Values("1 | 2 | 3 | 4", "21 | 42 | 4300 | 8600", {"weight": "1 | 10 | 100 | 1000 || 2 | 20 | 200 | 2000"}),
        ),
        Example(
            "1x2x1",
            "DECONV(kernel=2x1, filters=1, stride=1x3, bias=false)",
            "2x4x1",
            values=Values("1; 2", "1 10; 0 0; 0 0; 2 20", {"weight": "1 10"}),
        ),
    )

    filters: int
    groups: int
    learned: bool
    output_padding: tuple[int, ...]

    def usual(self, option: Option) -> bool:
        """Return whether an option has its default, or a value that moves the window alike; `same` depends on the stride."""
        return super().usual(option) and not (option.name == "padding" and isinstance(self.padding, str))

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W2 x H2 x K."""
        (volume,) = inputs
        check_groups(self.name(), self.groups, volume.depth, self.filters)
        axes = self.axes(volume)
        extra = spread(self.output_padding, volume.rank, "output_padding", "DECONV")
        for axis, more in zip(axes, extra, strict=True):
            if more and more >= max(axis.stride, axis.dilation):
                raise Misfit(
                    misfits.OUTPUT_PADDING,
                    f"DECONV output_padding {more} is not below its stride {axis.stride} or dilation {axis.dilation}",
                    field="output_padding",
                    label=f"must be below {max(axis.stride, axis.dilation)}",
                    hints=(f"output_padding {max(axis.stride, axis.dilation) - 1} is the largest that fits",),
                )
        return Volume(self._sizes(axes, volume), self.filters)

    def totals(self, axes: tuple[Axis, ...], size: tuple[int, ...]) -> tuple[int, ...]:
        """Return the pixels of a padding given as a word, both sides together: A*(F - 1) + 1 + output_padding - S, at least 0.

        Source: ONNX, ConvTranspose, auto_pad; Keras, Conv2DTranspose with padding "same".
        """
        extra = spread(self.output_padding, len(axes), "output_padding", "DECONV")
        return tuple(max(0, axis.extent + more - axis.stride) for axis, more in zip(axes, extra, strict=True))

    def added(self, axes: tuple[Axis, ...]) -> tuple[int, ...]:
        """Return the rows and columns added at the far end; with a padding given as a word, those missing from W*S."""
        if not isinstance(self.padding, str):
            return spread(self.output_padding, len(axes), "output_padding", "DECONV")
        return tuple(axis.stride + axis.before + axis.after - axis.extent for axis in axes)

    def _sizes(self, axes: tuple[Axis, ...], volume: Volume) -> tuple[int, ...]:
        extra = self.added(axes)
        sizes = tuple(transposed_size(axis, size, more) for axis, size, more in zip(axes, volume.size, extra, strict=True))
        for at, (axis, size, more) in enumerate(zip(axes, volume.size, extra, strict=True)):
            if sizes[at] < 1:
                raise Misfit(
                    misfits.TOO_SMALL,
                    f"DECONV padding leaves nothing of its output {axis_name(at, volume.rank)}",
                    field="padding",
                    label=f"({size} - 1)*{axis.stride} - {axis.before} - {axis.after}"
                    f" + {axis.dilation}*({axis.kernel} - 1) + {more} + 1 = {sizes[at]}",
                    notes=(f"the input is {volume.text}",),
                    hints=(f"padding of at most {(sizes[at] + axis.before + axis.after - 1) // 2} fits",),
                )
        return sizes

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the window along each axis, transposed."""
        return (Window(self.axes(inputs[0]), "transposed"),)

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the products of the inputs that reach a place with the weights that they reach it by."""
        from cnncalc.maths.neuron import Neuron, gathered

        (volume,) = inputs
        *position, k = place
        filters, depth = self.filters // self.groups, volume.depth // self.groups
        channels = range(k // filters * depth, (k // filters + 1) * depth)
        pairs = [gathered(axis, size, at) for axis, size, at in zip(self.axes(volume), volume.size, position, strict=True)]
        return Neuron(
            (*(places for places, _ in pairs), channels),
            "sum",
            ((0, 0),) * volume.rank,
            (*(taps for _, taps in pairs), channels),
            back=(k % filters,),
            bias=(k,) if self.bias else None,
        )

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return (F*F*D)*K weights, unless they are a convolution's, and K biases."""
        (volume,) = inputs
        filters = dim("K", self.filters)
        if self.tied:
            return self.biases(filters)
        shape = (*(axis.kernel for axis in reversed(self.axes(volume))), volume.depth, self.filters // self.groups)
        return Tensor("weight", self.role, self.filter_weights(volume, self.groups) * filters, shape), *self.biases(filters)

    def mirrored(self, owner: Layer, inputs: tuple[Volume, ...]) -> Mapping[str, object]:
        """Return the window of the convolution, the pixels of its padding, its groups, and its input depth as the filters."""
        window = cast("Conv", owner)
        axes = window.axes(inputs[0])
        return {
            "kernel": window.kernel,
            "stride": window.stride,
            "dilation": window.dilation,
            "groups": window.groups,
            "padding": tuple((axis.before, axis.after) for axis in axes),
            "filters": inputs[0].depth,
        }

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return (W*H)*D*(F*F*K/G) multiply-accumulates, and the additions of the biases."""
        (volume,) = inputs
        kernel = dims("F", tuple(axis.kernel for axis in self.axes(volume)))
        filters = dim("K", self.filters)
        spread_to = (kernel * (filters if self.groups == 1 else (filters // dim("G", self.groups)).grouped())).grouped()
        return convolution_work(spread_to, sides(volume.size).grouped() * dim("D", volume.depth), self.bias_work(output))

    def label(self) -> str:
        """Return `DECONV2-512/2`."""
        return f"DECONV{self.short_kernel()}-{self.filters}{self.short_stride((1,))}"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return each input spread over a window of the output."""
        from cnncalc.kernels.conv_transposed import transposed_conv

        (x,) = inputs
        extra = self.added(self.axes(Volume(tuple(reversed(x.shape[1:-1])), 1)))
        return transposed_conv(
            x,
            weights["weight"],
            weights.get("bias"),
            groups=self.groups,
            output_padding=extra[::-1],
            **self.steps(x).named(),
        )

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input, a convolution of the output's, and of the filters and biases."""
        from cnncalc.kernels.conv_backward import sum_of_positions
        from cnncalc.kernels.conv_transposed_backward import transposed_conv_backward

        (x,) = kept.inputs
        into, onto = transposed_conv_backward(
            x,
            weights["weight"],
            gradient,
            groups=self.groups,
            of_input=wanted.inputs[0],
            of_weights=wanted.weights,
            **self.steps(x).named(),
        )
        biases = {"bias": sum_of_positions(gradient)} if wanted.weights and self.bias else {}
        return Gradients((into,), {"weight": onto, **biases} if onto is not None else {})
