"""Pools with a given output size: the windows follow from the sizes."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from cnncalc.layers import misfits
from cnncalc.layers._pooling import Pooling
from cnncalc.layers._windowed import spread
from cnncalc.layers.base import Misfit
from cnncalc.layers.options import Option, per_axis
from cnncalc.maths.count import Count, sides
from cnncalc.maths.volume import Volume, dims_text
from cnncalc.maths.window import Axis, Window
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from cnncalc.maths.neuron import Neuron

OUT = Option("out", per_axis(), "an integer or one per axis", "adaptive: the output size, for any input size", None)


class Adaptive(Pooling):
    """A pool that can be adaptive: output i of `out` reads the input from floor(i*W/out) to ceil((i+1)*W/out).

    Source: PyTorch, AdaptiveAvgPool and AdaptiveMaxPool.
    """

    told = ("kernel", "filters", "stride", "out")
    out: tuple[int, ...] | None

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W2 x H2 x D."""
        (volume,) = inputs
        if self.out is None:
            return super().infer(inputs)
        useless = [name for name in self.given() if name not in {"out", "rounding"}]
        if useless:
            raise Misfit(
                misfits.ARGUMENT,
                f"{self.name()} out determines the windows: {listed(useless)} {'has' if len(useless) == 1 else 'have'} no meaning",
                field=useless[0],
                label="with out, the windows follow from the sizes",
                hints=("remove either",),
            )
        return Volume(spread(self.out, volume.rank, "out", self.name()), volume.depth)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the window; for an adaptive pool the largest one, at its mean step."""
        if self.out is None:
            return super().windows(inputs)
        (volume,) = inputs
        out = spread(self.out, volume.rank, "out", self.name())
        if all(size == 1 for size in out):
            return (Window(tuple(Axis(size) for size in volume.size), "whole"),)
        sides = list(zip(volume.size, out, strict=True))
        return (
            Window(tuple(_largest(*side) for side in sides), "irregular", places=tuple(partial(_bin, *side) for side in sides)),
        )

    def pooled(self, volume: Volume, place: tuple[int, ...]) -> Neuron:
        """Return one output number: the largest of a window in one channel, which an adaptive pool cuts by itself."""
        if self.out is None:
            return super().pooled(volume, place)
        from cnncalc.maths.neuron import Neuron

        *position, channel = place
        out = spread(self.out, volume.rank, "out", self.name())
        places = tuple(_bin(size, count, at) for size, count, at in zip(volume.size, out, position, strict=True))
        return Neuron((*places, range(channel, channel + 1)), "max", ((0, 0),) * volume.rank, outside=-math.inf)

    def label(self) -> str:
        """Return `AVGPOOL7`, or `AVGPOOL(out=7x7)`."""
        return super().label() if self.out is None else f"{self.name()}(out={dims_text(self.out)})"


def _largest(size: int, out: int) -> Axis:
    """Return the largest of the windows from floor(i*W/out) to ceil((i+1)*W/out), and their mean step."""
    shared = math.gcd(size, out)
    step, bins = size // shared, out // shared
    return Axis((step + 2 * bins - 2) // bins, max(1, size // out))


def _bin(size: int, out: int, at: int) -> range:
    """Return the inputs of one output: from floor(i*W/out) to ceil((i+1)*W/out)."""
    return range(at * size // out, -(-(at + 1) * size // out))


def bins(volume: Volume, output: Volume) -> Count:
    """Return the number of values of a channel that all windows read: W + out - gcd(W, out) per axis."""
    extents = [size + out - math.gcd(size, out) for size, out in zip(volume.size, output.size, strict=True)]
    return sides(tuple(extents))
