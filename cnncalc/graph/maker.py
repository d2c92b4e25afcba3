"""Layers from kinds and options: one object for all equal layers, for which everything is computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers import kinds, misfits
from cnncalc.layers.base import BadOptionsError
from cnncalc.maths.volume import written
from cnncalc.pattern import codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.graph.graph import Origin
    from cnncalc.layers.base import Layer
    from cnncalc.layers.options import Given
    from cnncalc.text.diagnostic import Findings


class Maker:
    """Makes layers, and reports invalid options at their places."""

    def __init__(self, findings: Findings, *, missing: bool = True) -> None:
        self.findings = findings
        self.missing = missing
        """Whether a missing option is an error; it is not if an unreadable key may be that option."""
        self.equal: dict[tuple[object, ...], Layer] = {}

    def make(self, kind: str, given: Mapping[str, Given], origin: Origin) -> Layer | None:
        """Return the layer of a known kind; None, with an error in the findings, if an option is missing or bad."""
        key = (kind, *((name, type(value), value) for name, value in sorted(given.items())))  # keeps True apart from 1
        if key not in self.equal:
            try:
                self.equal[key] = kinds.find(kind).make(given)
            except BadOptionsError as error:
                for field, problem, hint, missing, idle in error.problems:
                    if missing and not self.missing:
                        continue
                    hints = (hint,) if hint else ()
                    label = _label(origin, field)
                    code = misfits.ARGUMENT if idle else codes.BAD_OPTION
                    self.findings.error(code, problem, origin.place(field), label=label, notes=origin.notes, hints=hints)
                return None
        return self.equal[key]


def _label(origin: Origin, field: str) -> str:
    """Return `C = 0` if the value of an option was written as a variable or an expression, else an empty text."""
    value, span = origin.options.get(field, ("", None))
    if span is None:
        return ""
    words = " ".join(span.words().split())
    return "" if words == written(value) or not any(sign.isupper() for sign in words) else f"{words} = {written(value)}"
