"""Layers that move values without computing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import Keeps, Layer, Work

if TYPE_CHECKING:
    from cnncalc.layers.base import Tensor
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window


class Structure(Layer):
    """No weights, no arithmetic; by default each output value is the input at its own place."""

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return no window for each input: each output depends on the input at its own place."""
        return (None,) * len(inputs)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return no arrays: nothing is learned."""
        return ()

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return no work: values are moved only."""
        return Work()

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; the output is a new volume."""
        return Keeps("new")

    def label(self) -> str:
        """Return the kind."""
        return self.name()
