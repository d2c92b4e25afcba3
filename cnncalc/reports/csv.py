"""The layers as CSV, exact integers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from cnncalc.analyses.analysis import exact
from cnncalc.analyses.figure import WHOLE, plain, shown
from cnncalc.analyses.figures import usual
from cnncalc.layers.base import MACS, OPERATIONS, PARAMETERS
from cnncalc.text.escape import cell

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.figure import Number
    from cnncalc.maths.count import Count

RENDERS = "analysis"
COLUMNS = (
    "name",
    "kind",
    "label",
    "output",
    "values",
    "counted",
    "weights",
    "biases",
    "params",
    "buffers",
    "macs",
    "flops",
    "backward_macs",
    "receptive_field",
    "rf_stride",
    "rf_offset",
)


def render(report: Analysis) -> str:
    """Return a header, and a line for each layer. Further figures of layers follow the fixed columns.

    Where layers leave facts out, their cells are empty, and the last column lists the facts.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    missing = ("not_counted",) if report.totals.unknown else ()
    further = {name: each.layers(report) for name, each in usual().items() if each.layers and name not in COLUMNS}
    writer.writerow((*COLUMNS, *further, *missing))
    for at, (row, backward) in enumerate(zip(report.rows, report.backward.rows, strict=True)):
        counts, axes = row.counts, row.field.axes
        figures = (
            counts.values,
            str(counts.counted).lower(),
            *_stated((counts.weights, counts.biases, counts.params, counts.buffers), counts.unknown, PARAMETERS),
            *_stated((counts.macs,), counts.unknown, MACS),
            *_stated((counts.flops,), counts.unknown, MACS, OPERATIONS),
            *_stated((backward.macs,), counts.unknown, MACS, PARAMETERS),
        )
        axes = () if row.field.unknown else axes
        fields = ["x".join(str(exact(value)) for value in values) for values in zip(*axes, strict=True)] if axes else [""] * 3
        if row.field.whole:
            fields = ["whole", "", ""]
        writer.writerow(
            [
                cell(row.name),
                row.kind,
                cell(row.label),
                row.output.text,
                *(int(f) if not isinstance(f, str) else f for f in figures),
                *fields,
                *("" if usual()[name].is_bound(counts.unknown) else _number(each[at]) for name, each in further.items()),
                *("; ".join(counts.unknown) for _ in missing),
            ]
        )
    return text.getvalue().rstrip("\n")


def _stated(figures: Sequence[Count | int], unknown: Collection[str], *facts: str) -> Sequence[int | str]:
    """Return figures made of these facts; empty cells where one of the facts is unknown."""
    return [""] * len(figures) if any(fact in unknown for fact in facts) else list(map(int, figures))


def _number(value: Number) -> int | float | str | None:
    return shown(value) if value == WHOLE else plain(value)
