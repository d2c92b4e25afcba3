"""The table as plain text, for pipes: complete, with exact numbers, never truncated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.reports import summary
from cnncalc.reports.bounds import cell
from cnncalc.reports.rows import EXACT, exact_rows, total_cells

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from cnncalc.analyses.analysis import Analysis

_LEFT = 3  # the first columns hold words


def render(report: Analysis, depth: int | None = None) -> str:
    """Return the heading, the table, the totals and the two sentences; with a `depth`, blocks below it are one line each."""
    lines = [summary.heading(report), ""]
    lines += columns([EXACT, *(exact_rows(report) if depth is None else _folded(report, depth)), total_cells(report)])
    lines += ["", *(f"{what:<10}  {figure}" for what, figure in summary.totals(report)), "", *summary.sentences(report)]
    if report.request.timeline:
        lines += ["", *_timeline(report)]
    return "\n".join(lines)


def _folded(report: Analysis, depth: int) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each folded line, exact sums."""
    from cnncalc.reports.fold import lines  # a pipe usually shows every layer
    from cnncalc.request.dtypes import BYTES

    unit = BYTES[report.dtype] * report.batch
    for line in lines(report.rows, depth):
        yield (
            line.name,
            line.text,
            line.output.text,
            f"{line.values:,}",
            cell(f"{line.weights:,}", line.unknown, PARAMETERS),
            cell(f"{line.biases:,}", line.unknown, PARAMETERS),
            cell(f"{line.macs:,}", line.unknown, MACS),
            f"{line.values * unit:,}" if line.values else "-",
            line.field,
        )


def _timeline(report: Analysis) -> list[str]:
    """Return the chart, as wide as the terminal."""
    import shutil  # few requests include a chart

    from cnncalc.reports.timeline import encodes, render

    return render(report, shutil.get_terminal_size((100, 24)).columns, blocks=encodes())


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table whose first row is the head and whose last one is the total."""
    lined = listed(rows, right=range(_LEFT, len(rows[0])))
    return [*lined[:-1], lined[1], lined[-1]]


def listed(rows: Sequence[Sequence[str]], right: Container[int] = ()) -> list[str]:
    """Return the rows with aligned columns, those in `right` right-aligned, and the first row underlined."""
    names = [row[0] for row in rows]
    rests = [tuple(row[1:]) for row in rows]
    distinct = dict.fromkeys(rests)  # equal layers differ by their names only
    widths = [max(map(len, column)) for column in (names, *zip(*distinct, strict=True))]
    first, *sides = [str.rjust if at in right else str.ljust for at in range(len(widths))]
    width, *others = widths
    texts = {
        rest: "".join(["  " + side(cell, to) for cell, side, to in zip(rest, sides, others, strict=True)]) for rest in distinct
    }
    lined = [(first(name, width) + texts[rest]).rstrip() for name, rest in zip(names, rests, strict=True)]
    return [lined[0], "  ".join("-" * width for width in widths), *lined[1:]]
