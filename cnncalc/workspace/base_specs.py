"""Specs with a base: `base` names a spec of the same folder or a shipped one."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from cnncalc.spec import codes
from cnncalc.spec.composer import read
from cnncalc.spec.document import Scalar, problem
from cnncalc.spec.spec import merged
from cnncalc.text.diagnostic import SpecError
from cnncalc.workspace.find import find_base

if TYPE_CHECKING:
    from cnncalc.spec.document import Mapped
    from cnncalc.text.diagnostic import Findings
    from cnncalc.workspace.find import Found

_NAME = r"[\w][\w.+-]*"
_DEEPEST = 10  # bases of bases


def with_base(document: Mapped, found: Found, findings: Findings) -> Mapped:
    """Return the document of a text, merged with its base and the base's base. Raises SpecError for an unusable base."""
    return _based(document, found, findings, ())


def _based(document: Mapped, found: Found, findings: Findings, seen: tuple[str, ...]) -> Mapped:
    node = document.get("base")
    if node is None:
        return document
    if not isinstance(node, Scalar) or not re.fullmatch(_NAME, node.text):
        raise problem(codes.BASE, "`base` is the name of a spec of the same folder, or of a shipped one", node.span)
    try:
        below = find_base(node.text, found.place)
    except SpecError as error:
        raise SpecError([each._replace(span=node.span) for each in error.diagnostics]) from None
    seen = (*seen, os.path.abspath(found.source.name))  # noqa: PTH100  pathlib costs start-up
    if os.path.abspath(below.source.name) in seen:  # noqa: PTH100
        raise problem(codes.BASE, f"`{node.text}` builds on this spec itself", node.span)
    if len(seen) > _DEEPEST:
        raise problem(codes.BASE, f"bases of bases are more than {_DEEPEST} deep", node.span)
    return merged(document, _based(read(below.source, findings), below, findings, seen))
