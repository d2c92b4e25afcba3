"""`analyze --sizes`: the sizes of images that fit a network, whether or not its own size does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.analyses.sizes_that_fit import MOST, SizesThatFit, sizes_that_fit, usual_range
from cnncalc.named_tuple import NamedTuple
from cnncalc.pipeline import built
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError

if TYPE_CHECKING:
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found

_RANGE = re.compile(r"([0-9]{1,9})(?:\.\.|-|:)([0-9]{1,9})")


class Listed(NamedTuple):
    """A network by name, the sizes that fit it, and the warnings about its text."""

    name: str
    found: SizesThatFit
    diagnostics: tuple[Diagnostic, ...]


def read_range(text: str) -> tuple[int, int] | None:
    """Return the sizes of `200..500`; None for the usual range, an empty text. ValueError for anything else."""
    if not text:
        return None
    match = _RANGE.fullmatch(text.replace(" ", ""))
    low, high = map(int, match.groups()) if match else (0, 0)
    if 1 <= low <= high < low + MOST:
        return low, high
    message = f"sizes are a range such as 200..500, of at most {MOST:,} sizes from 1 on, not {text!r}"
    raise ValueError(message)


def listed(found: Found, settings: Request, wanted: tuple[int, int] | None = None) -> Listed:
    """Return the sizes that fit a text, in a range or in the usual one. Raises SpecError where no size can make it fit."""
    findings = Findings()
    spec, graph = built(found, settings.overrides, findings)
    findings.check()
    if any(node.layer is None for node in graph.nodes):  # a missing layer has left an error
        raise SpecError(findings.sorted())
    low, high = wanted or usual_range(graph)
    return Listed(spec.title, sizes_that_fit(graph, low, high), findings.sorted())
