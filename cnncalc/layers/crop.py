"""CROP: pixels removed from the border."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._structure import Structure
from cnncalc.layers._windowed import spread
from cnncalc.layers.base import Example, Gradients, Idle, Keeps, Misfit, Phase, Shorthand, Values
from cnncalc.layers.options import Option, per_axis
from cnncalc.layers.pad import Sides, sides
from cnncalc.layers.pad import per_axis as each_axis
from cnncalc.maths.volume import Volume, axis_name, dims_text, written
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted

AMOUNT = Option("crop", sides, "a number, one per axis, or sides", "pixels removed from each side", ((0, 0),))
SIZE = Option("size", per_axis(), "an integer or one per axis", "the size to keep, from the middle, instead of `crop`", None)

OFFSET = Option(
    "offset",
    per_axis(0),
    "an integer or one per axis",
    "pixels removed before the kept ones, with `size`; default: half of all",
    None,
)


@final
class Crop(Structure):
    """Removes pixels from the border, or keeps the middle of a given size (the odd pixel is removed at the far end).

    Shapes: WxHxD to (W - before - after)x(H - before - after)xD.
    Source: Ronneberger et al. 2015, arXiv:1505.04597, "copy and crop".
    """

    kind = "crop"
    summary = "removes pixels from the border"
    options: ClassVar[tuple[Option, ...]] = (AMOUNT, SIZE, OFFSET)
    shorthand = Shorthand("crop", first="crop")
    told = ("crop", "size")
    sized = ("crop", "size")
    in_place = True
    idle = (Idle("crop", "size", needed=None),)
    examples = (
        Example("64x64x512", "CROP(4)", "56x56x512", source="Ronneberger et al. 2015, figure 1", window="1"),
        Example("64x64x512", "CROP(size=56)", "56x56x512", window="1"),
        Example("4x1", "CROP(2:1)", "1x1", values=Values("1 2 3 4", "3"), keeps=Keeps("view")),
        Example(
            "3x2x1",
            "CROP(1:0x0:1)",
            "2x1x1",
            values=Values("1 2 3; 4 5 6", "2 3"),
            keeps=Keeps("view", phases=(Phase(3, first=True), Phase(3, last=True))),
        ),
        Example(
            "4x4x4x1",
            "CROP(1)",
            "2x2x2x1",
            window="1",
            keeps=Keeps("view", phases=(Phase(16, first=True), Phase(16 + 32), Phase(32, last=True))),
        ),
        Example(
            "6x1", "CROP(size=2, offset=3)", "2x1", source="Caffe, Crop, in FCN", values=Values("1 2 3 4 5 6", "4 5"), window="1"
        ),
        Example("4x1", "CROP(size=1)", "1x1", values=Values("1 2 3 4", "2")),
    )

    crop: Sides
    size: tuple[int, ...] | None
    offset: tuple[int, ...] | None

    def pairs(self, volume: Volume) -> Sides:
        """Return the pixels removed before and after, axis by axis."""
        if self.size is None:
            return each_axis(self.crop, volume.rank, "crop", "CROP")
        totals = [have - keep for have, keep in zip(volume.size, spread(self.size, volume.rank, "size", "CROP"), strict=True)]
        if self.offset is None:
            return tuple((total // 2, total - total // 2) for total in totals)
        offsets = spread(self.offset, volume.rank, "offset", "CROP")
        return tuple((offset, total - offset) for offset, total in zip(offsets, totals, strict=True))

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the smaller volume."""
        (volume,) = inputs
        if self.offset is not None:
            self._check_offset(volume)
        left = tuple(size - before - after for size, (before, after) in zip(volume.size, self.pairs(volume), strict=True))
        for at, (now, size) in enumerate(zip(left, volume.size, strict=True)):
            if not 1 <= now <= size:
                raise Misfit(
                    misfits.ARGUMENT,
                    f"CROP makes {now} of the input {axis_name(at, volume.rank)} {size}",
                    field="crop" if self.size is None else "size",
                    label=f"the input is {volume.text}",
                )
        return Volume(left, volume.depth)

    def _check_offset(self, volume: Volume) -> None:
        """Refuse an offset without a size to keep, or one that moves the kept pixels beyond the input."""
        if self.size is None:
            raise Misfit(
                misfits.ARGUMENT,
                "CROP offset has no meaning without `size` or `like`",
                field="offset",
                label="where the kept pixels begin",
                hints=("add `size=…`, or write the sides: `CROP(3:1)`",),
            )
        for at, (before, after) in enumerate(self.pairs(volume)):
            if after < 0 <= before + after:
                raise Misfit(
                    misfits.ARGUMENT,
                    f"CROP offset {before} is beyond the {before + after} pixels to remove from the {axis_name(at, volume.rank)}",
                    field="offset",
                    label=f"at most {before + after}",
                )

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return a window of one pixel, shifted by the crop."""
        return (Window(tuple(Axis(1, before=-before, after=-after) for before, after in self.pairs(inputs[0]))),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the output is a view. The axes are cropped one by one: each has a gradient of full size."""
        return Keeps("view", phases=self._phases(inputs[0]))

    def _phases(self, volume: Volume) -> tuple[Phase, ...]:
        """Return the backward steps of several cropped axes, the width's first; a single one makes the input's gradient alone."""
        sides = [size - before - after for size, (before, after) in zip(volume.size, self.pairs(volume), strict=True)]
        cropped = [at for at, (size, left) in enumerate(zip(volume.size, sides, strict=True)) if left != size]
        made = [volume.values]  # by the crops of no axis, of the last one, of the last two
        for at in reversed(cropped[1:]):
            made.append(made[-1] // volume.size[at] * sides[at])
        live = [after + before for after, before in zip((0, *made[1:]), (*made[1:], 0), strict=True)][::-1]
        return tuple(Phase(each, first=at == 0, last=at == len(live) - 1) for at, each in enumerate(live)) if len(live) > 1 else ()

    def label(self) -> str:
        """Return `CROP(4)`, or `CROP(size=2, offset=3)`."""
        if self.size is None:
            return f"CROP({written(self.crop)})"
        offset = "" if self.offset is None else f", offset={dims_text(self.offset)}"
        return f"CROP(size={dims_text(self.size)}{offset})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return a view without the border."""
        from cnncalc.kernels.shape import crop

        return crop(inputs[0], self._margins(inputs[0]))

    def _margins(self, x: Array) -> Sides:
        """Return the pixels removed in the order of the axes of an array."""
        return self.pairs(Volume(x.shape[-2:0:-1], x.shape[-1]))[::-1]

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient with zeros at the border."""
        from cnncalc.kernels.shape_backward import crop_backward

        (x,) = kept.inputs
        return Gradients((crop_backward(gradient, x.shape[1:-1], self._margins(x)),))
