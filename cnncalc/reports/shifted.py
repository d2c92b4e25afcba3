"""How much of each layer changes when the image moves, as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports.json import SCHEMA_VERSION
from cnncalc.reports.plain import listed

if TYPE_CHECKING:
    from cnncalc.forward.outcome import Shifted

HEAD = ("layer", "", "output", "values", "changed", "")
AXES = ("right", "down", "later")
BACK = ("left", "up", "earlier")


def render(result: Shifted) -> str:
    """Return a line for each layer, with the number of its values that change."""
    report = result.report
    moves = [f"{abs(by)} {(AXES if by > 0 else BACK)[at]}" for at, by in enumerate(result.shift) if by]
    head = f"{report.title or 'network'} · the image, and the image moved by {' and '.join(moves) or '0'}"
    rows: list[tuple[str, ...]] = [HEAD]
    for row, layer in zip(report.rows, result.layers, strict=True):
        share = f"{100 * layer.differing / layer.before.size:.3g} %"
        rows.append((row.name, row.label, row.output.text, f"{layer.before.size:,}", f"{layer.differing:,}", share))
    return "\n".join([head, "", *listed(rows, right=(3, 4, 5))])


def as_dict(result: Shifted) -> dict[str, object]:
    """Return the data of `--format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": result.report.name,
        "shift": list(result.shift),
        "layers": [
            {"name": row.name, "output": list(layer.before.shape), "values": layer.before.size, "changed": layer.differing}
            for row, layer in zip(result.report.rows, result.layers, strict=True)
        ],
    }
