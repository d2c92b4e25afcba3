"""Layers that move a block of pixels into the depth, or back: what D2S and S2D share.

A block is s x s pixels (s for each axis). The depth of the folded side holds K channels for each pixel of a block, in one of three
orders, written from the slowest to the fastest index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers._structure import Structure
from cnncalc.layers._windowed import spread
from cnncalc.layers.base import Shorthand
from cnncalc.layers.options import Option, choice, per_axis
from cnncalc.maths.volume import dims_text

if TYPE_CHECKING:
    from cnncalc.kernels.shape import BlockOrder
    from cnncalc.layers.base import Array
    from cnncalc.maths.volume import Volume

SCALE = Option("scale", per_axis(), "an integer or one per axis", "the side of a block in pixels", (2,))
MODE = Option(
    "mode",
    choice("crd", "dcr", "focus"),
    "crd, dcr or focus",
    "the order of a block in the depth: channel, row, column (PyTorch); row, column, channel (TensorFlow, ONNX's default); or "
    "column, row, channel (YOLOv5's Focus, Swin's patch merging)",
    "crd",
)
MOST_TRIED = 64  # scales that a hint tries


class Blocks(Structure):
    """The same values in other places; the output is a copy."""

    options: ClassVar[tuple[Option, ...]] = (SCALE, MODE)
    shorthand = Shorthand("scale", first="scale")
    told = ("scale", "mode")

    scale: tuple[int, ...]
    mode: BlockOrder

    def sides(self, volume: Volume) -> tuple[int, ...]:
        """Return the sides of a block, one for each axis; raise Misfit for a wrong number."""
        return spread(self.scale, volume.rank, "scale", self.name())

    def sides_of(self, x: Array) -> tuple[int, ...]:
        """Return the sides of a block in the order of the axes of an array: time, height, width."""
        return spread(self.scale, x.ndim - 2, "scale", self.name())[::-1]

    def fitting(self, *numbers: int, power: int = 1) -> tuple[str, ...]:
        """Return a hint with the nearest scales, the same on all axes, whose power divides all numbers."""
        present = max(self.scale)
        good = [scale for scale in range(2, MOST_TRIED + 1) if not any(number % scale**power for number in numbers)]
        nearest = sorted(sorted(good, key=lambda scale: (abs(scale - present), scale))[:2])
        return (f"scale {' or '.join(map(str, nearest))} fits",) if nearest else ()

    def label(self) -> str:
        """Return `D2S2`, `D2S2x1` or `D2S2(mode=dcr)`."""
        sides = dims_text(self.scale if len(set(self.scale)) > 1 else self.scale[:1])
        return f"{self.name()}{sides}" + (f"(mode={self.mode})" if self.mode != "crd" else "")
