"""Layers that apply a function to each value separately."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from cnncalc.layers.base import Keeps, Layer, Work
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
    """A function of each value: the volume keeps its size, and by default nothing is learned and no memory is needed."""

    options: ClassVar[tuple[Option, ...]] = ()
    in_place = True
    pointwise = True
    operations: ClassVar[int]
    """Arithmetic operations per value, each of + - * / max, compare, exp, log, tanh, erf as one."""
    kept: ClassVar[Literal["input", "output", "nothing"]]
    """The volume that backward needs; `nothing`: the output is the input."""

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        return inputs[0]

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return no window: each output depends on the input at its own place."""
        return (None,) * len(inputs)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return no arrays: nothing is learned."""
        return ()

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return `operations` for each value."""
        return Work(ZERO, values(output) * self.operations if self.operations else ZERO)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input next to a new output, or nothing."""
        return Keeps("view", gradient="same") if self.kept == "nothing" else Keeps("new", inputs=True)

    def label(self) -> str:
        """Return the kind."""
        return self.name()
