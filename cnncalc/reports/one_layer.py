"""One layer by hand, as text and as a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports.json import as_dict as report_dict
from cnncalc.reports.units import percent, si, size
from cnncalc.request.dtypes import BYTES
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.one_layer import OneLayer

MOST = 12  # printed values of a list; JSON has all


def text(report: Analysis, facts: OneLayer) -> str:
    """Return the formula filled in, sizes, weights, matrices, and other strides and paddings that fit."""
    row = report.rows[-1]
    lines = [f"{row.label} over {report.image.text}", ""]
    lines += [f"{what:<12}{figure}".rstrip() for what, figure in _lines(report, facts)]
    return "\n".join(lines)


def _lines(report: Analysis, facts: OneLayer) -> list[tuple[str, str]]:
    row = report.rows[-1]
    found = [("output", f"{row.output.text} = {many(facts.neurons, 'neuron')}")]
    found += [_axis(axis.axis, axis.formula, axis.filled, axis.output, exact=axis.exact) for axis in facts.axes]
    found += _parameters(report, facts) if row.counts.params else [("parameters", "0")]
    if row.counts.macs.value:
        found.append(("MACs", f"{row.counts.macs.filled()} = {row.counts.macs.value:,}{_short(row.counts.macs.value)}"))
    found.append(("FLOPs", f"{row.counts.flops:,}"))
    found += _matrices(report, facts)
    found.append(("memory", _memory(report)))
    if facts.discarded[0] and not row.counts.params:
        found.append(
            ("discards", f"{percent(*facts.discarded)} of the activations: {report.image.values:,} become {facts.neurons:,}")
        )
    if facts.axes and not row.counts.params:
        found += _overlap(report)
    found.append(("", ""))
    if facts.strides:
        found.append(("strides", f"{_some(facts.strides)} {_fit(facts.strides)} this input with this kernel and padding"))
    if facts.paddings:
        found.append(("paddings", f"{_some(facts.paddings)} {_fit(facts.paddings)} with this stride"))
    elif facts.axes:
        found.append(("paddings", "no padding equal on all sides fits with this stride"))
    found.append(("pattern", f"INPUT[{report.image.text}] -> {row.typed.layer.text()}"))
    return found


def _overlap(report: Analysis) -> list[tuple[str, str]]:
    """Return by how much neighbouring windows of a pool overlap. Source: CS231n course notes, "Pooling Layer"."""
    window = report.rows[-1].typed.window
    axes = () if window is None else window.axes
    over = [axis.extent - axis.stride for axis in axes]
    if not over or max(over) <= 0:
        return []
    sums = dict.fromkeys(f"{axis.extent} - {axis.stride} = {many(each, 'pixel')}" for axis, each in zip(axes, over, strict=True))
    return [("overlaps", f"F - S = {', '.join(sums)} of neighbouring windows: overlapping pooling")]


def _axis(axis: str, formula: str, filled: str, output: int, *, exact: bool) -> tuple[str, str]:
    return f"  {axis}", f"{formula} = {filled} = {output}" + ("" if exact else " (rounded)")


def _parameters(report: Analysis, facts: OneLayer) -> list[tuple[str, str]]:
    row, counts = report.rows[-1], report.rows[-1].counts
    bias = " + 1 bias" if counts.biases.value else ""
    lines = [
        ("neuron", f"{facts.weights_per_neuron:,} weights{bias} each"),
        ("weights", f"{counts.weights.symbolic()} = {counts.weights.filled()} = {counts.weights.value:,}"),
    ]
    if counts.biases.value:
        lines.append(("biases", f"{counts.biases.symbolic()} = {counts.biases.value:,}"))
    lines.append(("parameters", f"{counts.params:,}"))
    if facts.im2col and facts.im2col.positions > 1:
        unshared = facts.neurons * (facts.weights_per_neuron + bool(bias))
        lines.append(("", f"{unshared:,} if the {row.output.values:,} neurons did not share theirs"))
    return lines


def _matrices(report: Analysis, facts: OneLayer) -> list[tuple[str, str]]:
    """Return the im2col matrices in the notation of the notes, [363 x 3025]."""
    if facts.im2col is None:
        return []
    m, bytes_ = facts.im2col, BYTES[report.dtype]
    each = f"{m.groups} x " if m.groups > 1 else ""
    columns, rows = m.columns * report.batch, m.rows
    return [
        ("im2col", f"X_col {each}[{m.cells} x {m.positions}] = {columns:,} values, {size(columns * bytes_)}"),
        ("", f"W_row {each}[{m.filters} x {m.cells}] = {rows:,} values, {size(rows * bytes_)}"),
        ("", f"W_row times X_col is {each}[{m.filters} x {m.positions}]"),
    ]


def _memory(report: Analysis) -> str:
    row, unit = report.rows[-1], BYTES[report.dtype] * report.batch
    volumes = f"input {size(report.image.values * unit)}, output {size(row.counts.values * unit)}"
    return f"{volumes}, parameters {size(report.memory.parameters)} ({report.dtype}, batch {report.batch})"


def _short(value: int) -> str:
    return f" ({si(value)})" if value >= 1000 else ""


def _fit(values: Sequence[int]) -> str:
    return "fits" if len(values) == 1 else "fit"


def _some(values: Sequence[int]) -> str:
    shown = ", ".join(map(str, values[:MOST]))
    return shown if len(values) <= MOST else f"{shown} … {values[-1]} ({len(values)} in all)"


def as_dict(report: Analysis, facts: OneLayer) -> dict[str, object]:
    """Return the layer from the report's JSON with the facts of one layer."""
    layers = report_dict(report)["layers"]
    assert isinstance(layers, list)  # noqa: S101  as to_dict makes it
    m = facts.im2col
    return {
        "schema_version": 1,
        "input": list(report.image.sides),
        "layer": layers[-1],
        "neurons": facts.neurons,
        "weights_per_neuron": facts.weights_per_neuron,
        "formulas": {axis.axis: f"{axis.filled} = {axis.output}" for axis in facts.axes},
        "im2col": None if m is None else {"groups": m.groups, "columns": [m.cells, m.positions], "rows": [m.filters, m.cells]},
        "discarded": facts.discarded[0] / facts.discarded[1],
        "strides": list(facts.strides),
        "paddings": list(facts.paddings),
    }
