"""Parts of a volume, as the course notes index them: `conv1`, `conv1[:,:,0]`, `conv1[3,4,:]`.

The axes are x, y, (time,) depth and, if named, the image of the batch, from 0; `a:b` ends before b, as in NumPy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward import codes
from cnncalc.forward.typed_arrays import order_of
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cnncalc.kernels.arrays import Array

NAMES = {1: ("x", "d", "n"), 2: ("x", "y", "d", "n"), 3: ("x", "y", "t", "d", "n")}
"""The axes of a volume of so many spatial axes."""
_INDEXED = re.compile(r"(?P<layer>.+)\[(?P<indices>[^\[\]]*)\]\s*")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SLICE = re.compile(r"(-?[0-9]{1,9})?\s*:\s*(-?[0-9]{1,9})?")


class Selection(NamedTuple):
    """What to print: a layer, and the indices after its name."""

    text: str
    layer: str
    """The name of the layer; empty for the outputs of the network."""
    start: int = 0
    """Where the indices begin in the text; 0 where there are none."""
    indices: tuple[str, ...] = ()


class Part(NamedTuple):
    """A part of a volume."""

    text: str
    """The layer with its indices, as asked for."""
    kept: tuple[int, ...]
    """The axes (of `NAMES`) that the array has."""
    offsets: tuple[int, ...]
    """The first index along each of these axes."""
    names: tuple[str, ...]
    """The names of all axes."""
    indices: tuple[int, ...]
    """The index along each axis that the array does not have; -1 for the others."""
    array: Array
    """The values, with the axes in the order of the names."""


def selection(text: str, names: Collection[str]) -> Selection:
    """Return what `--print` asks for; a name with brackets of its own is a name where the network has it."""
    found = None if text in names else _INDEXED.fullmatch(text)
    if found is None:
        return Selection(text, text)
    return Selection(text, found["layer"], found.start("indices"), tuple(found["indices"].split(",")))


def part(chosen: Selection, name: str, volume: Array) -> Part:
    """Return the part of N x (time x) height x width x depth that is chosen. Raises SpecError for indices beyond it."""
    rank = volume.ndim - 2
    return part_along(chosen, name, NAMES[rank], volume.transpose((*range(rank, 0, -1), rank + 1, 0)))


def part_of_stored(chosen: Selection, name: str, stored: Array, rank: int) -> Part:
    """Return the part of an array that a layer over a volume of so many axes stores: x, y, (time,) depth, filter.

    A matrix has its units along y, as it is typed. Raises SpecError for indices beyond the array.
    """
    array = stored.transpose(order_of(stored.shape, rank)[::-1])
    names = _names(array.ndim, rank)
    return part_along(chosen, name, names, array, least=len(names))


def _names(count: int, rank: int) -> tuple[str, ...]:
    """Return the names of the axes of a stored array."""
    if count < 3:
        return (("k",), ("x", "y"))[count - 1] if count else ()
    if count <= rank + 2:
        return (*NAMES[rank][:-1], "k")[:count]
    places = ("i", "j", "l")[: count - rank - 2]  # one filter for each place
    return (*NAMES[rank][:rank], *places, "d", "k")


def part_along(chosen: Selection, name: str, names: tuple[str, ...], array: Array, *, least: int = 0) -> Part:
    """Return the part of an array along these axes. The last index may be left out, unless `least` are needed."""
    least = least or len(names) - 1
    indices = chosen.indices or (":",) * len(names)
    if not least <= len(indices) <= len(names):
        have = "is 1 index" if len(indices) == 1 else f"are {len(indices)} indices"
        example = ",".join([*("0",) * (least - 1), ":"])
        message = f"{name} has the axes {', '.join(names[:least])}, here {have}"
        raise _bad(chosen, 0, len(indices), message, (f"{name}[{example}]",))
    indices = (*indices, ":")[: len(names)]
    cuts = [_cut(chosen, at, names[at], array.shape[at], index.strip()) for at, index in enumerate(indices)]
    if len(chosen.indices) < len(names) and chosen.indices and array.shape[-1] == 1:
        cuts[-1] = 0
    kept = tuple(at for at, cut in enumerate(cuts) if isinstance(cut, slice))
    offsets = tuple(cut.indices(array.shape[at])[0] for at, cut in enumerate(cuts) if isinstance(cut, slice))
    fixed = tuple(-1 if isinstance(cut, slice) else cut for cut in cuts)
    shown = f"{name}[{','.join(index.strip() for index in chosen.indices)}]" if chosen.indices else name
    return Part(shown, kept, offsets, names, fixed, np.asarray(array[tuple(cuts)]))


def _cut(chosen: Selection, at: int, axis: str, size: int, index: str) -> int | slice:
    """Return an index along one axis."""
    if _INTEGER.fullmatch(index):
        value = int(index)
        if not -size <= value < size:
            raise _bad(chosen, at, at + 1, f"{axis} goes from 0 to {size - 1} in {chosen.layer}, it is not {index}")
        return value % size
    found = _SLICE.fullmatch(index)
    if found is None:
        raise _bad(chosen, at, at + 1, f"`{index[:40]}` is no index; an index is 3, : or 0:5")
    cut = slice(*(int(end) if end is not None else None for end in found.groups()))
    if not range(*cut.indices(size)):
        raise _bad(chosen, at, at + 1, f"{index} is empty: {axis} goes from 0 to {size - 1} in {chosen.layer}")
    return cut


def _bad(chosen: Selection, first: int, end: int, message: str, hints: Sequence[str] = ()) -> SpecError:
    """Return the error for some of the indices."""
    start = chosen.start + sum(len(index) + 1 for index in chosen.indices[:first])
    span = Span(Source("--print", chosen.text), start, start + len(",".join(chosen.indices[first:end])))
    return SpecError([Diagnostic(codes.SELECTION, "error", message, span, hints=tuple(hints))])
