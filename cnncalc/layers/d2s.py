"""D2S: depth to space, the pixel shuffle."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, final

from cnncalc.layers import misfits
from cnncalc.layers._blocks import Blocks
from cnncalc.layers.base import Example, Gradients, Keeps, Misfit, Values
from cnncalc.maths.volume import Volume, dims_text
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted


@final
class D2s(Blocks):
    """Depth to space (pixel shuffle): the channels of a pixel become a block of s x s pixels.

    Shapes: WxHxD to (W*s)x(H*s)x(D/s^2). The field of a neuron is that of the pixel that its block comes from.
    Source: Shi et al. 2016, arXiv:1609.05158, section 3.2; PyTorch, nn.PixelShuffle; ONNX, DepthToSpace.
    """

    kind = "d2s"
    summary = "depth to space: the channels of a pixel become a block of pixels (pixel shuffle)"
    examples = (
        Example("8x8x16", "D2S(2)", "16x16x4", source="Shi et al. 2016, section 3.2: r^2*C channels", window="transposed 2/2"),
        Example(
            "1x1x4",
            "D2S2",
            "2x2x1",
            values=Values("1 | 2 | 3 | 4", "1 2; 3 4"),
            keeps=Keeps("new"),
            window="transposed 2/2",
        ),
        Example("1x1x4", "D2S2x1", "2x1x2", values=Values("1 | 2 | 3 | 4", "1 2 | 3 4"), window="transposed 2x1/2x1"),
        Example(
            "1x1x8", "D2S2", "2x2x2", values=Values("1 | 2 | 3 | 4 | 5 | 6 | 7 | 8", "1 2; 3 4 | 5 6; 7 8"), window="transposed 2/2"
        ),
        Example(
            "1x1x8",
            "D2S2(mode=dcr)",
            "2x2x2",
            values=Values("1 | 2 | 3 | 4 | 5 | 6 | 7 | 8", "1 3; 5 7 | 2 4; 6 8"),
            window="transposed 2/2",
        ),
        Example(
            "1x1x8",
            "D2S2(mode=focus)",
            "2x2x2",
            values=Values("1 | 2 | 3 | 4 | 5 | 6 | 7 | 8", "1 5; 3 7 | 2 6; 4 8"),
            window="transposed 2/2",
        ),
        Example("2x3", "D2S3", "6x1", values=Values("1 4 | 2 5 | 3 6", "1 2 3 4 5 6"), window="transposed 3/3"),
        Example(
            "1x1x1x8",
            "D2S2",
            "2x2x2x1",
            values=Values("1 | 2 | 3 | 4 | 5 | 6 | 7 | 8", "1 2; 3 4 / 5 6; 7 8"),
            window="transposed 2/2",
        ),
    )

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return (W*s) x (H*s) x (D/s^2)."""
        (volume,) = inputs
        sides = self.sides(volume)
        block = prod(sides)
        if volume.depth % block:
            raise Misfit(
                misfits.ARGUMENT,
                f"D2S of {dims_text(sides)} blocks needs a depth divisible by {block:,}, and its input has depth {volume.depth:,}",
                field="scale",
                label=f"{volume.depth}/{block} is not an integer",
                notes=(f"the input is {volume.text}",),
                hints=(*self.fitting(volume.depth, power=volume.rank), f"a depth of {_multiples(volume.depth, block)} fits"),
            )
        return Volume(tuple(size * side for size, side in zip(volume.size, sides, strict=True)), volume.depth // block)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the window, transposed: a pixel is spread over its block."""
        return (Window(tuple(Axis(side, side) for side in self.sides(inputs[0])), "transposed"),)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the blocks side by side."""
        from cnncalc.kernels.shape import depth_to_space

        (x,) = inputs
        return depth_to_space(x, self.sides_of(x), self.mode)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient with the pixels of each block as channels."""
        from cnncalc.kernels.shape_backward import depth_to_space_backward

        return Gradients((depth_to_space_backward(gradient, self.sides_of(gradient), self.mode),))


def _multiples(depth: int, block: int) -> str:
    """Return the nearest multiples of a block: `12 or 16`."""
    below = depth // block * block
    return " or ".join(f"{each}" for each in (below, below + block) if each)
