"""The table as plain text, for pipes: complete, every number exact, never cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports import summary
from cnncalc.reports.rows import EXACT, exact_cells, total_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.reports.report import Report

_LEFT = 3  # the first columns hold words


def render(report: Report) -> str:
    """Return heading, table, totals and the two sentences."""
    lines = [summary.heading(report), ""]
    lines += columns([EXACT, *(exact_cells(row, report) for row in report.rows), total_cells(report)])
    lines += ["", *(f"{what:<10}  {figure}" for what, figure in summary.totals(report)), "", *summary.sentences(report)]
    return "\n".join(lines)


def columns(rows: Sequence[Sequence[str]], left: int = _LEFT) -> list[str]:
    """Return the rows with columns lined up, the first row underlined, the last one set off when there are more."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) if at < left else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip() for row in rows]
    rule = "  ".join("-" * width for width in widths)
    return [lines[0], rule, *lines[1:-1], rule, lines[-1]]
