"""The report as JSON: stable keys, exact integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cnncalc.analyses.analysis import exact
from cnncalc.analyses.figure import plain
from cnncalc.analyses.figures import usual, values
from cnncalc.analyses.receptive_field import seen
from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.reports import memory
from cnncalc.text.escape import json

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.analyses.backward_work import BackwardWork
    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.maths.volume import Volume
    from cnncalc.text.diagnostic import Diagnostic

RENDERS = "analysis"
SCHEMA_VERSION = 1


def render(report: Analysis) -> str:
    """Return the JSON text, with one layer on each line."""
    data = as_dict(report)
    layers = cast("list[object]", data.pop("layers"))
    text = json(data)
    lines = ",\n".join("    " + json(layer, indent=None) for layer in layers)
    head, tail = text.split('\n  "outputs"', 1)
    return f'{head}\n  "layers": [\n{lines}\n  ],\n  "outputs"{tail}'


def as_dict(analysis: Analysis) -> dict[str, object]:
    """Return the analysis as a dictionary for JSON."""
    backward = analysis.backward
    totals = {key: getattr(analysis.totals, key) for key in ("values", "weights", "biases", "params", "buffers", "macs", "flops")}
    gradients = {"backward_macs": backward.macs, "gradient_values": backward.gradient_values}
    data: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "name": analysis.name,
        "batch": analysis.batch,
        "dtype": analysis.dtype,
        **inputs_dict(analysis),
        "layers": [_layer(row, analysis, back) for row, back in zip(analysis.rows, backward.rows, strict=True)],
        "outputs": [row.name for row in analysis.outputs],
        "left_out": list(analysis.network.graph.left_out),
        **not_counted_dict(analysis),
        "totals": {**totals, **gradients, "gradient_params": backward.gradient_params},
        "memory": memory.as_dict(analysis),
        "diagnostics": [diagnostic_dict(diagnostic) for diagnostic in analysis.diagnostics],
    }
    _add_figures(data, analysis)
    return data


def _add_figures(data: dict[str, object], analysis: Analysis) -> None:
    """Add every figure that is not placed yet: under `totals`, or at its dotted path; and figures of layers to each layer."""
    layers = cast("list[dict[str, object]]", data["layers"])
    for name, value in values(analysis).items():
        *path, last = name.split(".") if "." in name else ("totals", name)
        place = data
        for key in path:
            place = cast("dict[str, object]", place.setdefault(key, {}))
        place.setdefault(last, plain(value))
    for figure in usual().values():
        if figure.layers and figure.name not in layers[0]:
            for layer, each in zip(layers, figure.layers(analysis), strict=True):
                layer[figure.name] = plain(each)
    _leave_out(data, analysis)


def _leave_out(data: dict[str, object], analysis: Analysis) -> None:
    """Set to null, layer by layer, every figure of facts that the layer does not state."""
    if not analysis.totals.unknown:
        return
    for layer, row in zip(cast("list[dict[str, object]]", data["layers"]), analysis.rows, strict=True):
        for figure in usual().values():
            if figure.layers and figure.name in layer and figure.is_bound(row.counts.unknown):
                layer[figure.name] = None
        if MACS in row.counts.unknown:
            layer["input_gradient_macs"] = layer["weight_gradient_macs"] = None
        formulas = cast("dict[str, object]", layer["formulas"])
        formulas |= {name: None for name, fact in (("weights", PARAMETERS), ("macs", MACS)) if fact in row.counts.unknown}


def not_counted_dict(analysis: Analysis) -> dict[str, object]:
    """Return what is not counted, and the figures that are lower bounds therefore; nothing where all is counted."""
    from cnncalc.analyses.not_counted import analyse  # few networks have operators that are not modelled

    if not analysis.totals.unknown:
        return {}
    return {
        "not_counted": [
            {"name": each.node.name, "kind": each.kind, "why": each.why, "facts": list(each.facts)} for each in analysis.of(analyse)
        ],
        "at_least": True,
        "bounds": [name for name in values(analysis) if usual()[name].is_bound(analysis.totals.unknown)],
    }


def _layer(row: Row, analysis: Analysis, backward: BackwardWork) -> dict[str, object]:
    counts = row.counts
    return {
        "name": row.name,
        "kind": row.kind,
        "label": row.label,
        "inputs": list(row.inputs),
        "output": list(row.output.sides),
        "values": counts.values,
        "counted": counts.counted,
        "weights": counts.weights.value,
        "biases": counts.biases.value,
        "params": counts.params,
        "buffers": counts.buffers,
        "macs": counts.macs.value,
        "flops": counts.flops,
        "backward_macs": backward.macs,
        "input_gradient_macs": backward.input_macs,
        "weight_gradient_macs": backward.weight_macs,
        "gradient_values": backward.gradient_values,
        "gradient_params": backward.gradient_params,
        "formulas": {"weights": counts.weights.filled(), "macs": counts.macs.filled()},
        "receptive_field": None if row.field.unknown else row_field_dict(analysis, row),
    }


def inputs_dict(analysis: Analysis) -> dict[str, object]:
    """Return `input`, the sides of the only input, or `inputs`, the names and sides of several."""
    found = analysis.inputs
    if len(found) == 1:
        return {"input": list(analysis.image.sides)}
    return {"inputs": [{"name": name, "size": list(volume.sides)} for name, volume in found.items()]}


def row_field_dict(analysis: Analysis, row: Row) -> dict[str, object]:
    """Return the receptive field of a layer in the first input that it depends on; with several, `relative_to` names it."""
    source = analysis.rows[row.field.source]
    field = field_dict(row.field, source.output, row.output)
    return field if len(analysis.inputs) == 1 else {"relative_to": source.name, **field}


def field_dict(fields: Fields, image: Volume, output: Volume) -> dict[str, object]:
    """Return a receptive field for JSON; `seen` is the number of image pixels that the best placed neuron sees, per axis."""
    return {
        "size": [exact(field.size) for field in fields.axes],
        "stride": [exact(field.stride) for field in fields.axes],
        "offset": [exact(field.offset) for field in fields.axes],
        "whole": fields.whole,
        "aligned": fields.aligned,
        "phases": list(fields.phases),
        "seen": list(seen(fields, image, output)),
    }


def diagnostic_dict(diagnostic: Diagnostic) -> dict[str, object]:
    """Return a diagnostic as a dictionary for JSON."""
    place = diagnostic.place()
    file, line, column = place or (None, None, None)
    return {
        "code": diagnostic.code.number,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": file,
        "line": line,
        "column": column,
        "label": diagnostic.label,
        "notes": list(diagnostic.notes),
        "hints": list(diagnostic.hints),
    }
