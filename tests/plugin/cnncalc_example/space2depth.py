"""SPACE2DEPTH: blocks of pixels become channels."""

from typing import final

from cnncalc.layers.base import Example, Gradients, Keeps, Layer, Misfit, Shorthand, Values, Work
from cnncalc.layers.options import Option, whole
from cnncalc.maths.volume import Volume
from cnncalc.maths.window import Axis, Window
from cnncalc.text.diagnostic import Code

BLOCK = Option("block", whole(), "an integer", "pixels on each side of a block", 2)
UNEVEN = Code(
    "EXA2",
    "blocks that do not fit",
    "SPACE2DEPTH cuts its input into blocks, and the last one would be incomplete.",
    "There is no rule for what the missing pixels are.",
    "INPUT[7x7x3] -> SPACE2DEPTH2",
    "Pad the input, or take a block that divides its sides.",
)


@final
class Space2Depth(Layer):
    """Cuts the volume into blocks; the pixels of a block become channels of one pixel.

    Source: Sajjadi et al. 2018, arXiv:1801.04590, section 3.2.
    """

    kind = "space2depth"
    summary = "blocks of pixels become channels"
    options = (BLOCK,)
    shorthand = Shorthand("block", first="block")
    examples = (
        Example("4x4x3", "SPACE2DEPTH2", "2x2x12", window="2/2"),
        Example("2x2x1", "SPACE2DEPTH2", "1x1x4", values=Values("1 2; 3 4", "1 | 2 | 3 | 4"), keeps=Keeps("new")),
    )

    def infer(self, inputs):
        """Return the volume with smaller sides and more channels."""
        (volume,) = inputs
        if any(side % self.block for side in volume.size):
            message = f"SPACE2DEPTH block {self.block} does not fit its input {volume.text}"
            raise Misfit(UNEVEN, message, field="block", label=f"the input is {volume.text}")
        return Volume(tuple(side // self.block for side in volume.size), volume.depth * self.block**volume.rank)

    def windows(self, inputs):
        """Return a window over the block."""
        return (Window(tuple(Axis(self.block, self.block) for _ in inputs[0].size)),)

    def weights(self, inputs):
        """Return nothing."""
        return ()

    def work(self, inputs, output):
        """Return nothing: values change places."""
        return Work()

    def keeps(self, inputs, output, *, training):
        """Return nothing; the output is a volume of its own."""
        return Keeps("new")

    def forward(self, inputs, weights, how):
        """Return the blocks as channels, row by row."""
        import numpy as np

        (x,) = inputs
        count, height, width, depth = x.shape
        block = self.block
        cut = x.reshape(count, height // block, block, width // block, block, depth)
        return np.ascontiguousarray(cut.transpose(0, 1, 3, 2, 4, 5)).reshape(count, height // block, width // block, -1)

    def label(self):
        """Return `SPACE2DEPTH2`."""
        return f"SPACE2DEPTH{self.block}"

    def backward(self, kept, gradient, weights, wanted):
        """Return the gradients of the pixels at their old places."""
        (x,) = kept.inputs
        count, height, width, depth = x.shape
        block = self.block
        cut = gradient.reshape(count, height // block, width // block, block, block, depth)
        return Gradients((cut.transpose(0, 1, 3, 2, 4, 5).reshape(x.shape),))
