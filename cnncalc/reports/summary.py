"""The sentences below a table: the totals, and the two that the course notes draw from theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.memory import BYTES
from cnncalc.reports.units import percent, si, size
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.reports.report import Report, Row


def heading(report: Report) -> str:
    """Return `VGG-16 · input 224x224x3 · batch 1 · float32`."""
    return " · ".join([report.name or "network", f"input {report.image.text}", f"batch {report.batch}", report.dtype])


def totals(report: Report) -> list[tuple[str, str]]:
    """Return the totals as (what, figure)."""
    t, m = report.totals, report.memory
    images = "image" if report.batch == 1 else f"batch of {report.batch}"
    values = f"{t.values:,} values x {report.batch} x {BYTES[report.dtype]} bytes"
    training = f"{size(m.with_gradients)} volumes and gradients + {size(m.parameters_training)} parameters x 3"
    found = [
        ("parameters", f"{t.params:,} = {t.weights:,} weights + {t.biases:,} biases · {size(m.parameters)}"),
        ("work", f"{t.macs:,} MACs ({si(t.macs)}) · {t.flops:,} FLOPs, per image"),
        ("memory", f"{size(m.forward)} forward = {values} · {size(m.images)} of it the {images}"),
        ("training", f"{size(m.textbook)} by the notes' sum = {training}"),
    ]
    if t.buffers:
        found.insert(1, ("buffers", f"{t.buffers:,} numbers that are stored, not learned · {size(m.buffers)}"))
    return found


def sentences(report: Report) -> list[str]:
    """Return where most memory and most parameters are, as the notes say of VGG-16."""
    counted = [row for row in report.rows if row.counts.counted]
    learned = [row for row in report.rows if row.counts.params]
    found = [_memory(counted, report.totals.values)]
    if learned:
        found.append(_parameters(learned, report.totals.params))
    return found


def _memory(rows: Sequence[Row], total: int) -> str:
    first = _fewest([row.counts.values for row in rows])
    share = percent(sum(row.counts.values for row in rows[:first]), total)
    held = f"{share} in the first {first} of {len(rows)} volumes ({_between(rows[:first])})"
    return f"Most memory is in the early layers: {held}." if 2 * first < len(rows) else f"The memory is spread: {held}."


def _parameters(rows: Sequence[Row], total: int) -> str:
    last = _fewest([row.counts.params for row in reversed(rows)])
    held = rows[-last:]
    largest = max(rows, key=lambda row: row.counts.params)
    share = percent(sum(row.counts.params for row in held), total)
    where = (
        f"{share} in the last {last} of {len(rows)} layers with weights ({_between(held)})"
        if last < len(rows)
        else f"{many(len(rows), 'layer')} with weights"
    )
    small = 10 * largest.counts.params < total
    alone = (
        "" if small or (last == 1 and largest is held[0]) else f", {percent(largest.counts.params, total)} in {largest.name} alone"
    )
    return (
        f"Most parameters are in the last layers: {where}{alone}."
        if 2 * last < len(rows)
        else f"The parameters are spread: {where}{alone}."
    )


def _fewest(values: Sequence[int]) -> int:
    """Return how many values from the front hold at least half of the sum."""
    total, held = sum(values), 0
    for at, value in enumerate(values, 1):
        held += value
        if 2 * held >= total:
            return at
    return len(values)


def _between(rows: Sequence[Row]) -> str:
    return rows[0].name if len(rows) == 1 else f"{rows[0].name} to {rows[-1].name}"
