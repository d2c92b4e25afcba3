"""The table as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports import summary
from cnncalc.reports.rows import EXACT, exact_rows, total_cells
from cnncalc.text.escape import markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis

RENDERS = "analysis"
_CHART = 100  # columns


def render(report: Analysis) -> str:
    """Return a heading, a table and the totals."""
    lines = [f"### {markdown(summary.heading(report))}", "", _line(EXACT), "|---|---|---|---:|---:|---:|---:|---:|---:|"]
    lines += [_line(cells) for cells in exact_rows(report)]
    lines.append(f"| {' | '.join(f'**{cell}**' if cell else '' for cell in total_cells(report))} |")
    lines += ["", *(f"- **{what}**: {markdown(figure)}" for what, figure in summary.totals(report))]
    lines += ["", *map(markdown, summary.sentences(report))]
    if report.request.timeline:
        from cnncalc.reports import timeline  # few requests include a chart

        lines += ["", "```text", *timeline.render(report, _CHART), "```"]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(markdown(cell) for cell in cells) + " |"
