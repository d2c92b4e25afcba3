"""Layers that move values about without computing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import Keeps, Layer, Work

if TYPE_CHECKING:
    from cnncalc.layers.base import Tensor
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window


class Structure(Layer):
    """No weights, no arithmetic; by default each output value comes from its own place."""

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return None for each input."""
        return (None,) * len(inputs)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return nothing."""
        return ()

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return nothing."""
        return Work()

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing; the output is a volume of its own."""
        return Keeps("new")

    def label(self) -> str:
        """Return the kind."""
        return self.name()
