"""Sheets as Markdown: a heading, the grids as text with the window in brackets, and each line of text in code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports import sheet_text
from cnncalc.text.escape import fenced, markdown

if TYPE_CHECKING:
    from cnncalc.reports.sheet import Sheet

COLUMNS = 100


def render(sheet: Sheet) -> str:
    """Return the sheet with a heading of level 3."""
    body = sheet_text.lines(sheet._replace(title=""), COLUMNS)
    while body and not body[0]:
        body = body[1:]
    return "\n".join([f"### {markdown(sheet.title)}", "", *fenced(body, "text")])
