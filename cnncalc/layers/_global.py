"""Layers whose window is the whole input."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers.base import Keeps, Layer, Work
from cnncalc.maths.count import ZERO, dim, sides
from cnncalc.maths.volume import Volume
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Tensor
    from cnncalc.layers.options import Option
    from cnncalc.maths.neuron import Function, Neuron


def whole_window(volume: Volume) -> Window:
    """Return a window over the entire input."""
    return Window(tuple(Axis(size) for size in volume.size), "whole")


class GlobalPooling(Layer):
    """A pool over each whole channel: WxHxD to 1x1xD, without parameters."""

    options: ClassVar[tuple[Option, ...]] = ()

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return 1 x 1 x D."""
        (volume,) = inputs
        return Volume((1,) * volume.rank, volume.depth)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the whole input."""
        return (whole_window(inputs[0]),)

    def whole(self, volume: Volume, place: tuple[int, ...], function: Function, divisor: int = 1) -> Neuron:
        """Return one output number: a function of a whole channel."""
        from cnncalc.maths.neuron import Neuron

        channel = range(place[-1], place[-1] + 1)
        return Neuron((*map(range, volume.size), channel), function, ((0, 0),) * volume.rank, divisor=divisor)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return no arrays: nothing is learned."""
        return ()

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return one operation per input value: W*H - 1 additions and a division, or the comparisons alone."""
        (volume,) = inputs
        return Work(ZERO, sides(volume.size) * dim("D", volume.depth))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the mean's gradient is the same for all inputs."""
        return Keeps("new")

    def label(self) -> str:
        """Return the kind."""
        return self.name()
