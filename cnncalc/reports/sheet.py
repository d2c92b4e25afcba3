"""A sheet of grids of numbers and lines of text, before it is drawn as text, Markdown or SVG; and numbers as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    Mark = Literal["", "padding", "window", "new", "pending"]
    """What a cell is: a number, one of the padding, one in the window, the new one of the output, or one not yet computed."""
    Tone = Literal["", "weights", "output", "products"]
    """What a grid holds: numbers of an input, weights, numbers of an output, or products. Pictures have a colour for each."""

DIGITS, PRECISE = 4, 6
"""Significant digits of a number that is no integer: in a grid, and in a line of text."""
LARGEST, LARGEST_EXACT = 10**6, 2**53
"""Where integers are no longer written out: in a grid, and in a line of text, up to which float64 holds each of them."""


class Cell(NamedTuple):
    """A number of a grid."""

    text: str
    mark: Mark = ""


GAP = Cell("…", "pending")
"""Cells that are left out."""
PENDING = Cell("·", "pending")

BREAK = ""
"""A part that ends a row of grids, and a paragraph."""


class Grid(NamedTuple):
    """Numbers in rows and columns, with a title, and a head for each row where there are heads."""

    title: str
    rows: Sequence[Sequence[Cell]]
    heads: Sequence[str] = ()
    tone: Tone = ""


class Sheet(NamedTuple):
    """A title, and rows of grids and lines of text below it."""

    title: str
    parts: Sequence[Sequence[Grid] | str]


class Room(NamedTuple):
    """The room of a picture."""

    columns: int = 80
    across: int = 16
    """The most columns of a grid."""
    down: int = 14
    """The most rows of a grid."""
    slices: int = 4
    """The most slices of a volume."""


ROOMS = (Room(), Room(across=12, down=9, slices=3), Room(across=9, down=7, slices=2), Room(across=7, down=7, slices=1))
"""Rooms from the largest on: a small terminal takes the first whose picture fits."""


def number(value: float, digits: int = DIGITS, largest: int = LARGEST) -> str:
    """Return a number: an integer without decimals, others with some digits; `nan`, `inf`."""
    value = float(value)
    if math.isfinite(value) and value == int(value) and abs(value) < largest:
        return str(int(value))
    return f"{value:.{digits}g}"


def precise(value: float) -> str:
    """Return a number with more digits, for lines of text; integers are exact."""
    return number(value, PRECISE, LARGEST_EXACT)


def total(values: Sequence[float]) -> str:
    """Return `1 + 2 - 3`."""
    words = [precise(value) for value in values]
    rest = (f" - {word[1:]}" if word.startswith("-") else f" + {word}" for word in words[1:])
    return "".join((words[0], *rest)) if words else "0"


def chosen(low: int, high: int, window: Sequence[int], most: int) -> list[int | None]:
    """Return the places from `low` to below `high` that are shown, those around the window, with None for a gap."""
    if high - low <= most:
        return list(range(low, high))
    first, last = (window[0], window[-1]) if window else (low, low)
    if last - first + 1 > most - 2:
        half = max(1, (most - 3) // 2)
        begin, end = first, last + 1
        kept = [*range(begin, begin + half), None, *range(end - half, end)]
    else:
        spare = most - 2 - (last - first + 1)
        begin = max(low, min(first - spare // 2, high - (most - 2)))
        end = min(high, begin + most - 2)
        kept = list(range(begin, end))
    return [*([None] if begin > low else []), *kept, *([None] if end < high else [])]


def some(count: int, at: int, most: int) -> list[int | None]:
    """Return the indices from 0 that are shown: the first, those around `at`, and the last, with None for a gap."""
    if count <= most:
        return list(range(count))
    wanted = {0, count - 1, at}
    distance = 1
    while len(wanted) < most - 2:
        wanted |= {each for each in (at - distance, at + distance) if 0 <= each < count}
        distance += 1
    found: list[int | None] = []
    for each in sorted(wanted):
        last = found[-1] if found else None
        if last is not None and each != last + 1:
            found.append(None)
        found.append(each)
    return found


def narrowed(grid: Grid, columns: int) -> Grid:
    """Return a grid with columns left out where it is wider than the room; those around the marked one stay."""
    size = max((len(cell.text) for row in grid.rows for cell in row), default=1)
    heads = max(map(len, grid.heads), default=0)
    most = max(3, (columns - heads - 2) // (size + 1))
    count = max(map(len, grid.rows), default=0)
    if count <= most:
        return grid
    kept = chosen(0, count, _marked(grid, count), most)
    return grid._replace(rows=[[GAP if at is None else row[at] for at in kept] for row in grid.rows])


def _marked(grid: Grid, count: int) -> Sequence[int]:
    """Return the columns of the window, or of the new number; the first where all or none are marked."""
    columns = [at for at in range(count) if any(row[at].mark in {"window", "new"} for row in grid.rows)]
    return (0,) if not columns or len(columns) == count else (columns[0], columns[-1])
