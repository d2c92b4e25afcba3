"""Layers that slide a window over their input: convolutions and pools."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ClassVar, TypedDict

from cnncalc.layers import misfits
from cnncalc.layers.base import Layer, Misfit, Repair
from cnncalc.layers.options import COVERING, BadValueError, Option, Padding, choice, padding, per_axis
from cnncalc.maths.volume import Dims, Volume, axis_name, dims_text, is_tuple, written
from cnncalc.maths.window import COVERED, ROUNDINGS, Axis, Window, floor_positions, positions_text
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.kernels.axes import Rounding
    from cnncalc.layers.base import Array
    from cnncalc.layers.options import Given

ROUNDING = Option(
    "rounding", choice(*ROUNDINGS), "strict, floor, ceil or ceil_caffe", "what to do when the stride does not fit", None, short="{}"
)


def _dilation(given: Given) -> tuple[int, ...]:
    """Read the steps between cells; 0 is the ordinary kernel of the course notes, which count the cells left out."""
    try:
        return per_axis()(given)
    except BadValueError as error:
        sizes = given.sizes if isinstance(given, Dims) else (given,)
        if not all(isinstance(size, int) and size >= 0 for size in sizes):
            raise
        ours = "x".join(str(int(size) + 1) for size in sizes if isinstance(size, int))
        hint = f"the course notes count the cells left out: their dilation {written(given)} is `dilation={ours}` here"
        raise BadValueError(error.problem, hint) from None


DILATION = Option(
    "dilation",
    _dilation,
    "an integer or one per axis",
    "steps between the cells of the kernel; 1 is contiguous",
    (1,),
    short="d{}",
)
KERNEL_DOC = "size of the window (F)"


def kernel(default: object) -> Option:
    """Return the option for the size of the window."""
    return Option("kernel", per_axis(), "an integer or one per axis", KERNEL_DOC, default, ("F",))


def stride(default: object) -> Option:
    """Return the option for the step of the window."""
    return Option("stride", per_axis(), "an integer or one per axis", "step of the window (S)", default, ("S",))


def padded(default: object) -> Option:
    """Return the option for the zeros around the input."""
    return Option(
        "padding",
        padding,
        "a number, one per axis, same, same_upper, same_lower, valid, or sides",
        "pixels added on each side (P)",
        default,
        ("P",),
        "p{}",
    )


def spread(values: tuple[int, ...], rank: int, field: str, kind: str) -> tuple[int, ...]:
    """Return one value per axis; raise Misfit for values of another number of axes."""
    if len(values) == rank:
        return values
    if len(values) == 1 and rank:
        return values * rank
    raise wrong_axes(len(values), rank, field, kind)


def wrong_axes(given: int, rank: int, field: str, kind: str) -> Misfit:
    """Return the misfit for values of the wrong number of axes."""
    if not rank:
        message = f"{kind} {field} needs a spatial axis, and its input is a vector"
        return Misfit(misfits.AXES, message, field=field, label="no axis", hints=("FC reads a vector",))
    return Misfit(
        misfits.AXES,
        f"{kind} {field} has values for {given} axes, but its input has {rank}",
        field=field,
        label=f"{given} values for {rank} {'axis' if rank == 1 else 'axes'}",
        hints=(f"give one value for all axes, or {rank}",),
    )


class Moves(TypedDict):
    """The movement of a window, axis by axis in the order of an array."""

    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]


class Steps(NamedTuple):
    """A window in the order of an array's axes: (time,) height, width."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    def named(self) -> Moves:
        """Return the movement as keyword arguments of the forward kernels."""
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}


class Windowed(Layer):
    """A window of `kernel`, moved by `stride` over the padded input."""

    told: ClassVar[tuple[str, ...]] = ("kernel", "filters", "stride")

    kernel: tuple[int, ...]
    stride: tuple[int, ...] | None
    dilation: tuple[int, ...]
    padding: Padding
    rounding: Rounding | None

    @property
    def rule(self) -> Rounding:
        """The rounding rule for a stride that does not fit; `floor` where the padding makes every stride fit."""
        return "floor" if self.covers else self.rounding or "strict"

    @property
    def covers(self) -> bool:
        """Whether the padding follows from the size of the input."""
        return self.padding in COVERING

    def steps(self, x: Array) -> Steps:
        """Return the window over an array; its padding depends on the sizes only where it covers the input."""
        return _steps(self, tuple(reversed(x.shape[1:-1])) if self.covers else (1,) * (x.ndim - 2))

    def axes(self, volume: Volume) -> tuple[Axis, ...]:
        """Return the window along each axis of this input."""
        rank = volume.rank
        kernel = spread(self.kernel, rank, "kernel", self.name())
        stride = spread(self.stride or self.kernel, rank, "stride", self.name())
        dilation = spread(self.dilation, rank, "dilation", self.name())
        bare = tuple(map(Axis, kernel, stride, dilation))
        sides = self.sides(bare, volume.size)
        return tuple(Axis(f, s, d, *p) for (f, s, d, _, _), p in zip(bare, sides, strict=True))

    def sides(self, axes: tuple[Axis, ...], size: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """Return the padding before and after, axis by axis; the odd pixel goes to the far end, or by `same_lower` to the near."""
        if isinstance(self.padding, str):
            near = 1 if self.padding == "same_lower" else 0
            return tuple(((total + near) // 2, total - (total + near) // 2) for total in self.totals(axes, size))
        if len(self.padding) == 1:
            return self.padding * len(size)
        if len(self.padding) != len(size):
            raise wrong_axes(len(self.padding), len(size), "padding", self.name())
        return self.padding

    def totals(self, axes: tuple[Axis, ...], size: tuple[int, ...]) -> tuple[int, ...]:
        """Return the pixels of a padding given as a word, both sides together: A*(F - 1), or what ceil(W/S) windows take."""
        if self.covers:
            return tuple(axis.covering(side) for axis, side in zip(axes, size, strict=True))
        return tuple(axis.extent - 1 for axis in axes)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the window along each axis."""
        return (Window(self.axes(inputs[0]), rounding=COVERED if self.covers else self.rule),)

    def slide(self, volume: Volume) -> tuple[int, ...]:
        """Return the number of window positions along each axis; raise Misfit if it does not fit."""
        axes = self.axes(volume)
        self.check(axes)
        rounding = self.rule
        sizes = tuple(self.positions(axis, size, rounding, axes) for axis, size in zip(axes, volume.size, strict=True))
        if min(sizes) < 1:
            raise self._too_small(axes, volume)
        if rounding == "strict" and any(axis.leftover(size) for axis, size in zip(axes, volume.size, strict=True)):
            raise self._misfit(axes, volume)
        return sizes

    def check(self, axes: tuple[Axis, ...]) -> None:
        """Refuse windows that this kind allows on no input."""

    def positions(self, axis: Axis, size: int, rounding: str, axes: tuple[Axis, ...]) -> int:
        """Return the positions along one axis; convolutions round down under every rule."""
        return floor_positions(axis, size)

    def short_kernel(self) -> str:
        """Return `3` or `1x7`."""
        return dims_text(self.kernel if len(set(self.kernel)) > 1 else self.kernel[:1])

    def short_stride(self, usual: tuple[int, ...]) -> str:
        """Return `/2`, or an empty text for the usual stride."""
        stride = self.stride or self.kernel
        if stride == usual or (len(set(stride)) == 1 and len(set(usual)) == 1 and stride[0] == usual[0]):
            return ""
        return "/" + dims_text(stride if len(set(stride)) > 1 else stride[:1])

    def usual(self, option: Option) -> bool:
        """Return whether an option has its default, or a value that moves the window alike."""
        if option.name == "rounding":
            return True  # every rule that does not fail rounds down
        if option.name == "dilation":
            return set(self.dilation) == {1}
        if option.name == "padding":
            return self._written_out(self.padding) == self._written_out(option.default)
        return super().usual(option)

    def _written_out(self, padding: object) -> object:
        """Return the sides of a padding on as many axes as the window states; a word that depends on the input stays."""
        if padding in COVERING:
            return padding
        stated = (self.kernel, self.dilation, () if isinstance(self.padding, str) else self.padding)
        rank = max(map(len, stated))
        if is_tuple(padding):
            return padding * rank if len(padding) == 1 else padding
        kernel, dilation = (values * rank if len(values) == 1 else values for values in stated[:2])
        totals = [d * (f - 1) for f, d in zip(kernel, dilation, strict=False)]
        return tuple((total // 2, total - total // 2) for total in totals)

    def _too_small(self, axes: tuple[Axis, ...], volume: Volume) -> Misfit:
        at = next(i for i, (axis, size) in enumerate(zip(axes, volume.size, strict=True)) if axis.slack(size) < 0)
        axis, size = axes[at], volume.size[at]
        have = size + axis.before + axis.after
        more = -(-(axis.extent - have) // 2)
        fits = (have - 1) // axis.dilation + 1
        return Misfit(
            misfits.TOO_SMALL,
            f"{self.name()} kernel {self.short_kernel()} is larger than its input",
            field="kernel" if "kernel" in self.given() else "",
            label=positions_text(axis, size),
            notes=(
                f"the window spans {axis.extent} pixels, the padded {axis_name(at, volume.rank)} has {have}",
                f"the input is {volume.text}",
            ),
            hints=(
                (
                    f"a kernel of at most {fits}, padding of at least {max(axis.before, axis.after) + more}, or "
                    f"an input {axis_name(at, volume.rank)} of at least {size + axis.extent - have} fits"
                ),
            ),
        )

    def _misfit(self, axes: tuple[Axis, ...], volume: Volume) -> Misfit:
        at = next(i for i, (axis, size) in enumerate(zip(axes, volume.size, strict=True)) if axis.leftover(size))
        stride = tuple(axis.stride for axis in axes)
        shown = dims_text(stride if len(set(stride)) > 1 else stride[:1])
        return Misfit(
            misfits.STRIDE,
            f"{self.name()} stride {shown} does not fit its input",
            field="stride",
            label=positions_text(axes[at], volume.size[at]),
            notes=(f"the input is {volume.text}; {unseen_text(axes, volume)}",),
            hints=lambda: _hints(self, volume),
            repairs=lambda: _repairs(self, volume),
        )


def _repairs(layer: Windowed, volume: Volume) -> Sequence[Repair]:
    """Return the ways to make a stride fit."""
    from cnncalc.layers.repairs import repairs  # only on the way to an error

    return repairs(layer, volume)


def _hints(layer: Windowed, volume: Volume) -> tuple[str, ...]:
    from cnncalc.layers.repairs import ways_out  # only on the way to an error

    return (ways_out(_repairs(layer, volume)),)


@functools.lru_cache(1024)
def _steps(layer: Windowed, size: tuple[int, ...]) -> Steps:
    """Return the window of a layer over arrays of a size; cached, since a network runs more than once."""
    axes = layer.axes(Volume(size, 1))[::-1]
    kernel, stride, dilation, before, after = zip(*axes, strict=True)
    return Steps(kernel, stride, tuple(zip(before, after, strict=True)), dilation)


def unseen_text(axes: tuple[Axis, ...], volume: Volume) -> str:
    """Return a text on the pixels that no window covers when rounding down."""
    words = {"width": ("column", "columns"), "height": ("row", "rows"), "time": ("frame", "frames"), "length": ("value", "values")}
    lost: list[str] = []
    for at, (axis, size) in enumerate(zip(axes, volume.size, strict=True)):
        if count := axis.unseen(size):
            one, many = words[axis_name(at, volume.rank)]
            lost.append(one if count == 1 else f"{count} {many}")
    if not lost:
        return (
            "rounding down would leave out padding only, on the right and bottom"
            if volume.rank > 1
            else "rounding down would leave out padding only, at the end"
        )
    return f"its last {' and '.join(lost)} would never be seen"
