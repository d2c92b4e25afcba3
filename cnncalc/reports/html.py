"""The table as HTML, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports import summary
from cnncalc.reports.rows import EXACT, exact_rows, total_cells
from cnncalc.text.escape import html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis

_CHART = 100  # columns


def render(report: Analysis) -> str:
    """Return a heading, a table and the totals."""
    body = "".join(_line(cells, "td") for cells in exact_rows(report))
    totals = "".join(f"<li>{html(what)}: {html(figure)}</li>" for what, figure in summary.totals(report))
    head, foot = _line(EXACT, "th"), _line(total_cells(report), "th")
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"
    chart = ""
    if report.request.timeline:
        from cnncalc.reports import timeline  # few requests include a chart

        chart = "<pre>" + "\n".join(map(html, timeline.render(report, _CHART))) + "</pre>"
    return f"<b>{html(summary.heading(report))}</b>{table}<ul>{totals}</ul>{chart}"


def _line(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html(cell)}</{tag}>" for cell in cells) + "</tr>"
