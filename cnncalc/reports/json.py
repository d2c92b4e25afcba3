"""The report as JSON: stable keys, exact integers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.reports.report import Report


def render(report: Report) -> str:
    """Return the JSON text, a layer a line."""
    data = report.to_dict()
    layers = data.pop("layers")
    assert isinstance(layers, list)  # noqa: S101  as to_dict makes it
    text = json.dumps(data, indent=2, ensure_ascii=False)
    lines = ",\n".join("    " + json.dumps(layer, ensure_ascii=False) for layer in layers)
    head, tail = text.split('\n  "outputs"', 1)
    return f'{head}\n  "layers": [\n{lines}\n  ],\n  "outputs"{tail}'
