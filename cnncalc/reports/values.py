"""Values of layers on a terminal: rows and columns as on paper, one slice after the other, as Julia and Matlab print arrays.

Numbers are exact: as short as they can be without becoming other numbers of their type.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cnncalc.forward.value_text import number
from cnncalc.text.escape import line
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.forward.selection import Part
    from cnncalc.kernels.arrays import Array

WIDEST = 100
"""Columns of a line; rows that need more are shortened."""
MOST, MOST_SLICES = 32, 8
"""Numbers along an axis, and matrices, that are shown without dots."""
ENDS = ((6, 3), (4, 2), (2, 1))
"""Numbers at the beginning and the end of a shortened row."""
DOTS = "…"


def render(part: Part, digits: int | None = None) -> str:
    """Return a part of a volume: its name and size, then a line or a matrix for each of its slices.

    A volume without a height, or with a single index along x or y, has a line for each combination of the other axes.
    """
    size = "×".join(map(str, part.array.shape))
    head = f"{line(part.text)} {size}".rstrip()
    rows, columns = _layout(part)
    others = [at for at in range(part.array.ndim) if at not in {rows, columns}]
    places = list(itertools.product(*(range(part.array.shape[at]) for at in others[::-1])))
    shown = places if len(places) <= (MOST if rows is None else MOST_SLICES) else places[: ENDS[0][0]]
    blocks = [_block(part, rows, columns, dict(zip(others[::-1], place, strict=True)), digits) for place in shown]
    if len(places) == 1:
        (block,) = blocks
        return f"{head}: {block[0]}" if rows is None else "\n".join([f"{head}:", *block])
    if rows is None:
        lines = [f"{_index(part, others[::-1], place)} = {block[0]}" for place, block in zip(shown, blocks, strict=True)]
    else:
        titled = zip(shown, blocks, strict=True)
        lines = "\n\n".join("\n".join([f"{_index(part, others[::-1], place)} =", *block]) for place, block in titled).split("\n")
    lines += _left(part, others[::-1], places, shown)
    return "\n".join([f"{head}:", *lines])


def _layout(part: Part) -> tuple[int | None, int | None]:
    """Return the axes of the array that are the rows and the columns: y and x, or one axis that is a line."""
    names = [part.names[at] for at in part.kept]
    shape = part.array.shape
    if "x" in names and "y" in names and max(shape[0], shape[1]) > 1:
        return names.index("y"), names.index("x")
    spatial = [at for at, name in enumerate(names) if name in {"x", "y", "t"}]
    if any(shape[at] > 1 for at in spatial):
        return None, next(at for at in spatial if shape[at] > 1)
    rest = [at for at in range(len(names)) if at not in spatial]
    return None, rest[0] if rest else spatial[0] if spatial else None


def _block(part: Part, rows: int | None, columns: int | None, place: dict[int, int], digits: int | None) -> list[str]:
    """Return the lines of one slice."""
    index = tuple(place.get(at, slice(None)) for at in range(part.array.ndim))
    values = part.array[index]
    if rows is None:
        return [_row(values.reshape(-1), digits)]
    return _matrix(values.T if columns is not None and columns < rows else values, digits)


def _row(values: Array, digits: int | None) -> str:
    """Return the numbers of a line, the middle left out where they are many."""
    places = _kept(values.size, MOST)
    return " ".join(DOTS if at is None else number(values[at], str(values.dtype), digits) for at in places)


def _kept(size: int, most: int, ends: tuple[int, int] = ENDS[0]) -> list[int | None]:
    """Return the indices to show along an axis; None stands for dots."""
    if size <= most:
        return list(range(size))
    return [*range(ends[0]), None, *range(size - ends[1], size)]


def _matrix(values: Array, digits: int | None) -> list[str]:
    """Return rows whose decimal points stand below each other; as many columns as fit a line."""
    rows = _kept(values.shape[0], MOST)
    lines: list[str] = []
    for most, ends in ((MOST, ENDS[0]), *((sum(each), each) for each in ENDS)):
        columns = _kept(values.shape[1], most, ends)
        cells = [[_cell(values, row, column, digits) for column in columns] for row in rows]
        lines = _aligned(cells)
        if max(map(len, lines)) <= WIDEST:
            break
    return lines


def _cell(values: Array, row: int | None, column: int | None, digits: int | None) -> str:
    if row is None or column is None:
        return DOTS
    return number(values[row, column], str(values.dtype), digits)


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a matrix of texts, a blank before each and two between the columns."""
    columns: list[list[str]] = []
    for column in zip(*cells, strict=True):
        before = max(len(_whole(text)) for text in column)
        texts = [" " * (before - len(_whole(text))) + text for text in column]
        width = max(map(len, texts))
        columns.append([text.ljust(width) for text in texts])
    return [(" " + "  ".join(row)).rstrip() for row in zip(*columns, strict=True)]


def _whole(text: str) -> str:
    """Return what stands before the decimal point."""
    return text.partition(".")[0].partition("e")[0]


def _index(part: Part, others: Sequence[int], place: Sequence[int]) -> str:
    """Return `[:,:,1,0]`, the indices of a slice."""
    found = dict(zip(others, place, strict=True))
    texts = [":" if index < 0 else str(index) for index in part.indices]
    for at, axis in enumerate(part.kept):
        if at in found:
            texts[axis] = str(part.offsets[at] + found[at])
    return f"[{','.join(texts)}]"


def _left(part: Part, others: Sequence[int], places: Sequence[Sequence[int]], shown: Sequence[Sequence[int]]) -> Iterator[str]:
    """Yield how many slices are left out, and how to see the next one."""
    if len(places) > len(shown):
        name = part.text.partition("[")[0] if part.indices != (-1,) * len(part.indices) else part.text
        following = _index(part, others, places[len(shown)])
        yield f'{DOTS} {many(len(places) - len(shown), "more slice")}; the next is --print "{line(name)}{following}"'


def as_dict(part: Part) -> dict[str, object]:
    """Return a part of a volume for JSON: nested lists in the order of `axes`."""
    return {
        "part": part.text,
        "axes": [part.names[at] for at in part.kept],
        "shape": list(part.array.shape),
        "values": part.array.tolist(),
    }
