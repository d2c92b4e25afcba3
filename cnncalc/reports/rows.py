"""The common columns of the tabular renderings, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.analysis import exact
from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.maths.volume import dims_text
from cnncalc.reports.bounds import UNKNOWN, at_least, cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.analyses.receptive_field import Fields

EXACT = ("layer", "kind", "output", "values", "weights", "biases", "MACs", "memory", "receptive field")


def exact_rows(report: Analysis) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each layer with exact numbers; memory in bytes for the batch, `-` where a layer works in place.

    Equal layers share their counts and fields, and so their cells.
    """
    known: dict[tuple[int, ...], tuple[str, ...]] = {}
    for row in report.rows:
        node, typed, counts, field, _, ungated, _ = row
        key = id(typed), id(counts), id(field), id(ungated)
        cells = known.get(key)
        if cells is None:
            cells = known[key] = _cells(row, report)
        yield (node.name, *cells)


def _cells(row: Row, report: Analysis) -> tuple[str, ...]:
    """Return the cells behind the name."""
    from cnncalc.request.dtypes import BYTES

    counts = row.counts
    memory = f"{counts.memory(BYTES[report.dtype]) * report.batch:,}" if counts.counted else "-"
    return (
        row.label,
        row.output.text,
        f"{counts.values:,}",
        cell(f"{counts.weights.value:,}", counts.unknown, PARAMETERS),
        cell(f"{counts.biases.value:,}", counts.unknown, PARAMETERS),
        cell(f"{counts.macs.value:,}", counts.unknown, MACS),
        memory,
        field_text(row),
    )


def total_cells(report: Analysis) -> tuple[str, ...]:
    """Return the cells of the total."""
    totals = report.totals
    return (
        "total",
        "",
        "",
        f"{totals.values:,}",
        f"{at_least(report, PARAMETERS)}{totals.weights:,}",
        f"{at_least(report, PARAMETERS)}{totals.biases:,}",
        f"{at_least(report, MACS)}{totals.macs:,}",
        f"{report.memory.forward:,}",
        "",
    )


def field_text(row: Row) -> str:
    """Return `7x7`, `whole`, or `whole (7x7)` with the field without gates; `-` without axes, `?` if unknown."""
    if row.field.unknown:
        return UNKNOWN
    if not row.field.whole:
        return _sides_text(row.field)
    return "whole" if row.ungated.whole or row.ungated.unknown else f"whole ({_sides_text(row.ungated)})"


def _sides_text(field: Fields) -> str:
    return "-" if not field.axes else dims_text(tuple(-int(-exact(axis.size) // 1) for axis in field.axes))
