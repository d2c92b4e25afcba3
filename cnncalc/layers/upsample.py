"""UPSAMPLE: a volume of another size, by interpolation (RESIZE is the same)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._adaptive import bins
from cnncalc.layers._elementwise import values
from cnncalc.layers._resampling import Resampled, step
from cnncalc.layers._structure import Structure
from cnncalc.layers._windowed import spread, wrong_axes
from cnncalc.layers.base import Autocast, Example, Gradients, Idle, Keeps, Misfit, Shorthand, Values, Work
from cnncalc.layers.options import BadValueError, Given, Option, boolean, choice, per_axis
from cnncalc.maths.count import ZERO, dim, product
from cnncalc.maths.volume import Dims, Factors, Volume, dims_text, written
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.kernels.reads import Reads
    from cnncalc.layers._resampling import Sees
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted


def factors(given: Given) -> tuple[float, ...]:
    """Read one positive factor for all axes, or one for each; whole factors are integers."""
    values = given.values if isinstance(given, Factors) else given.sizes if isinstance(given, Dims) else (given,)
    found: list[float] = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadValueError(f"must be a number or one per axis, such as 2, 1.5 or 2x1, not `{written(given)}`")
        if not 0 < value < MOST:
            raise BadValueError(f"must be above 0 and below {MOST:,}, not {value:g}")
        found.append(int(value) if value == int(value) else value)
    return tuple(found)


MOST = 10**6  # of a factor
MODES = ("nearest", "bilinear", "bicubic", "area")
SCALE = Option("scale", factors, "a number or one per axis", "factor of each side; the size is rounded down", (2,))
SIZE = Option("size", per_axis(), "an integer or one per axis", "the new size, instead of `scale`", None)
MODE = Option("mode", choice(*MODES), "nearest, bilinear, bicubic or area", "interpolation between pixels", "nearest", short="{}")
CORNERS = Option(
    "align_corners",
    boolean,
    "true or false",
    "bilinear, bicubic: whether the corner pixels stay in place",
    default=False,
    labelled="apart",
)
ANTIALIAS = Option(
    "antialias", boolean, "true or false", "bilinear, bicubic: whether a smaller output averages over wider windows", default=False
)


@final
class Upsample(Structure):
    """Another size, larger or smaller, by a factor or as given: nearest pixel, (multi)linear or cubic interpolation, or means.

    Shapes: WxHxD to floor(W*s)xfloor(H*s)xD. Work: none for nearest; t pixels cost t products and t - 1 additions per value, where
    t is 2^r for linear and 4^r for cubic along r axes; antialias reads more of them where the output is smaller; area adds and
    divides as AVGPOOL with `out` does.
    Source: PyTorch, interpolate: cubic by a = -0.75, with antialias -0.5 (Keys 1981).
    """

    kind = "upsample"
    summary = "another size: nearest, bilinear, bicubic or area"
    options: ClassVar[tuple[Option, ...]] = (SCALE, SIZE, MODE, CORNERS, ANTIALIAS)
    shorthand = Shorthand("scale", first="scale")
    told = ("scale", "size")
    sized = ("scale", "size")
    idle = (Idle("scale", "size", needed=None),)
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
            "2x1",
            "UPSAMPLE(size=2, mode=bilinear)",
            "2x1",
            source="a new volume, even of the same values",
            operations=6,
            values=Values("1 3", "1 3"),
            keeps=Keeps("new"),
            window="transposed 1",
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
            "3x1",
            "UPSAMPLE(1.5)",
            "4x1",
            source="PyTorch: floor(3*1.5) places, 2/3 of a pixel apart",
            values=Values("1 2 3", "1 1 2 3"),
        ),
        Example("4x2x1", "UPSAMPLE(scale=0.5x1)", "2x2x1", values=Values("1 2 3 4; 5 6 7 8", "1 3; 5 7"), window="irregular 1/2x1"),
        Example(
            "4x1",
            "UPSAMPLE(0.5, mode=bilinear)",
            "2x1",
            operations=6,
            values=Values("1 2 3 5", "1.5 4"),
            keeps=Keeps("new"),
            window="irregular 2/2",
        ),
        Example(
            "16x16x16",
            "UPSAMPLE(size=8x8, mode=bilinear)",
            "8x8x16",
            operations=7 * 8 * 8 * 16,
            window="irregular 2/2",
        ),
        Example(
            "4x1",
            "UPSAMPLE2(mode=bicubic)",
            "8x1",
            source="Keys 1981 with a = -0.75; the pixels of the edge are repeated",
            operations=56,
            values=Values("0 0 64 0", "0 -2.25 -6.75 16.75 56.25 56.25 16.75 -6.75"),
            keeps=Keeps("new"),
            window="irregular 4",
        ),
        Example(
            "4x1",
            "UPSAMPLE(size=2, mode=bilinear, antialias=true)",
            "2x1",
            source="Pillow: a triangle of two output pixels, its weights 1/7, 3/7, 3/7 inside",
            operations=10,
            values=Values("7 14 21 28", "12 23"),
            window="irregular 3/2",
        ),
        Example(
            "4x1",
            "UPSAMPLE(size=2, mode=area)",
            "2x1",
            operations=4,
            values=Values("1 2 3 5", "1.5 4"),
            keeps=Keeps("new", inputs=True),
            window="irregular 2/2",
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

    scale: tuple[float, ...]
    size: tuple[int, ...] | None
    mode: str
    align_corners: bool
    antialias: bool

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the volume of the new size."""
        (volume,) = inputs
        self._check()
        axes = self._axes(volume.size)
        if any(axis.outputs < 1 for axis in axes):
            raise Misfit(
                misfits.ARGUMENT,
                f"UPSAMPLE by {_factors_text(self.scale)} leaves nothing of its input {volume.text}",
                field="scale",
                label=f"the input is {volume.text}",
            )
        return Volume(tuple(axis.outputs for axis in axes), volume.depth)

    def _check(self) -> None:
        """Refuse options without a meaning in the mode."""
        for name in ("align_corners", "antialias"):
            if getattr(self, name) and self.mode in {"nearest", "area"}:
                raise Misfit(
                    misfits.ARGUMENT,
                    f"UPSAMPLE {name} has no meaning in mode {self.mode}",
                    field=name,
                    label="for bilinear and bicubic",
                    hints=("remove it, or add `mode=bilinear`",),
                )

    def _axes(self, size: tuple[int, ...]) -> tuple[Resampled, ...]:
        """Return each axis with its new size."""
        if self.size is not None:
            outputs = spread(self.size, len(size), "size", "UPSAMPLE")
            return tuple(Resampled(old, new, (old, new), self.align_corners) for old, new in zip(size, outputs, strict=True))
        scale = self.scale * len(size) if len(self.scale) == 1 else self.scale
        if len(scale) != len(size) or not size:
            raise wrong_axes(len(self.scale), len(size), "scale", "UPSAMPLE")
        news = [int(old * factor) for old, factor in zip(size, scale, strict=True)]
        return tuple(
            Resampled(old, new, step(old, new, factor), self.align_corners)
            for old, new, factor in zip(size, news, scale, strict=True)
        )

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the window: transposed for a whole factor by the nearest pixel or linear, else irregular."""
        axes = self._axes(inputs[0].size)
        simple = self.mode == "nearest" or (self.mode == "bilinear" and not self.align_corners)
        if simple and all(
            axis.outputs * axis.step[0] == axis.size * axis.step[1] and not axis.outputs % axis.size for axis in axes
        ):
            factors = [axis.outputs // axis.size for axis in axes]
            if self.mode == "nearest":
                return (Window(tuple(Axis(factor, factor) for factor in factors), "transposed"),)
            linear = tuple(Axis(2 * factor - factor % 2, factor, 1, factor // 2, factor // 2) for factor in factors)
            return (Window(linear, "transposed"),)
        places = tuple(map(self._sees, axes))
        largest = tuple(
            Axis(max(map(len, _sample(sees, axis.outputs))), max(1, axis.size // axis.outputs))
            for sees, axis in zip(places, axes, strict=True)
        )
        return (Window(largest, "irregular", places=places),)

    def _sees(self, axis: Resampled) -> Sees:
        """Return the pixels of an axis that each output reads."""
        if self.mode == "nearest":
            return axis.nearest
        if self.mode == "area":
            return axis.area
        if self.antialias:
            return partial(axis.filtered, 1 if self.mode == "bilinear" else 2)
        return axis.linear if self.mode == "bilinear" else axis.cubic

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 2*t - 1 operations for each value of t pixels; none for nearest."""
        (volume,) = inputs
        if self.mode == "nearest":
            return Work()
        if self.mode == "area":
            return Work(ZERO, bins(volume, output) * dim("D", output.depth))
        if not self.antialias:
            per_value = 2 * (2 if self.mode == "bilinear" else 4) ** output.rank - 1
            return Work(ZERO, values(output) * per_value)
        read = [sum(map(len, map(self._sees(axis), range(axis.outputs)))) for axis in self._axes(volume.size)]
        taps = product(dim(f"T{letter}", count) for letter, count in zip("wht", read, strict=False))
        return Work(ZERO, (taps * 2 - product(dim(f"W{at}", size) for at, size in enumerate(output.size))) * dim("D", output.depth))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: backward needs the sizes alone; means keep the input, as AVGPOOL with `out` does."""
        return Keeps("new", inputs=self.mode == "area" and not output.is_vector())

    def autocast(self, inputs: tuple[Volume, ...]) -> Autocast:
        """Return float32 on CUDA, except for areas, which are average pools."""
        return Autocast(cuda="input" if self.mode == "area" else "float32")

    def label(self) -> str:
        """Return `UPSAMPLE2`, `UPSAMPLE(1.5)` or `UPSAMPLE(size=7x7)`."""
        if self.size is not None:
            return f"UPSAMPLE(size={dims_text(self.size)})"
        text = _factors_text(self.scale)
        return f"UPSAMPLE({text})" if "." in text else f"UPSAMPLE{text}"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the volume of the new size."""
        (x,) = inputs
        from cnncalc.kernels import resize
        from cnncalc.kernels.pool_whole import adaptive_average_pool

        axes = self._axes(tuple(reversed(x.shape[1:-1])))[::-1]
        sizes = tuple(axis.outputs for axis in axes)
        if self.mode == "area":
            return adaptive_average_pool(x, sizes)
        steps = tuple(axis.step for axis in axes)
        if self.mode == "nearest":
            return resize.upsample_nearest(x, sizes, steps=steps)
        if self.antialias:
            return resize.smooth(x, sizes, cubic=self.mode == "bicubic", align_corners=self.align_corners, steps=steps)
        upsample = resize.upsample_linear if self.mode == "bilinear" else resize.upsample_cubic
        return upsample(x, sizes, align_corners=self.align_corners, steps=steps)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the transpose of the interpolation: each pixel gets the gradient of what reads it, times its weight."""
        from cnncalc.kernels.reads import gradient_of_reads

        shape = kept.inputs[0].shape[1:-1]
        return Gradients((gradient_of_reads(gradient, self._reads(shape), shape),))

    def _reads(self, shape: tuple[int, ...]) -> Sequence[Reads]:
        """Return what the outputs read, for each axis in the order of an array."""
        from cnncalc.kernels import resize
        from cnncalc.kernels.reads import mean_reads

        axes = self._axes(tuple(reversed(shape)))[::-1]
        sizes, steps = tuple(axis.outputs for axis in axes), tuple(axis.step for axis in axes)
        if self.mode == "area":
            return mean_reads(shape, sizes)
        if self.mode == "nearest":
            return resize.nearest_reads(shape, sizes, steps=steps)
        if self.antialias:
            cubic = self.mode == "bicubic"
            return resize.smooth_reads(shape, sizes, cubic=cubic, align_corners=self.align_corners, steps=steps)
        reads = resize.linear_reads if self.mode == "bilinear" else resize.cubic_reads
        return reads(shape, sizes, align_corners=self.align_corners, steps=steps)


_MOST_SAMPLED = 4096


def _sample(sees: Sees, outputs: int) -> list[range]:
    """Return what the outputs read; of very many the first ones: windows repeat."""
    return [sees(at) for at in range(min(outputs, _MOST_SAMPLED))]


def _factors_text(scale: tuple[float, ...]) -> str:
    """Return factors as written: `2`, `1.5x2`."""
    return "x".join(map(str, scale if len(set(scale)) > 1 else scale[:1]))
