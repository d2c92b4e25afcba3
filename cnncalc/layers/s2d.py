"""S2D: space to depth, the inverse of the pixel shuffle."""

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
class S2d(Blocks):
    """Space to depth (pixel unshuffle, reorg, Focus): a block of s x s pixels becomes the channels of one pixel.

    Shapes: WxHxD to (W/s)x(H/s)x(D*s^2). A pixel of the output sees its block.
    Source: Redmon and Farhadi 2016, arXiv:1612.08242, "Fine-Grained Features"; PyTorch, nn.PixelUnshuffle; ONNX, SpaceToDepth.
    """

    kind = "s2d"
    summary = "space to depth: a block of pixels becomes the channels of one (pixel unshuffle, reorg, Focus)"
    examples = (
        Example("26x26x64", "S2D(2)", "13x13x256", source="Redmon and Farhadi 2016: yolov2.cfg, reorg", window="2/2"),
        Example("640x640x3", "S2D2(mode=focus)", "320x320x12", source="Ultralytics YOLOv5 v5.0, Focus", window="2/2"),
        Example("2x2x1", "S2D2", "1x1x4", values=Values("1 2; 3 4", "1 | 2 | 3 | 4"), keeps=Keeps("new"), window="2/2"),
        Example("2x1x2", "S2D2x1", "1x1x4", values=Values("1 2 | 3 4", "1 | 2 | 3 | 4"), window="2x1/2x1"),
        Example("2x2x2", "S2D2", "1x1x8", values=Values("1 2; 3 4 | 5 6; 7 8", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8"), window="2/2"),
        Example(
            "2x2x2",
            "S2D2(mode=dcr)",
            "1x1x8",
            values=Values("1 3; 5 7 | 2 4; 6 8", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8"),
            window="2/2",
        ),
        Example(
            "2x2x2",
            "S2D2(mode=focus)",
            "1x1x8",
            values=Values("1 5; 3 7 | 2 6; 4 8", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8"),
            window="2/2",
        ),
        Example("6x1", "S2D3", "2x3", values=Values("1 2 3 4 5 6", "1 4 | 2 5 | 3 6"), window="3/3"),
        Example("2x2x2x1", "S2D2", "1x1x1x8", values=Values("1 2; 3 4 / 5 6; 7 8", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8"), window="2/2"),
    )

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return (W/s) x (H/s) x (D*s^2)."""
        (volume,) = inputs
        sides = self.sides(volume)
        if any(size % side for size, side in zip(volume.size, sides, strict=True)):
            raise Misfit(
                misfits.ARGUMENT,
                f"S2D of {dims_text(sides)} blocks does not divide its input {volume.text} evenly",
                field="scale",
                label=f"{dims_text(volume.size)} is no multiple of {dims_text(sides)}",
                hints=(*self.fitting(*volume.size), f"an input of {_fitting_sizes(volume, sides)} fits"),
            )
        return Volume(tuple(size // side for size, side in zip(volume.size, sides, strict=True)), volume.depth * prod(sides))

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the block."""
        return (Window(tuple(Axis(side, side) for side in self.sides(inputs[0]))),)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the pixels of each block as channels."""
        from cnncalc.kernels.shape import space_to_depth

        (x,) = inputs
        return space_to_depth(x, self.sides_of(x), self.mode)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient with the blocks side by side."""
        from cnncalc.kernels.shape_backward import space_to_depth_backward

        return Gradients((space_to_depth_backward(gradient, self.sides_of(gradient), self.mode),))


def _fitting_sizes(volume: Volume, sides: tuple[int, ...]) -> str:
    """Return the nearest sizes, smaller and larger: `8x8 or 10x10`."""
    pairs = list(zip(volume.size, sides, strict=True))
    smaller = tuple(size // side * side for size, side in pairs)
    larger = tuple(-(-size // side) * side for size, side in pairs)
    return " or ".join(dims_text(each) for each in (smaller, larger) if min(each) > 0)
