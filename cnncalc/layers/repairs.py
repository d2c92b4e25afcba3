"""Repairs for a stride that does not fit: each one is tried on the layer and its input first.

They apply to sliding layers: layers with a kernel, a stride, a padding and a rounding rule (`Window.slides`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import Misfit, Repair
from cnncalc.maths.volume import Volume, dims_text, written
from cnncalc.maths.window import COVERED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.layers.base import Layer
    from cnncalc.layers.options import Padding
    from cnncalc.maths.window import Axis

_REACH = 4096  # largest distance of a repair from the present value
_MOST_DIVISORS = 12


def repairs(layer: Layer, volume: Volume) -> list[Repair]:
    """Return the repairs of a layer on this input, each computed and tried; the rounding comes last."""
    axes = _axes(layer, volume)
    moves = {"stride": tuple(axis.stride for axis in axes)}  # of a pool, the stride follows the kernel unless given
    return [
        *(Repair("stride", str(value), {"stride": (value,)}) for value in strides(layer, volume)),
        *(Repair("kernel", str(value), {"kernel": (value,), **moves}) for value in kernels(layer, volume)),
        *(Repair("padding", written(value), {"padding": value}) for value in paddings(layer, volume)),
        *(Repair("input", dims_text(value.size), {}) for value in inputs(layer, volume)),
        Repair("rounding", "floor", {"rounding": "floor"}),
    ]


def ways_out(found: Sequence[Repair]) -> str:
    """Return `stride 1 or 7, kernel 2 or 4, or `rounding: floor`, fits`."""
    ways: list[str] = []
    for what in dict.fromkeys(repair.what for repair in found):
        shown = [repair.shown for repair in found if repair.what == what]
        ways.append("`rounding: floor`" if what == "rounding" else f"{what} {' or '.join(shown)}")
    return f"{', '.join(ways[:-1])}, or {ways[-1]}, fits" if len(ways) > 1 else f"{ways[0]} fits"


def fits(layer: Layer, volume: Volume) -> bool:
    """Return whether the layer covers the input with nothing left over."""
    floored = layer.replaced(rounding="floor")  # `strict` would search for repairs again
    try:
        floored.infer((volume,))
    except Misfit:
        return False
    (window,) = floored.windows((volume,))
    if window is not None and window.rounding == COVERED:
        return True
    return not any(axis.leftover(size) for axis, size in zip(_axes(floored, volume), volume.size, strict=True))


def divisors(near: int, *numbers: int) -> list[int]:
    """Return the common divisors of numbers that are nearest to a number that is none; at most 12, in order."""
    found = [each for each in range(1, min(_REACH, *numbers) + 1) if not any(number % each for number in numbers)]
    return sorted(sorted(found, key=lambda each: abs(each - near))[:_MOST_DIVISORS])


def strides(layer: Layer, volume: Volume) -> list[int]:
    """Return the nearest strides, for all axes alike, below and above the present one."""
    present = max(axis.stride for axis in _axes(layer, volume))
    return _nearest(present, _largest(layer, volume), lambda value: fits(layer.replaced(stride=(value,)), volume))


def all_strides(layer: Layer, volume: Volume) -> list[int]:
    """Return every stride that fits, up to the slack: any larger stride leaves one position only."""
    most = min(_largest(layer, volume), _REACH)
    return [value for value in range(1, most + 1) if fits(layer.replaced(stride=(value,)), volume)]


def kernels(layer: Layer, volume: Volume) -> list[int]:
    """Return the nearest kernels, at the present stride."""
    axes = _axes(layer, volume)
    stride = tuple(axis.stride for axis in axes)
    return _nearest(
        max(axis.kernel for axis in axes),
        max(volume.size) + 1,
        lambda value: fits(layer.replaced(kernel=(value,), stride=stride), volume),
    )


def paddings(layer: Layer, volume: Volume) -> list[Padding]:
    """Return the nearest padding equal on all sides; if none fits, the least with a larger far end."""
    axes = _axes(layer, volume)
    present = max(axis.before for axis in axes)
    even = _nearest(
        present,
        present + max(axis.stride for axis in axes),
        lambda value: fits(layer.replaced(padding=((value, value),)), volume),
        least=0,
    )
    found: list[Padding] = [((value, value),) for value in even]
    sides = tuple((axis.before, axis.after + -axis.slack(size) % axis.stride) for axis, size in zip(axes, volume.size, strict=True))
    uneven: Padding = sides[:1] if len(set(sides)) == 1 else sides
    if not found and fits(layer.replaced(padding=uneven), volume):
        found.append(uneven)
    return found


def all_paddings(layer: Layer, volume: Volume) -> list[int]:
    """Return every fitting padding below the window's extent, equal on all sides: more would add empty windows."""
    most = min(*(axis.extent for axis in _axes(layer, volume)), _REACH)
    return [value for value in range(most) if fits(layer.replaced(padding=((value, value),)), volume)]


def inputs(layer: Layer, volume: Volume) -> list[Volume]:
    """Return the nearest input sizes, smaller and larger."""
    axes = _axes(layer, volume)
    smaller = tuple(size - axis.leftover(size) for axis, size in zip(axes, volume.size, strict=True))
    larger = tuple(size + -axis.slack(size) % axis.stride for axis, size in zip(axes, volume.size, strict=True))
    found = [Volume(size, volume.depth) for size in (smaller, larger) if min(size) > 0]
    return [each for each in found if fits(layer, each)]


def _axes(layer: Layer, volume: Volume) -> tuple[Axis, ...]:
    """Return the window of a sliding layer along each axis of its input."""
    (window,) = layer.windows((volume,))
    assert window is not None  # noqa: S101  it slides
    return window.axes


def _largest(layer: Layer, volume: Volume) -> int:
    return max(1, *(axis.slack(size) for axis, size in zip(_axes(layer, volume), volume.size, strict=True)))


def _nearest(present: int, most: int, test: Callable[[int], bool], least: int = 1) -> list[int]:
    """Return the nearest values below and above the present one that pass."""
    below = range(present - 1, max(least, present - _REACH) - 1, -1)
    above = range(present + 1, min(most, present + _REACH) + 1)
    return [value for side in (below, above) for value in _first(side, test)]


def _first(values: range, test: Callable[[int], bool]) -> list[int]:
    for value in values:
        if test(value):
            return [value]
    return []
