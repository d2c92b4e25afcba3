"""The table in the format of the course notes ("VGGNet in detail"). MB means 1024*1024 bytes, as in the notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import PARAMETERS
from cnncalc.reports.bounds import UNKNOWN, at_least, not_counted_lines
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis, Row

RENDERS = "analysis"
SLIP = Code(
    "CNN501",
    "a printed total that differs from the sum of its rows",
    "The course notes end their table of VGG-16 with 24M values and 93MB per image. The rows above that line add up to 15,237,608 "
    "values, 15.2M, or 60,950,432 bytes, 58.1MB. The slides repeat the slip.",
    "No consistent way of counting reproduces 24M: with activations as separate volumes there are 28.8M values. Compare your "
    "sums with 15.2M.",
    "TOTAL memory: 24M * 4 bytes ~= 93MB / image",
    "No fix is needed: cnncalc prints the true sum of the rows. docs/errata.md has the computation.",
    'CS231n course notes, "VGGNet in detail"; issue 88 of the course repository, open since 2016',
)
NOTES_TABLE = (15_237_608, 138_344_128)  # values and weights of the notes' rows for VGG-16


def render(report: Analysis) -> str:
    """Return the notes' lines and totals, with a remark where the notes print another total."""
    lines = [line(row) for row in report.rows if row.counts.counted]
    per_image = report.memory.forward // report.batch
    unit = per_image // max(1, report.totals.values)
    biases = f"not counting biases; {at_least(report, PARAMETERS)}{report.totals.params:,} with {report.totals.biases:,} biases"
    lines += [
        "",
        f"TOTAL memory: {short(report.totals.values, 3)} * {unit} bytes ~= {binary(per_image)} / image (only forward! ~*2 for bwd)",
        f"TOTAL params: {at_least(report, PARAMETERS)}{short(report.totals.weights, 3)} parameters ({biases})",
        *(f"NOT COUNTED: {text}" for _, text in not_counted_lines(report)),
    ]
    if report.batch > 1:
        lines.append(f"TOTAL memory for a batch of {report.batch}: {binary(report.memory.forward)}")
    if (report.totals.values, report.totals.weights) == NOTES_TABLE:
        lines.append("The notes print 24M and 93MB here, but their own rows add up to the total above (cnncalc explain CNN501).")
    return "\n".join(lines)


def line(row: Row) -> str:
    """Return `CONV3-64: [224x224x64]  memory:  224*224*64=3.2M   weights: (3*3*3)*64 = 1,728`."""
    return f"{row.notes_label}: [{row.output.text}]  memory:  {memory(row)}   weights: {weights(row)}"


def memory(row: Row) -> str:
    """Return `224*224*64=3.2M`; for a vector, its number of neurons."""
    if row.output.is_vector():
        return str(row.output.depth)
    return f"{'*'.join(map(str, row.output.sides))}={short(row.counts.values, 2)}"


def weights(row: Row) -> str:
    """Return `(3*3*3)*64 = 1,728`, or `0`."""
    count = row.counts.weights
    if PARAMETERS in row.counts.unknown:
        return UNKNOWN
    return f"{count.filled()} = {count.value:,}" if count.value else "0"


def short(value: int, digits: int) -> str:
    """Return a number rounded to some digits: `3.2M`, `150K`; numbers below 10,000 in full."""
    if value < 10_000:
        return str(value)
    drop = 10 ** (len(str(value)) - digits)
    rounded = (2 * value + drop) // (2 * drop) * drop
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "K")):
        if rounded >= unit:
            whole, rest = divmod(rounded, unit)
            return f"{whole}.{rest:0{len(str(unit)) - 1}d}".rstrip("0").rstrip(".") + name
    return str(rounded)


def binary(value: int) -> str:
    """Return bytes in the largest fitting unit of 1024: `58.1MB`."""
    for power, name in ((3, "GB"), (2, "MB"), (1, "KB")):
        if value >= 1024**power:
            tenths = (20 * value + 1024**power) // (2 * 1024**power)
            return f"{tenths // 10}.{tenths % 10}{name}"
    return f"{value} bytes"
