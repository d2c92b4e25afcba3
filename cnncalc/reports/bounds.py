"""Words for figures that are only bounds, because some layers leave facts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from cnncalc.analyses.analysis import Analysis

MOST_NAMED = 8
UNKNOWN = "?"
"""The cell of a table for a number that nobody stated."""


def at_least(report: Analysis, *facts: str) -> str:
    """Return `at least ` before a sum of facts that some layer does not state; else nothing."""
    return "" if report.totals.unknown.isdisjoint(facts) else "at least "


def cell(text: str, unknown: Collection[str], *facts: str) -> str:
    """Return the text of a number made of these facts, or a question mark where one of them is unknown."""
    return UNKNOWN if any(fact in unknown for fact in facts) else text


def not_counted_lines(report: Analysis) -> list[tuple[str, str]]:
    """Return a line that lists the layers that are not counted, each with the facts; none without such layers."""
    from cnncalc.analyses.not_counted import analyse  # few networks have any

    if not report.totals.unknown:
        return []
    found = report.of(analyse)
    shown = [f"{each.node.name} ({', '.join(each.facts)})" for each in found[:MOST_NAMED]]
    more = [f"{len(found) - MOST_NAMED:,} more"] if len(found) > MOST_NAMED else []
    return [("uncounted", " · ".join([*shown, *more]))]
