"""Two arrays compared: values that are not as expected, and values that change when the image moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward.selection import NAMES
from cnncalc.forward.value_text import number
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cnncalc.kernels.arrays import Array

CLOSE = 1e-6
"""The difference up to which values are as expected, as a share of the largest one: sums and printed figures are rounded."""
ROUNDING = {"float32": 1e-5, "float64": 1e-12}
"""Differences up to this share of the largest value are rounding."""


class Difference(NamedTuple):
    """The first of the values that are not as expected."""

    place: str
    """Its indices along x, y, (time,) depth, and the image of a batch: `3,1,0`."""
    found: str
    wanted: str
    number: int
    """How many values differ."""


def difference(found: Array, wanted: Array) -> Difference | None:
    """Return how N x (time x) height x width x depth differs from what is expected; None where it does not."""
    differs = np.abs(found - wanted) > CLOSE * float(np.abs(wanted).max())
    if not differs.any():
        return None
    place = tuple(int(at) for at in np.argwhere(differs)[0])
    index = dict(zip(NAMES[found.ndim - 2], (*place[-2:0:-1], place[-1], place[0]), strict=True))
    indices = ",".join(str(at) for axis, at in index.items() if axis != "n" or len(found) > 1)
    return Difference(indices, number(found[place]), number(wanted[place]), int(differs.sum()))


def changed(before: Array, after: Array) -> int:
    """Return the number of values that differ by more than rounding."""
    scale = max(float(np.abs(before).max()), float(np.abs(after).max()))
    return int((np.abs(before - after) > ROUNDING[str(before.dtype)] * scale).sum())


def moved(images: Array, shift: tuple[int, ...]) -> Array:
    """Return N x (time x) height x width x depth moved by so many pixels along x, y, time; zeros enter."""
    result = np.zeros_like(images)
    source: list[slice] = [slice(None)] * images.ndim
    target: list[slice] = [slice(None)] * images.ndim
    for at, by in enumerate(shift):
        axis = images.ndim - 2 - at
        side = images.shape[axis]
        source[axis] = slice(max(0, -by), side - max(0, by))
        target[axis] = slice(max(0, by), side - max(0, -by))
    result[tuple(target)] = images[tuple(source)]
    return result
