"""The layers as CSV, exact integers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from cnncalc.analyses.analysis import exact
from cnncalc.analyses.figure import plain
from cnncalc.analyses.figures import usual

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis

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
    """Return a header, and a line for each layer. Further figures of layers follow the fixed columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    further = {name: each.layers(report) for name, each in usual().items() if each.layers and name not in COLUMNS}
    writer.writerow((*COLUMNS, *further))
    for at, (row, backward) in enumerate(zip(report.rows, report.backward.rows, strict=True)):
        counts, axes = row.counts, row.field.axes
        figures = (
            counts.values,
            str(counts.counted).lower(),
            counts.weights,
            counts.biases,
            counts.params,
            counts.buffers,
            counts.macs,
            counts.flops,
            backward.macs,
        )
        fields = ("x".join(str(exact(value)) for value in values) for values in zip(*axes, strict=True)) if axes else ("",) * 3
        writer.writerow(
            [
                _safe(row.name),
                row.kind,
                row.label,
                row.output.text,
                *(int(f) if not isinstance(f, str) else f for f in figures),
                *fields,
                *(plain(each[at]) for each in further.values()),
            ]
        )
    return text.getvalue().rstrip("\n")


def _safe(name: str) -> str:
    """Return a name that spreadsheets do not read as a formula."""
    return f"'{name}" if name[:1] in {"=", "+", "-", "@"} else name
