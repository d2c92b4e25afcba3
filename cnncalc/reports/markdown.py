"""The table as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports import summary
from cnncalc.reports.rows import EXACT, exact_cells, total_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis

RENDERS = "analysis"


def render(report: Analysis) -> str:
    """Return a heading, a table and the totals."""
    lines = [f"### {_escape(summary.heading(report))}", "", _line(EXACT), "|---|---|---|---:|---:|---:|---:|---:|---:|"]
    lines += [_line(exact_cells(row, report)) for row in report.rows]
    lines.append(_line([f"**{cell}**" if cell else "" for cell in total_cells(report)]))
    lines += ["", *(f"- **{what}**: {figure}" for what, figure in summary.totals(report)), "", *summary.sentences(report)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escape(cell) for cell in cells) + " |"


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
