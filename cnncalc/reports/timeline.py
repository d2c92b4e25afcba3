"""Memory over the course of a training step as a small chart of block characters, or of # without them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cnncalc.reports.units import size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis

ROWS = 8
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_NARROWEST = 24  # columns; narrower charts are useless
_PHASES = (("forward", {"forward"}), ("backward", {"recompute", "backward"}), ("step", {"step"}))
"""The names below the chart, and their phases; the loss takes a moment or two and has no name."""


def render(report: Analysis, width: int, *, blocks: bool = True) -> list[str]:
    """Return the lines of a chart that is at most `width` columns wide."""
    step = report.training
    sizes = step.sizes(report.batch)
    labels = [size(max(sizes) * (row + 1) // ROWS) for row in range(ROWS)]
    margin = max(map(len, labels))
    columns = _columns(sizes, max(_NARROWEST, width) - margin - 2)
    peak = step.peak(report.batch)
    images = "one image" if report.batch == 1 else f"a batch of {report.batch:,}"
    most = f"at most {size(peak.at(report.batch))}, {_when(peak.phase)} {report.rows[peak.node].name}"
    lines = [f"Memory over a training step with {report.setup.optimizer}, {images}: {most}"]
    for row in range(ROWS - 1, -1, -1):
        cells = "".join(_cell(max(sizes[each] for each in part), max(sizes), row, blocks=blocks) for part in columns)
        lines.append(f"{labels[row]:>{margin}} {'┤' if blocks else '|'}{cells}".rstrip())
    lines.append(f"{'':>{margin}} {'└' if blocks else '+'}{_axis(step.phases, columns, blocks=blocks)}")
    return lines


def encodes() -> bool:
    """Return whether stdout can encode the characters of the chart."""
    try:
        f"{_EIGHTHS}┤└─".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _when(phase: str) -> str:
    words = {"recompute": "as it runs again,", "step": "in the optimizer's step, after", "loss": "in the loss, after"}
    return words.get(phase, f"in the {phase} pass, at")


def _columns(values: Sequence[int], width: int) -> list[range]:
    """Return the moments of each column: one or several, or one moment for two columns where there is room."""
    count = len(values)
    if count > width:
        return [range(count * at // width, max(count * at // width + 1, count * (at + 1) // width)) for at in range(width)]
    times = max(1, min(2, width // count))
    return [range(at, at + 1) for at in range(count) for _ in range(times)]


def _cell(value: int, top: int, row: int, *, blocks: bool) -> str:
    """Return the part of a column in a row, counted from the bottom."""
    eighths = max(0, min(8, -(-8 * ROWS * value // top) - 8 * row))
    return _EIGHTHS[eighths] if blocks else "#" if eighths > 4 else " "


def _axis(phases: Sequence[str], columns: Sequence[range], *, blocks: bool) -> str:
    """Return the line below the chart: the name of each phase where it begins, as far as there is room."""
    line = ["─" if blocks else "-"] * len(columns)
    free = 0
    for name, those in _PHASES:
        begins = next((at for at, part in enumerate(columns) if any(phases[each] in those for each in part)), None)
        if begins is not None and begins >= free and begins + len(name) <= len(line):
            line[begins : begins + len(name)] = name
            free = begins + len(name) + 1
    return "".join(line)
