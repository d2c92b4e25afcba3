"""PAD: pixels added around the volume."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._structure import Structure
from cnncalc.layers._windowed import wrong_axes
from cnncalc.layers.base import Autocast, Example, Gradients, Keeps, Misfit, Shorthand, Values
from cnncalc.layers.options import BadValueError, Given, Option, choice, number, padding
from cnncalc.maths.volume import Volume, axis_name, written
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.kernels.shape import PadMode
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Padding

Sides = tuple[tuple[int, int], ...]


def sides(given: Given) -> Padding:
    """Read pixels on each side; `same` has no meaning without a kernel."""
    if isinstance(given, str):
        raise BadValueError(f"must be a number, one per axis (1x0) or sides (0:1x0:1), not `{given}`")
    return padding(given)


def per_axis(pairs: Sides, rank: int, field: str, kind: str) -> Sides:
    """Return (before, after) for each axis."""
    if len(pairs) == rank:
        return pairs
    if len(pairs) == 1:
        return pairs * rank
    raise wrong_axes(len(pairs), rank, field, kind)


PADDING = Option("padding", sides, "a number, one per axis, or sides", "pixels added on each side", synonyms=("P",))
MODES = ("zeros", "reflect", "replicate", "circular")
NUMPY_MODES: Mapping[str, PadMode] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
MODE = Option("mode", choice(*MODES), "zeros, reflect, replicate or circular", "content of the new pixels", "zeros", short="{}")


def filler(given: Given) -> float:
    """Read a number, or `inf` or `-inf`."""
    return float(given) if isinstance(given, (str, float)) and given in {"inf", inf, -inf} else number()(given)


VALUE = Option("value", filler, "a number, inf or -inf", "the number of the new pixels, instead of 0", 0.0)


@final
class Pad(Structure):
    """Adds pixels around the volume: a number, a reflection without the edge, copies of the edge, or the pixels of the far side.

    Shapes: WxHxD to (W + before + after)x(H + before + after)xD.
    """

    kind = "pad"
    summary = "adds pixels around the volume"
    options: ClassVar[tuple[Option, ...]] = (PADDING, MODE, VALUE)
    shorthand = Shorthand("padding", first="padding")
    told = ("padding",)
    examples = (
        Example("7x7x3", "PAD(1)", "9x9x3", window="1"),
        Example("7x7x3", "PAD(0:1x2:0)", "8x9x3", window="1"),
        Example("2x1", "PAD(1:2)", "5x1", values=Values("1 2", "0 1 2 0 0"), keeps=Keeps("new")),
        Example("2x1x1", "PAD(0:1x1:0)", "3x2x1", values=Values("1 2", "0 0 0; 1 2 0")),
        Example(
            "3x1",
            "PAD(2:1, mode=reflect)",
            "6x1",
            values=Values("1 2 3", "3 2 1 2 3 2"),
            keeps=Keeps("new", inputs=True),
            window="irregular 1",
        ),
        Example(
            "3x1",
            "PAD(2:1, mode=circular)",
            "6x1",
            values=Values("1 2 3", "2 3 1 2 3 1"),
            keeps=Keeps("new", gradient_values=6),
            window="irregular 1",
        ),
        Example("2x1", "PAD(1:2, value=-7.5)", "5x1", values=Values("1 2", "-7.5 1 2 -7.5 -7.5"), keeps=Keeps("new"), window="1"),
        Example("2x1", "PAD(1:2, mode=replicate)", "5x1", values=Values("1 2", "1 1 2 2 2"), keeps=Keeps("new", inputs=True)),
    )

    padding: Sides
    mode: str
    value_: float

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the larger volume."""
        (volume,) = inputs
        if self.value_ and self.mode != "zeros":
            raise Misfit(
                misfits.ARGUMENT,
                f"PAD value has no meaning in mode {self.mode}",
                field="value",
                label="for new pixels of one number",
                hints=("remove either",),
            )
        pairs = per_axis(self.padding, volume.rank, "padding", "PAD")
        for at, (pair, size) in enumerate(zip(pairs, volume.size, strict=True)):
            if self.mode == "circular" and max(pair) > size:
                raise Misfit(
                    misfits.ARGUMENT,
                    f"PAD repeats {max(pair)} pixels, but the input {axis_name(at, volume.rank)} is {size}",
                    field="padding",
                    label=f"at most {size}",
                )
            if self.mode == "reflect" and max(pair) >= size:
                raise Misfit(
                    misfits.ARGUMENT,
                    f"PAD reflects {max(pair)} pixels, but the input {axis_name(at, volume.rank)} is {size}",
                    field="padding",
                    label=f"at most {size - 1}",
                    notes=("a reflection leaves out the edge itself",),
                )
        return Volume(tuple(size + before + after for size, (before, after) in zip(volume.size, pairs, strict=True)), volume.depth)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return a window of one pixel, shifted by the padding; a copied pixel has its source pixel as window."""
        (volume,) = inputs
        pairs = per_axis(self.padding, volume.rank, "padding", "PAD")
        axes = tuple(Axis(1, before=before, after=after) for before, after in pairs)
        if self.mode == "zeros":
            return (Window(axes),)
        source = {"reflect": _reflected, "replicate": _nearest, "circular": _repeated}[self.mode]
        sides = zip(volume.size, pairs, strict=True)
        return (Window(axes, "irregular", places=tuple(partial(source, size, before) for size, (before, _) in sides)),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep for a number or the far side; others keep the input, since their backward pass reads its size.

        The far side is copied piece by piece into the output, and backward copies the output's gradient for each piece.
        """
        copies = output.values if self.mode == "circular" else 0
        return Keeps("new", inputs=self.mode in {"reflect", "replicate"}, gradient_values=copies)

    def autocast(self, inputs: tuple[Volume, ...]) -> Autocast:
        """Return float32 on the CPU for pixels that mirror or repeat those of the border."""
        return Autocast(cpu="float32" if self.mode in {"reflect", "replicate"} else "input")

    def label(self) -> str:
        """Return `PAD(1)`."""
        return f"PAD({written(self.padding)})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the input with a border."""
        from cnncalc.kernels.shape import pad

        (x,) = inputs
        return pad(x, self._borders(x), mode=NUMPY_MODES[self.mode], value=self.value_)

    def _borders(self, x: Array) -> Sides:
        """Return the pixels on each side in the order of the axes of an array."""
        return per_axis(self.padding, x.ndim - 2, "padding", "PAD")[::-1]

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient without the border, whose own goes to the pixels that it copies."""
        from cnncalc.kernels.shape_backward import pad_backward

        return Gradients((pad_backward(gradient, self._borders(gradient), NUMPY_MODES[self.mode]),))


def _reflected(size: int, before: int, at: int) -> range:
    """Return the pixel behind the mirror: -i before the first one, 2*(W - 1) - i after the last."""
    place = abs(at - before)
    place = min(place, 2 * (size - 1) - place)
    return range(place, place + 1)


def _repeated(size: int, before: int, at: int) -> range:
    """Return the pixel on the far side."""
    place = (at - before) % size
    return range(place, place + 1)


def _nearest(size: int, before: int, at: int) -> range:
    """Return the nearest pixel."""
    place = min(max(at - before, 0), size - 1)
    return range(place, place + 1)
