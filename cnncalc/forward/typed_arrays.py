"""Typed values as the arrays of a run: images, and the arrays that layers store."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward import codes
from cnncalc.forward.typed_values import refuse, squeezed
from cnncalc.forward.value_text import text_of
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cnncalc.forward.typed_values import Values
    from cnncalc.kernels.arrays import Array
    from cnncalc.maths.volume import Volume

_LONGEST_HINT = 200  # characters of values in a hint
_PARTS = ("number", "row", "slice", "group")


class Wanted(NamedTuple):
    """The shape that typed values must have, and its words."""

    name: str
    shape: tuple[int, ...]
    words: tuple[str, ...]
    """What one item of each axis is called; the innermost ones that are left are numbers."""
    fixed: int
    """The number of inner axes that never share a row with others."""
    rank: int = 2
    """The number of axes of a slice; 2 for a matrix."""
    batch: bool = False
    """Whether the first axis is a number of images that the text sets."""

    def described(self) -> str:
        """Return `2 slices of 3 rows of 4 numbers`, for one image."""
        begin = int(self.batch)
        pairs = [(side, word) for side, word in zip(self.shape[begin:], self.words[begin:], strict=True) if side != 1]
        sides = [*(many(side, word) for side, word in pairs[:-1]), many(pairs[-1][0] if pairs else 1, "number")]
        return " of ".join(sides)

    def holds(self, found: Values) -> bool:
        """Return whether the values have this shape: sides of 1 count for nothing, and the outer axes may be one."""
        if len(found.numbers) != prod(self.shape):
            return False
        if found.in_one_row:
            return len(squeezed(self.shape)) == 1
        merged = ((prod(self.shape[:cut]), *self.shape[cut:]) for cut in range(len(self.shape) - self.fixed + 1))
        return any(squeezed(each) == found.shape for each in merged)


_AXES = ("slice", "frame", "row", "number")


def _axes(rank: int) -> tuple[str, ...]:
    """Return the words for a slice's axes: frame, row, number."""
    return _AXES[-rank:] if rank else ()


def images(found: Values, volume: Volume, dtype: str) -> Array:
    """Return typed values as N x (time x) height x width x depth, for as many images as they are.

    Raises SpecError where they do not fit the volume.
    """
    shape = (images_typed(found, volume), volume.depth, *reversed(volume.size))
    words = ("image", "slice", *_axes(volume.rank))
    wanted = Wanted(f"the volume {volume.text}", shape, words, min(volume.rank, 2), volume.rank, batch=True)
    if not wanted.holds(found):
        raise _unfit(found, wanted)
    array = np.array(found.numbers, dtype=np.float64).reshape(shape)
    return converted(np.moveaxis(array, 1, -1), dtype, found)


def images_typed(found: Values, volume: Volume) -> int:
    """Return the number of images that the values are; 1 where they do not fit."""
    return max(1, len(found.numbers) // volume.values)


def stored(found: Values, name: str, shape: tuple[int, ...], volume: Volume, dtype: str) -> Array:
    """Return typed values as an array that a layer over `volume` stores in `shape` (docs/counting.md).

    The last axis (filters, units, channels) is typed first, then the channels of a filter, then the rest as stored. A row of a
    matrix is the weights of one unit, over a volume in the order in which it is stored, or slice by slice.
    Raises SpecError where they do not fit.
    """
    order = order_of(shape, volume.rank)
    fixed = max(0, min(volume.rank, 2, len(shape) - 1))
    wanted = Wanted(
        name, tuple(shape[axis] for axis in order), _words(shape, volume.rank), fixed, 2 if len(shape) == 2 else volume.rank
    )
    numbers = np.array(found.numbers, dtype=np.float64)
    if wanted.holds(found):
        return converted(numbers.reshape(wanted.shape).transpose(np.argsort(order)), dtype, found)
    picture = (shape[-1], volume.depth, *reversed(volume.size))  # the weights of each unit as a picture
    if len(shape) == 2 and shape[0] == volume.values and wanted._replace(shape=picture, fixed=2).holds(found):
        array = np.moveaxis(numbers.reshape(picture), 1, -1)
        return converted(np.moveaxis(array, 0, -1).reshape(shape), dtype, found)
    raise _unfit(found, wanted)


def _words(shape: tuple[int, ...], rank: int) -> tuple[str, ...]:
    """Return what one item of each axis of a stored array is called, in the order in which it is typed."""
    if len(shape) < 3:
        return ("row", "number")[-len(shape) :] if shape else ()
    inner = ("slice", *_axes(rank))
    outer = ("filter", *("group",) * len(shape)) if len(shape) > rank + 1 else ()
    return (*outer[: len(shape) - len(inner)], *inner)[-len(shape) :]


def typed_order(array: NDArray[np.generic], rank: int) -> NDArray[np.generic]:
    """Return an array that a layer over a volume of so many axes stores, with its axes in the order in which it is typed."""
    return array.transpose(order_of(array.shape, rank))


def order_of(shape: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return the axes of a stored array in the order in which they are typed."""
    last = len(shape) - 1
    if len(shape) == rank + 1 or last < 1:
        return (last, *range(last)) if shape else ()
    return (last, last - 1, *range(last - 1))


def _unfit(found: Values, wanted: Wanted) -> SpecError:
    """Return the error for values of another count or shape, with the user's own numbers in the right one where they can be."""
    needs, have = prod(wanted.shape[int(wanted.batch) :]), len(found.numbers)
    described = wanted.described()
    if have % needs if wanted.batch else have != needs:
        message = f"{wanted.name} needs {many(needs, 'number')}, here {'is' if have == 1 else 'are'} {have:,}"
        notes = (f"it is typed as {described}",) if " of " in described else ()
        return SpecError([Diagnostic(codes.UNFIT, "error", message, found.span, notes=notes)])
    here = " of ".join(many(side, _PARTS[min(at, len(_PARTS) - 1)]) for at, side in enumerate(reversed(found.shape or (1,))))
    here = " of ".join(reversed(here.split(" of ")))
    each = " for each image" if wanted.batch and have > needs else ""
    message = f"{wanted.name} needs {described}{each}, here are {here}"
    images, depth, *slices = (*wanted.shape, *(1,) * 2)[: max(2, len(wanted.shape))]
    notes = ()
    if wanted.batch and found.shape in {squeezed((*slices, depth)), squeezed((images, *slices, depth))}:
        notes = ("the depth is the last axis of an .npy file; typed values have one slice after the other",)
    return SpecError([Diagnostic(codes.UNFIT, "error", message, found.span, notes=notes, hints=tuple(_arranged(found, wanted)))])


def _arranged(found: Values, wanted: Wanted) -> Iterator[str]:
    """Yield the numbers in the right shape, row by row, and column by column where a flat list leaves that open."""
    array = np.array(found.numbers).reshape(wanted.shape)
    text = text_of(array, wanted.rank)
    if len(text) > _LONGEST_HINT:
        return
    yield f'row by row they are "{text}"'
    if found.in_one_row and array.ndim > 1 and 1 not in array.shape[-2:]:
        turned = array.reshape((*wanted.shape[:-2], wanted.shape[-1], wanted.shape[-2])).swapaxes(-1, -2)
        yield f'column by column, as Julia and Matlab count, "{text_of(turned, wanted.rank)}"'


def converted(array: Array, dtype: str, found: Values) -> Array:
    """Return the array in the type of the run. Raises SpecError for numbers beyond it."""
    with np.errstate(over="ignore"):  # refused below
        numbers = np.ascontiguousarray(array, dtype=dtype)
    if not np.isfinite(numbers).all():
        hints = ("--dtype float64 holds them",) if dtype != "float64" else ()
        refuse(codes.NOT_NUMBERS, f"the text holds values beyond the largest {dtype}", found.span, hints=hints)
    return numbers
