"""The sheets of a layer as a product of matrices: im2col, and one large matrix that is zero nearly everywhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.arithmetic import matrices
from cnncalc.reports.demo_lines import index
from cnncalc.reports.sheet import BREAK, GAP, Cell, Grid, Room, Sheet, chosen, number, precise, some
from cnncalc.reports.units import percent, ratio
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.arithmetic.matrices import Im2col, Part, Sparse
    from cnncalc.arithmetic.window import Stage, Window
    from cnncalc.reports.sheet import Mark, Tone

    Marking = Callable[[int, int], Mark]

MOST_ROWS = 36
"""The most rows of a matrix, and the most cells of a window that X_col shows."""
MOST_FILTERS = 8
ENTRY = 3
"""The columns of an entry, to see how many fit; longer numbers make a grid wider than the room."""
ZERO = "."
ORDER = "in order: slice by slice, row by row"


def im2col_sheet(stage: Stage, window: Window, name: str, room: Room) -> Sheet:
    """Return X_col and W_row with their numbers, their product, and how often each pixel is copied."""
    neuron, output = window.neuron, stage.output
    positions = math.prod(output.size)
    at = matrices.position_of(output, window.place)
    columns = some(positions, at, max(6, room.columns // ENTRY - 4))
    rows = some(neuron.cells, 0, MOST_ROWS)
    group, first = matrices.group_of(stage, window.place)
    filters = some(group, window.place[-1] - first, MOST_FILTERS)
    found = matrices.im2col(stage, window.place, _plain(rows), _plain(columns), _plain(filters))
    here = index(window.place)
    title = f"{name}: {stage.layer.full_label()}, {stage.inputs[0].text} -> {output.text} · im2col, the column of V[{here}]"
    parts: list[Sequence[Grid] | str] = [
        *_meaning(stage, found),
        [_grid("X_col", found.columns, rows, columns, lambda _, c: _mark(c == at, "window"))],
        BREAK,
    ]
    if found.filters is not None:
        k = window.place[-1] - found.first
        parts += [
            [_grid("W_row", found.filters, filters, rows, lambda r, _: _mark(r == k, "window"))],
            [_grid("W_row @ X_col", found.result, filters, columns, lambda r, c: _mark((r, c) == (k, at), "new"))],
        ]
        bias = (
            ""
            if window.bias is None
            else f" + b{window.place[-1]} = {precise(window.value - window.bias)} + {precise(window.bias)}"
        )
        parts += [BREAK, f"V[{here}] = W_row[{k},:] @ X_col[:,{at}]{bias} = {precise(window.value)}"]
    else:
        function = {"max": "np.max", "mean": "np.mean", "root": "np.linalg.norm"}[neuron.function]
        parts += [
            [_grid(f"{function}(X_col, axis=0)", found.result, [0], columns, lambda _, c: _mark(c == at, "new"))],
            BREAK,
            f"V[{here}] = {function}(X_col[:,{at}]) = {precise(window.value)}",
        ]
    return Sheet(title, [*parts, *_copies(found, room)])


def _meaning(stage: Stage, found: Im2col) -> list[str]:
    """Return what the rows and the columns are."""
    channels = found.channels
    slices = (
        ""
        if len(channels) == stage.x.shape[-1]
        else f" of X[…,{channels[0]}]"
        if len(channels) == 1
        else f" of channels {channels[0]} to {channels[-1]}"
    )
    positions, cells = (many(count, word) for count, word in ((found.columns.columns, "position"), (found.columns.rows, "cell")))
    lines = [f"X_col: a column for each of {positions}, a row for each of {cells} of a window{slices}, {ORDER}"]
    if found.filters is not None:
        lines.append(f"W_row: a row for each of {many(found.filters.rows, 'filter')}")
    return lines


def _copies(found: Im2col, room: Room) -> list[Sequence[Grid] | str]:
    """Return how often each pixel stands in X_col."""
    counts = found.copies
    width = counts.shape
    pixels = math.prod(width) * len(found.channels)
    real = int(counts.sum()) * len(found.channels)
    zeros = found.entries - real
    border = f", {zeros:,} of them zeros of the border" if zeros else ""
    least, most = int(counts.min()), int(counts.max())
    often = f"{ratio(real, pixels)} times on average, {least} to {most} times" if least < most else many(least, "time")
    text = f"X_col holds {found.entries:,} numbers{border}, made of {pixels:,}: each is there {often}"
    flat = counts.reshape((*width[:2], -1))[..., 0] if counts.ndim > 1 else counts[:, None]
    across, down = chosen(0, flat.shape[0], (0,), room.across), chosen(0, flat.shape[1], (0,), room.down)
    rows = [[GAP if x is None or y is None else Cell(str(int(flat[x, y]))) for x in across] for y in down]
    return [BREAK, text, [Grid("copies of each pixel", rows)]]


def sparse_sheet(stage: Stage, window: Window, name: str, room: Room) -> Sheet:
    """Return the matrix of the layer with its numbers, times the stretched-out input."""
    (volume, *_), output = stage.inputs, stage.output
    at = matrices.index_of(output, window.place)
    middle = matrices.index_of(
        volume,
        tuple(
            min(max(places[0] if places else 0, 0), side - 1)
            for places, side in zip(window.neuron.places, stage.x.shape, strict=True)
        ),
    )
    rows = some(output.values, at, MOST_ROWS)
    columns = some(volume.values, middle, max(8, room.columns // ENTRY - 6))
    found = matrices.sparse(stage, _plain(rows), _plain(columns))
    here = index(window.place)
    title = f"{name}: {stage.layer.full_label()}, {volume.text} -> {output.text} · one matrix, the row of V[{here}]"
    product = {row: float(value) for row, value in zip(found.matrix.row, found.product, strict=True)}
    numbers = {column: float(value) for column, value in zip(found.matrix.column, found.x, strict=True)}
    bias = "" if window.bias is None else f" + b{window.place[-1]} = {precise(product[at])} + {precise(window.bias)}"
    grids = [
        _sparse_grid(found, rows, columns, at),
        Grid("x", [[GAP if c is None else Cell(number(numbers[c]))] for c in columns]),
        Grid("Mx", [[GAP if r is None else Cell(number(product[r]), _mark(r == at, "new"))] for r in rows], tone="output"),
    ]
    return Sheet(
        title, [*_kind_of_matrix(stage, window, found), grids, BREAK, f"V[{here}] = M[{at},:] @ x{bias} = {precise(window.value)}"]
    )


def _kind_of_matrix(stage: Stage, window: Window, found: Sparse) -> list[str]:
    """Return what the matrix is, and how much of it is zero."""
    total = found.matrix.rows * found.matrix.columns
    zeros = total - found.weights
    counted = "are weights" if window.neuron.taps else "count"
    lines = [
        f"M: a row for each number of V, a column for each number of X, {ORDER}",
        f"{found.weights:,} of {total:,} entries {counted}; {zeros:,} ({percent(zeros, total)}) are zero, written `{ZERO}`",
    ]
    over = stage.layer.windows(stage.inputs)[0]
    if window.neuron.function == "max":
        lines.append("a maximum is no linear function: this M belongs to this X, and has a 1 at each switch")
    elif over is not None and over.form == "transposed":
        lines.append("M is the transpose of the matrix of a convolution with the same weights")
    elif (
        over is not None
        and over.slides
        and over.axes[0].stride == 1
        and stage.x.shape[1:] == (1,)
        and stage.output.depth == 1
        and not window.neuron.front
    ):
        lines.append("each diagonal holds one number: M is a Toeplitz matrix")
    return lines


def _sparse_grid(found: Sparse, rows: Sequence[int | None], columns: Sequence[int | None], at: int) -> Grid:
    part = found.matrix
    row_of = {row: index_ for index_, row in enumerate(part.row)}
    column_of = {column: index_ for index_, column in enumerate(part.column)}

    def cell(row: int | None, column: int | None) -> Cell:
        if row is None or column is None:
            return GAP
        place = (row_of[row], column_of[column])
        mark: Mark = "window" if row == at else "" if found.structure[place] else "padding"
        return Cell(number(part.numbers[place]) if found.structure[place] else ZERO, mark)

    cells = [[cell(row, column) for column in columns] for row in rows]
    return Grid(f"M [{part.rows} x {part.columns}]", cells, tone="weights")


def _grid(name: str, part: Part, rows: Sequence[int | None], columns: Sequence[int | None], marking: Marking) -> Grid:
    """Return some rows and columns of a matrix, with its size in the title."""
    row_of = {row: at for at, row in enumerate(part.row)}
    column_of = {column: at for at, column in enumerate(part.column)}
    cells = [
        [
            GAP
            if row is None or column is None
            else Cell(number(part.numbers[row_of[row], column_of[column]]), marking(row, column))
            for column in columns
        ]
        for row in rows
    ]
    tone: Tone = {"X_col": "", "W_row": "weights"}.get(name, "output")  # type: ignore[assignment]
    return Grid(f"{name} [{part.rows} x {part.columns}]", cells, tone=tone)


def _mark(holds: bool, mark: Mark) -> Mark:  # noqa: FBT001  the one thing that it asks
    return mark if holds else ""


def _plain(places: Sequence[int | None]) -> list[int]:
    return [at for at in places if at is not None]
