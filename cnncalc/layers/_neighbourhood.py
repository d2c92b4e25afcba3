"""Normalizations by the neighbours of a value, modelled on the visual cortex; nothing is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers._windowed import spread
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array
    from cnncalc.maths.volume import Volume


class Neighbourhood(Elementwise):
    """A window of `kernel` around each value; the volume keeps its size and is padded with zeros."""

    in_place = False
    pointwise = False
    operations: ClassVar[int] = 0
    kept: ClassVar[Literal["input", "output", "nothing"]] = "input"
    kernel: tuple[int, ...]

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        spread(self.kernel, inputs[0].rank, "kernel", self.name())
        return inputs[0]

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the window, padded to keep the size."""
        kernel = spread(self.kernel, inputs[0].rank, "kernel", self.name())
        return (Window(tuple(Axis(size, before=(size - 1) // 2, after=size // 2) for size in kernel)),)

    def window_sizes(self, x: Array) -> tuple[int, ...]:
        """Return the window in the order of an array's axes: (time,) height, width."""
        return spread(self.kernel, x.ndim - 2, "kernel", self.name())[::-1]
