"""Layers that work on each value by itself, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers.base import Layer, Work
from cnncalc.maths.count import ZERO, Count, dim, sides

if TYPE_CHECKING:
    from cnncalc.layers.base import Tensor
    from cnncalc.layers.options import Option
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window


def values(volume: Volume) -> Count:
    """Return W*H*D."""
    return sides(volume.size) * dim("D", volume.depth)


class Elementwise(Layer):
    """A function of each value: the volume keeps its size and its memory, and nothing is learned."""

    options: ClassVar[tuple[Option, ...]] = ()
    in_place = True
    operations: ClassVar[int]
    """Arithmetic operations per value, each of + - * / max, compare, exp, log, tanh, erf as one."""

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        return inputs[0]

    def window(self, volume: Volume) -> Window | None:
        """Return None: each output sees the input at its own place."""
        return None

    def weights(self, volume: Volume) -> tuple[Tensor, ...]:
        """Return nothing."""
        return ()

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return `operations` for each value."""
        return Work(ZERO, values(output) * self.operations if self.operations else ZERO)

    def label(self) -> str:
        """Return the kind."""
        return self.name()
