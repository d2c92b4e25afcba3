"""UPSAMPLE: a volume enlarged by interpolation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._elementwise import values
from cnncalc.layers._structure import Structure
from cnncalc.layers._windowed import spread
from cnncalc.layers.base import Example, Keeps, Misfit, Shorthand, Values, Work
from cnncalc.layers.options import Option, boolean, choice, per_axis
from cnncalc.maths.count import ZERO
from cnncalc.maths.volume import Volume, dims_text
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.count import Count

SCALE = Option("scale", per_axis(), "an integer or one per axis", "factor of enlargement", (2,))
SIZE = Option("size", per_axis(), "an integer or one per axis", "the new size, instead of `scale`", None)
MODE = Option("mode", choice("nearest", "bilinear"), "nearest or bilinear", "interpolation between pixels", "nearest")
CORNERS = Option("align_corners", boolean, "true or false", "bilinear: whether the corner pixels stay in place", default=False)


@final
class Upsample(Structure):
    """Enlarges the volume by an integer factor, or to a size, by the nearest pixel or (multi)linear interpolation.

    Shapes: WxHxD to (W*s)x(H*s)xD. Work: none for nearest; linear along each of r axes costs 2^r products and
    2^r - 1 additions per value.
    Source: PyTorch, nn.Upsample.
    """

    kind = "upsample"
    summary = "enlarges the volume: nearest or bilinear"
    options: ClassVar[tuple[Option, ...]] = (SCALE, SIZE, MODE, CORNERS)
    shorthand = Shorthand("scale", first="scale")
    examples = (
        Example(
            "14x14x256", "UPSAMPLE2", "28x28x256", source="Lin et al. 2016, arXiv:1612.03144, section 3", window="transposed 2/2"
        ),
        Example("2x1", "UPSAMPLE2", "4x1", values=Values("1 2", "1 1 2 2"), keeps=Keeps("new")),
        Example("2x2x1", "UPSAMPLE1x2", "2x4x1", values=Values("1 2; 3 4", "1 2; 1 2; 3 4; 3 4")),
        Example("2x1", "UPSAMPLE(size=3)", "3x1", values=Values("1 2", "1 1 2"), window="irregular 1"),
        Example("2x2x1", "UPSAMPLE(size=3x2)", "3x2x1", values=Values("1 2; 3 4", "1 1 2; 3 3 4")),
        Example(
            "2x1",
            "UPSAMPLE2(mode=bilinear)",
            "4x1",
            operations=12,
            values=Values("1 3", "1 1.5 2.5 3"),
            keeps=Keeps("new"),
            window="transposed 4/2",
        ),
        Example(
            "2x1", "UPSAMPLE3(mode=bilinear)", "6x1", operations=18, values=Values("0 3", "0 0 1 2 3 3"), window="transposed 5/3"
        ),
        Example(
            "2x1",
            "UPSAMPLE(size=3, mode=bilinear)",
            "3x1",
            operations=9,
            values=Values("1 3", "1 2 3"),
            window="irregular 2",
        ),
        Example(
            "2x2x1",
            "UPSAMPLE(size=3, mode=bilinear, align_corners=true)",
            "3x3x1",
            operations=63,
            values=Values("1 3; 5 7", "1 2 3; 3 4 5; 5 6 7"),
        ),
        Example(
            "2x1",
            "UPSAMPLE2(mode=bilinear, align_corners=true)",
            "4x1",
            operations=12,
            values=Values("0 3", "0 1 2 3"),
            window="irregular 2",
        ),
    )

    scale: tuple[int, ...]
    size: tuple[int, ...] | None
    mode: str
    align_corners: bool

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the enlarged volume."""
        (volume,) = inputs
        if self.size is not None:
            size = spread(self.size, volume.rank, "size", "UPSAMPLE")
            if any(new < old for new, old in zip(size, volume.size, strict=True)):
                raise Misfit(
                    misfits.ARGUMENT,
                    f"UPSAMPLE to {dims_text(size)} is smaller than its input {volume.text}",
                    field="size",
                    label=f"the input is {volume.text}",
                )
            return Volume(size, volume.depth)
        scale = spread(self.scale, volume.rank, "scale", "UPSAMPLE")
        return Volume(tuple(size * factor for size, factor in zip(volume.size, scale, strict=True)), volume.depth)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the window, transposed."""
        return (self._window(inputs[0]),)

    def _window(self, volume: Volume) -> Window:
        """Return the window over an input: nearest spreads a pixel over `scale` positions, bilinear over its neighbours too."""
        output = self.infer((volume,))
        sides = list(zip(volume.size, output.size, strict=True))
        if (self.mode == "bilinear" and self.align_corners) or any(new % old for old, new in sides):
            between = _nearest if self.mode == "nearest" else _corners if self.align_corners else _linear
            largest = tuple(Axis(1 if self.mode == "nearest" else 2) for _ in sides)
            return Window(largest, "irregular", places=tuple(partial(between, *side) for side in sides))
        factors = [-(-new // old) for new, old in zip(output.size, volume.size, strict=True)]
        if self.mode == "nearest":
            return Window(tuple(Axis(factor, factor) for factor in factors), "transposed")
        return Window(tuple(Axis(2 * factor - factor % 2, factor, 1, factor // 2, factor // 2) for factor in factors), "transposed")

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 2*2^r - 1 operations per value for bilinear, none for nearest."""
        per_value: Count | int = 2 * 2**output.rank - 1
        return Work(ZERO, values(output) * per_value) if self.mode == "bilinear" else Work()

    def label(self) -> str:
        """Return `UPSAMPLE2`."""
        if self.size is not None:
            return f"UPSAMPLE(size={dims_text(self.size)})"
        return f"UPSAMPLE{dims_text(self.scale if len(set(self.scale)) > 1 else self.scale[:1])}"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the enlarged volume."""
        (x,) = inputs
        from cnncalc.kernels.resize import upsample_linear, upsample_nearest

        if self.size is not None:
            sizes = spread(self.size, x.ndim - 2, "size", "UPSAMPLE")[::-1]
        else:
            scale = spread(self.scale, x.ndim - 2, "scale", "UPSAMPLE")[::-1]
            sizes = tuple(size * factor for size, factor in zip(x.shape[1:-1], scale, strict=True))
        return upsample_nearest(x, sizes) if self.mode == "nearest" else upsample_linear(x, sizes, align_corners=self.align_corners)


def _nearest(old: int, new: int, at: int) -> range:
    """Return the nearest input, floor(i*W/W2)."""
    return range(at * old // new, at * old // new + 1)


def _linear(old: int, new: int, at: int) -> range:
    """Return the inputs around (i + 1/2)*W/W2 - 1/2, where pixels are squares."""
    first, rest = divmod(max(0, (2 * at + 1) * old - new), 2 * new)
    return range(first, min(first + 1 + bool(rest), old))


def _corners(old: int, new: int, at: int) -> range:
    """Return the inputs around i*(W - 1)/(W2 - 1), where pixels are points."""
    first, rest = divmod(at * (old - 1), max(1, new - 1))
    return range(first, min(first + 1 + bool(rest), old))
