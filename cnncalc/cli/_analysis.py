"""`cnncalc analyze` after option parsing. It does without click, whose import takes as long as all of cnncalc."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis
    from cnncalc.workspace.find import Found


def plain(spec: str) -> int:
    """Print the table of a spec with every option at its default; return the exit status."""
    from cnncalc.pipeline import report
    from cnncalc.request.request import Request

    return show(report(located(spec), Request()), spec)


def located(spec: str) -> Found:
    """Return the text of SPEC; a note on stderr names a shipped spec."""
    from cnncalc.cli.output import note
    from cnncalc.workspace.find import find

    found = find(spec)
    if found.shipped:
        note(f"using the shipped spec {found.shipped} ({found.source.name})")
    return found


def show(result: Analysis, spec: str, kind: str = "table", *, everything: bool = False, depth: int | None = None) -> int:
    """Print a report in one of the formats, then short diagnostics; return the exit status."""
    from cnncalc.cli.output import note, remind, say

    if kind == "table":
        say(_table(result, everything=everything, depth=depth))
    else:
        from cnncalc.reports import renderers  # the table needs no search

        say(renderers.render(kind, result))
    if result.request.device and result.request.device.note:
        note(result.request.device.note)
    if kind != "json":
        remind(result.diagnostics, spec)
    return 0


def _table(result: Analysis, *, everything: bool, depth: int | None) -> str:
    """Return the table for stdout: with colours and bars on a terminal, plain in a pipe."""
    from cnncalc.cli.output import coloured

    if sys.stdout.isatty() or coloured(sys.stdout):
        from cnncalc.reports.table import text  # rich, on a terminal only

        return text(result, everything=everything, colour=coloured(sys.stdout), depth=depth or 0)
    from cnncalc.reports.plain import render

    return render(result, None if everything else depth)
