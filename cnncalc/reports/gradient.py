"""Backpropagated gradients as values, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.reports import values
from cnncalc.reports.json import SCHEMA_VERSION
from cnncalc.text.escape import line
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from cnncalc.forward.gradients import Backpropagated


def render(result: Backpropagated) -> str:
    """Return each gradient as `--print` shows volumes, and how many are left out."""
    found = [values.render(part, result.digits) for part in result.parts]
    if result.left_out:
        found.append(f"… {many(len(result.left_out), 'more gradient')}; the next is --print {line(result.left_out[0])}")
    return "\n\n".join(found)


def as_dict(result: Backpropagated) -> dict[str, object]:
    """Return the data of `--format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": result.report.name,
        "batch": result.batch,
        "dtype": result.report.dtype,
        "seed": result.seed,
        "gradients": [values.as_dict(part) for part in result.parts],
        "left_out": list(result.left_out),
    }
