"""The sheet of a part of a volume: depth columns X[x,y,:], depth slices X[:,:,d], and other parts in NumPy's notation."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.reports.sheet import GAP, Cell, Grid, Room, Sheet, chosen, number, some
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.kernels.arrays import Array

_FORM = re.compile(r"\s*([A-Za-z]\w*)\s*(?:\[([^\[\]]*)\])?\s*")
_PART = re.compile(r"(-?\d{1,9})|(-?\d{1,9})?:(-?\d{1,9})?(?::(\d{1,9}))?")


class BadPartError(ValueError):
    """A part of a volume that does not exist."""


class Named(NamedTuple):
    """An array that can be shown: its name, what it is, and its numbers in the axes of the notes."""

    what: str
    numbers: Array


def sheet(text: str, find: Callable[[str], Named | None], known: Sequence[str], name: str, room: Room) -> Sheet:
    """Return the part of an array that a text such as `X[:,:,0]` or `V[2,3,:]` names.

    `find` returns the array of a name; `known` are names for the message about an unknown one. Raises BadPartError for other texts.
    """
    found = _FORM.fullmatch(text)
    named = find(found[1]) if found else None
    if found is None or named is None:
        example = find(known[0])
        axes = ",".join([*[":"] * (example.numbers.ndim - 1), "0"]) if example else ":"
        message = f"`{text[:80]}` names no part of {listed(known, 'or')}, such as `{known[0]}[{axes}]`"
        raise BadPartError(message)
    of, inside, array = found[1], found[2], named.numbers
    words = [word.strip() for word in inside.split(",")] if inside is not None else [":"] * array.ndim
    if len(words) != array.ndim:
        axes = "1 axis" if array.ndim == 1 else f"{array.ndim} axes"
        message = f"{of} has {axes}, {_sides(array)}: `{of}[{','.join(':' * array.ndim)}]`, not `{text[:80]}`"
        raise BadPartError(message)
    indices = [_index(word) for word in words]
    places = [_places(word, side, of, axis) for axis, (word, side) in enumerate(zip(words, array.shape, strict=True))]
    alone = [not isinstance(each, slice) for each in indices]
    sizes = "x".join(str(len(each)) for each, one in zip(places, alone, strict=True) if not one) or "one number"
    title = f"{name} · {of}[{','.join(words)}], {sizes} of {_sides(array)}: {named.what}"
    return Sheet(title, [_grids(of, array[tuple(indices)], places, words, alone, room)])


def _sides(array: Array) -> str:
    return "x".join(map(str, array.shape))


def _index(word: str) -> int | slice | None:
    """Return the index of a word, as in NumPy; None for another word."""
    found = _PART.fullmatch(word)
    if found is None:
        return None
    if found[1] is not None:
        return int(found[1])
    start, stop, step = (None if part is None else int(part) for part in found.groups()[1:])
    return None if step == 0 else slice(start, stop, step)


def _places(word: str, side: int, of: str, axis: int) -> range:
    """Return the places that a word names along an axis."""
    wanted = _index(word)
    if wanted is None:
        message = f"`{word[:40]}` is no index: a number, `:` or `a:b`"
        raise BadPartError(message)
    if isinstance(wanted, slice):
        places = range(side)[wanted]
        if not places:
            message = f"`{word}` names nothing of axis {axis} of {of}, which goes from 0 to {side - 1}"
            raise BadPartError(message)
        return places
    if not -side <= wanted < side:
        message = f"axis {axis} of {of} goes from 0 to {side - 1}, and not to {wanted}"
        raise BadPartError(message)
    return range(wanted % side, wanted % side + 1)


def _grids(
    of: str, picked: Array, places: Sequence[range], words: Sequence[str], alone: Sequence[bool], room: Room
) -> Sequence[Grid]:
    """Return a line for one free axis, a grid for two, slices for more; the first free axis to the right, the second down."""
    free = [axis for axis, one in enumerate(alone) if not one]
    if len(free) < 2:
        line = picked.reshape(-1)
        longest = max((len(number(value)) for value in line[:500]), default=1)
        shown = chosen(0, line.size, (0,), max(8, (room.columns - 20) // (longest + 1)))
        return [Grid("", [[GAP if at is None else Cell(number(line[at])) for at in shown]], [f"{of}[{','.join(words)}]"])]
    deep = list(itertools.product(*(range(len(places[axis])) for axis in free[2:])))
    grids: list[Grid] = []
    for each in some(len(deep), 0, room.slices + 2):
        if each is None:
            continue
        named = list(words)
        for axis, at in zip(free[2:], deep[each], strict=True):
            named[axis] = str(places[axis][at])
        part = picked
        for at in reversed(deep[each]):
            part = part[..., at]
        grids.append(_slice(f"{of}[{','.join(named)}]", part, room))
    return grids


def _slice(title: str, part: Array, room: Room) -> Grid:
    across, down = chosen(0, part.shape[0], (0,), room.across), chosen(0, part.shape[1], (0,), room.down)
    return Grid(title, [[GAP if x is None or y is None else Cell(number(part[x, y])) for x in across] for y in down])
