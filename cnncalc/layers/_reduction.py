"""Reductions: one number for all values along some axes, which stay with size 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers import misfits
from cnncalc.layers._global import whole_window
from cnncalc.layers.base import Layer, Misfit, Shorthand
from cnncalc.layers.options import Option, words
from cnncalc.maths.count import Count, dim, product
from cnncalc.maths.volume import AXES, Volume, Words, written
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, Tensor

OVER = Option(
    "over",
    words("depth", "width", "height", "time", "length", "space", "volume"),
    "depth, width, height, time (length in 1-D), space (all positions), volume, or a list of them",
    "the axes that are reduced; they stay with size 1",
)
_LETTERS = {"length": "L", "width": "W", "height": "H", "time": "T", "depth": "D"}


class Reduction(Layer):
    """One number for all values along the axes of `over`; nothing is learned."""

    options: ClassVar[tuple[Option, ...]] = (OVER,)
    shorthand = Shorthand(first="over")
    told = ("over",)
    over: str | Words

    @classmethod
    def missing_hint(cls, option: Option) -> str:  # noqa: ARG003  there is one
        """Return the two common forms."""
        return f"`{cls.name()}(space)` reduces all positions, `{cls.name()}(depth)` all channels"

    def axes(self, volume: Volume) -> tuple[bool, ...]:
        """Return for each side of a volume, the depth last, whether it is reduced; raise Misfit for an axis that it has not."""
        names = (*AXES[volume.rank], "depth")
        chosen: set[str] = set()
        for word in (self.over,) if isinstance(self.over, str) else self.over.words:
            found = {"space": AXES[volume.rank], "volume": names}.get(word, (word,))
            if not set(found) <= set(names):
                raise Misfit(
                    misfits.AXES,
                    f"{self.name()} over={word}: the input {volume.text} has no {word}",
                    field="over",
                    label=f"the axes are {', '.join(names)}",
                    hints=("`over=space` reduces all positions, whatever their axes",),
                )
            chosen.update(found)
        return tuple(name in chosen for name in names)

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume with the reduced axes of size 1."""
        (volume,) = inputs
        sides = [1 if reduced else side for side, reduced in zip(volume.sides, self.axes(volume), strict=True)]
        return Volume(tuple(sides[:-1]), sides[-1])

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return a window over the whole of each reduced axis, and over one place of the others; None over the depth alone."""
        (volume,) = inputs
        reduced = self.axes(volume)[:-1]
        if not any(reduced):
            return (None,)
        if all(over or side == 1 for side, over in zip(volume.size, reduced, strict=True)):
            return (whole_window(volume),)
        return (Window(tuple(Axis(side, side) if over else Axis(1) for side, over in zip(volume.size, reduced, strict=True))),)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return no arrays: nothing is learned."""
        return ()

    def reduced(self, volume: Volume) -> Count:
        """Return how many values are reduced to one."""
        return self._product(volume, wanted=True)

    def results(self, volume: Volume) -> Count:
        """Return the number of results."""
        return self._product(volume, wanted=False)

    def _product(self, volume: Volume, *, wanted: bool) -> Count:
        names = (*AXES[volume.rank], "depth")
        sides = zip(names, volume.sides, self.axes(volume), strict=True)
        return product(dim(_LETTERS[name], side) for name, side, over in sides if over == wanted).grouped()

    def array_axes(self, inputs: Arrays) -> tuple[int, ...]:
        """Return the axes of the array that are reduced: it has the batch first, then the positions in reverse order."""
        (x,) = inputs
        *size, depth = self.axes(volume_of(x))
        return tuple(at for at, over in enumerate((*reversed(size), depth), 1) if over)

    def label(self) -> str:
        """Return the kind and the axes: `MEAN(depth)`."""
        return f"{self.name()}({written(self.over)})"


def volume_of(x: Array) -> Volume:
    """Return the volume of one image of an array."""
    return Volume(tuple(reversed(x.shape[1:-1])), x.shape[-1])
