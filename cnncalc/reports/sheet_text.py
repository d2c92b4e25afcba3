"""Sheets as text: grids side by side as wide as the room allows, the window in brackets, or in reverse where there is colour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.reports.sheet import narrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.reports.sheet import Cell, Grid, Sheet

    Paint = Callable[[str, str], str]

BETWEEN = 2
"""Blanks between grids."""
STYLES = {"padding": "dim", "window": "window", "new": "new", "pending": "dim"}
"""The names of the styles of the marks, for a painter."""
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def render(sheet: Sheet, columns: int, paint: Paint | None = None) -> str:
    """Return the sheet in so many columns; `paint` colours a text by the name of a style, None: brackets mark the window."""
    return "\n".join(lines(sheet, columns, paint))


def lines(sheet: Sheet, columns: int, paint: Paint | None = None) -> list[str]:
    """Return the lines of a sheet; no grid is cut, and lines of text break at blanks."""
    found = wrapped(sheet.title, columns)
    if paint:
        found = [paint(line, "strong") for line in found]
    row: list[list[str]] = []
    ended = False
    for part in sheet.parts:
        if isinstance(part, str):
            found += beside(row)
            row = []
            found += [*([""] if ended else []), *wrapped(part, columns)] if part else []
            ended = not part
            continue
        ended = False
        drawn = [block(narrowed(grid, columns), paint) for grid in part]
        if row and width([*row, *drawn]) > columns:  # a group that does not fit beside the one before it begins a new row
            found += beside(row)
            row = []
        for each in drawn:
            if row and width([*row, each]) > columns:
                found += beside(row)
                row = []
            row.append(each)
    return [line.rstrip() for line in (*found, *beside(row))]


def width(blocks: Sequence[Sequence[str]]) -> int:
    """Return the columns of blocks side by side."""
    return sum(bare(each[0]) for each in blocks) + BETWEEN * (len(blocks) - 1)


def bare(text: str) -> int:
    """Return the columns of a text with colours."""
    return len(_COLOUR.sub("", text))


def beside(blocks: Sequence[Sequence[str]]) -> list[str]:
    """Return blocks side by side, below an empty line; nothing for no blocks."""
    if not blocks:
        return []
    height = max(map(len, blocks))
    filled = [[*each, *[" " * bare(each[0])] * (height - len(each))] for each in blocks]
    return ["", *((" " * BETWEEN).join(parts) for parts in zip(*filled, strict=True))]


def wrapped(text: str, columns: int) -> list[str]:
    """Return a line broken at blanks; longer words stay whole. Further lines are indented."""
    import textwrap

    return textwrap.wrap(text, max(columns, 20), subsequent_indent="    ", break_long_words=False, break_on_hyphens=False) or [""]


def block(grid: Grid, paint: Paint | None) -> list[str]:
    """Return the lines of a grid, all of one width, the title first."""
    size = max((len(cell.text) for row in grid.rows for cell in row), default=1)
    heads = max(map(len, grid.heads), default=0)
    body = [_row(row, size, paint) for row in grid.rows]
    if heads:
        body = [f"{head:<{heads}} {line}" for head, line in zip(grid.heads, body, strict=True)]
    wide = max([len(grid.title), *map(bare, body)])
    title = grid.title.ljust(wide)
    rows = [line + " " * (wide - bare(line)) for line in body]
    headed = bool(grid.title) or not grid.heads  # titles of grids side by side stand in one line
    return ([paint(title, "place") if paint else title] if headed else []) + (rows or [" " * wide])


def _row(cells: Sequence[Cell], size: int, paint: Paint | None) -> str:
    """Return a row: one column between cells, which holds the brackets where there is no colour."""
    found: list[str] = []
    before = False
    for cell in cells:
        marked = cell.mark in {"window", "new"}
        text = cell.text.rjust(size)
        if paint:
            shown = paint(f" {text}" if marked and before else text, STYLES[cell.mark]) if cell.mark else text
            found.append(shown if marked and before else f" {shown}")
        else:
            found.append(("[" if marked and not before else "]" if before and not marked else " ") + text)
        before = marked
    return "".join(found) + ("]" if before and not paint else " ")
