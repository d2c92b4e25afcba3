"""Sheets as one SVG for slides: grids of cells, the window and the new number in colour. It needs no other file.

As in the notes' demo inputs are blue, weights red and outputs green. Colours follow the reader's light or dark scheme. Every mark
has a colour and a border of its own, so that the picture is also read in grey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.reports.sheet import narrowed
from cnncalc.reports.sheet_text import wrapped
from cnncalc.text.escape import html

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.reports.sheet import Cell, Grid, Sheet

CHARACTER, LINE = 8.4, 20
"""Width of a character of the font at 14 px, and height of a line, in px."""
CELL = 26
"""The height of a cell, and its least width."""
MARGIN, BETWEEN, GAP = 24, 22, 14
"""Around the picture, between grids side by side, and between rows of grids."""
COLUMNS = 110
"""The columns of the lines of text, which set the width of the picture."""
STYLE = """\
svg{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:#fff}
text{fill:#1f2328}.title{font-weight:700}.head{fill:#57606a}.cell{text-anchor:middle}
rect{fill:#dbe9ff;stroke:#8aa4cf}.weights{fill:#ffe3e3;stroke:#d19a9a}.output{fill:#e3f7e8;stroke:#93c5a0}
.products{fill:#f6f0fb;stroke:#b9a5cc}.paper{fill:#fff;stroke:none}
.padding{fill:#f3f4f6;stroke:#c4c9d1}.pending{fill:none;stroke:#c4c9d1}
.window{fill:#ffd8a8;stroke:#d9480f;stroke-width:2}.new{fill:#b2f2bb;stroke:#2b8a3e;stroke-width:3}
@media (prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.head{fill:#9198a1}
rect{fill:#16283f;stroke:#3d5a80}.weights{fill:#3d1d22;stroke:#8c4a50}.output{fill:#12301c;stroke:#3f7d50}
.products{fill:#2a2138;stroke:#6f5b8c}.paper{fill:#0d1117;stroke:none}.padding{fill:#1b2027;stroke:#444c56}.pending{fill:none;stroke:#444c56}
.window{fill:#5c3a10;stroke:#f0883e}.new{fill:#12401f;stroke:#3fb950}}"""


class _Box(NamedTuple):
    """A grid with its size in px."""

    grid: Grid
    cell: float
    head: float
    width: float
    height: float


def render(sheets: Sequence[Sheet]) -> str:
    """Return one SVG with the sheets below each other."""
    body: list[str] = []
    top, width = float(MARGIN), MARGIN * 2 + COLUMNS * CHARACTER
    for sheet in sheets:
        for element, bottom in _drawn(sheet, top, width - 2 * MARGIN):
            body.append(element)
            top = max(top, bottom)
        top += 2 * GAP
    size = f'width="{width:.0f}" height="{top:.0f}" viewBox="0 0 {width:.0f} {top:.0f}"'
    title = html(sheets[0].title) if sheets else ""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">'
    paper = f'<rect class="paper" width="{width:.0f}" height="{top:.0f}"/>'
    return "\n".join([head, f"<title>{title}</title>", f"<style>{STYLE}</style>", paper, *body, "</svg>"])


def _drawn(sheet: Sheet, top: float, width: float) -> Iterator[tuple[str, float]]:
    """Yield the elements of a sheet, each with the place below it."""
    for line in wrapped(sheet.title, COLUMNS):
        top += LINE
        yield f'<text class="title" x="{MARGIN}" y="{top - 5:.0f}">{html(line)}</text>', top
    row: list[_Box] = []
    ended = False
    for part in sheet.parts:
        if isinstance(part, str):
            yield from _row(row, top)
            top, row = _below(row, top), []
            top += GAP if ended and part else 0
            ended = not part
            for line in wrapped(part, COLUMNS) if part else ():
                top += LINE
                yield _text(line, MARGIN, top - 5), top
            continue
        boxes = [_box(narrowed(grid, int(width / CHARACTER / 1.6))) for grid in part]
        for group in [boxes] if _wide([*row, *boxes]) <= width or not row else [[], boxes]:
            if not group and row:  # the group does not fit beside the one before it
                yield from _row(row, top)
                top, row = _below(row, top), []
            for box in group:
                if row and _wide([*row, box]) > width:
                    yield from _row(row, top)
                    top, row = _below(row, top), []
                row.append(box)
        ended = False
    yield from _row(row, top)


def _box(grid: Grid) -> _Box:
    """Return a grid with its size."""
    longest = max((len(cell.text) for row in grid.rows for cell in row), default=1)
    cell = max(CELL, longest * CHARACTER + 8)
    head = max((len(each) for each in grid.heads), default=0) * CHARACTER
    head += 8 if head else 0
    count = max(map(len, grid.rows), default=0)
    width = max(head + count * cell, len(grid.title) * CHARACTER)
    return _Box(grid, cell, head, width, len(grid.rows) * CELL + LINE)


def _wide(boxes: Sequence[_Box]) -> float:
    return sum(box.width for box in boxes) + BETWEEN * (len(boxes) - 1)


def _below(boxes: Sequence[_Box], top: float) -> float:
    """Return the place below a row of grids."""
    return top + GAP + max(box.height for box in boxes) if boxes else top


def _row(boxes: Sequence[_Box], top: float) -> Iterator[tuple[str, float]]:
    """Yield the elements of grids side by side."""
    left, bottom = float(MARGIN), _below(boxes, top)
    for box in boxes:
        if box.grid.title:
            yield _text(box.grid.title, left, top + GAP + LINE - 6, "head"), bottom
        for at, row in enumerate(box.grid.rows):
            y = top + GAP + LINE + at * CELL
            if box.grid.heads:
                yield _text(box.grid.heads[at], left, y + CELL - 8, "head"), bottom
            for column, cell in enumerate(row):
                yield _cell(cell, left + box.head + column * box.cell, y, box.cell, box.grid.tone), bottom
        left += box.width + BETWEEN


def _cell(cell: Cell, x: float, y: float, width: float, tone: str) -> str:
    """Return a cell; one that stands for others left out has no border."""
    mark = f' class="{cell.mark or tone}"' if cell.mark or tone else ""
    inset = 1.5 if cell.mark in {"window", "new"} else 0.5
    size = f'x="{x + inset:.1f}" y="{y + inset:.1f}" width="{width - 2 * inset:.1f}" height="{CELL - 2 * inset:.1f}"'
    frame = "" if cell.text in {"…", ""} else f"<rect{mark} {size}/>"
    return frame + f'<text class="cell" x="{x + width / 2:.1f}" y="{y + CELL - 8:.1f}">{html(cell.text)}</text>'


def _text(text: str, x: float, y: float, name: str = "") -> str:
    mark = f' class="{name}"' if name else ""
    return f'<text{mark} x="{x:.1f}" y="{y:.1f}">{html(text)}</text>'
