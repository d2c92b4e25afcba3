"""Pools: a fixed function of a window, channel by channel, without parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.layers import misfits
from cnncalc.layers._windowed import DILATION, ROUNDING, Windowed, kernel, padded, stride
from cnncalc.layers.base import Misfit
from cnncalc.maths.count import Count, dim, dims, sides
from cnncalc.maths.volume import Volume, written
from cnncalc.maths.window import ceil_positions, floor_positions

if TYPE_CHECKING:
    from cnncalc.layers.base import Tensor
    from cnncalc.layers.options import Option
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.window import Axis

POOL_OPTIONS = (kernel((2,)), stride(None), padded(((0, 0),)), DILATION, ROUNDING)


class Pooling(Windowed):
    """The common part of pools; the stride defaults to the kernel."""

    numbered = "pool"

    def check(self, axes: tuple[Axis, ...]) -> None:
        """Refuse padding of more than half the kernel, undilated. Source: PyTorch, pool2d_shape_check."""
        for axis in () if self.covers else axes:
            if 2 * max(axis.before, axis.after) > axis.kernel:
                raise Misfit(
                    misfits.POOL_PADDING,
                    f"{self.name()} padding {written(self.padding)} is more than half the kernel {axis.kernel}",
                    field="padding",
                    label=f"at most {axis.kernel // 2}",
                    hints=(f"padding {axis.kernel // 2} is the largest for kernel {axis.kernel}; PAD adds more",),
                )

    def positions(self, axis: Axis, size: int, rounding: str, axes: tuple[Axis, ...]) -> int:
        """Return the positions along one axis under the rounding rule."""
        if rounding == "ceil":
            return ceil_positions(axis, size, clip=True)
        if rounding == "ceil_caffe":
            return ceil_positions(axis, size, clip=any(each.before or each.after for each in axes))
        return floor_positions(axis, size)

    def usual(self, option: Option) -> bool:
        """Return whether an option has its default, or a value that moves the window alike."""
        if option.name == "rounding":
            return not (self.rounding or "").startswith("ceil")
        return super().usual(option)

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W2 x H2 x D."""
        (volume,) = inputs
        return Volume(self.slide(volume), volume.depth)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return no arrays: a pool computes a fixed function."""
        return ()

    def pooled(self, volume: Volume, place: tuple[int, ...]) -> Neuron:
        """Return one output number: the largest of a window in one channel; the kinds replace the function."""
        from cnncalc.maths.neuron import Neuron, reached, sides

        axes = self.axes(volume)
        *position, channel = place
        return Neuron((*reached(axes, position), range(channel, channel + 1)), "max", sides(axes), outside=-math.inf)

    def outputs(self, output: Volume) -> Count:
        """Return the number of outputs, W2*H2*D."""
        return (sides(output.size, "2") * dim("D", output.depth)).grouped()

    def cells(self, volume: Volume) -> Count:
        """Return the cells of a window, F*F."""
        return dims("F", tuple(axis.kernel for axis in self.axes(volume)))

    def label(self) -> str:
        """Return `POOL2`, or `POOL3/2` when the windows overlap."""
        return f"{self.name()}{self.short_kernel()}{self.short_stride(self.kernel)}"
