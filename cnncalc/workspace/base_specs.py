"""Specs with a base: `base` names a spec of the same folder or a shipped one."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from cnncalc.graph.given_sizes import check_inherited
from cnncalc.spec import codes
from cnncalc.spec.composer import read
from cnncalc.spec.document import Mapped, Scalar, problem
from cnncalc.spec.spec import merged
from cnncalc.spec.values import read_volume
from cnncalc.text.diagnostic import SpecError
from cnncalc.workspace.find import find_base

if TYPE_CHECKING:
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
    base = _based(read(below.source, findings), below, findings, seen)
    result = merged(document, base)
    if not {"pattern", "layers"} & document.items.keys():
        _keep_axes(document, base, result, findings)
    return result


def _keep_axes(document: Mapped, base: Mapped, result: Mapped, findings: Findings) -> None:
    """Refuse sizes of inputs with another number of axes than those of the base; the size of the base then stays."""
    _keep(document, base, result, "input", findings)
    here, below, joined = (each.get("inputs") for each in (document, base, result))
    if isinstance(here, Mapped) and isinstance(below, Mapped) and isinstance(joined, Mapped):
        for name in here.items:
            _keep(here, below, joined, name, findings)


def _keep(document: Mapped, base: Mapped, result: Mapped, key: str, findings: Findings) -> None:
    here, below = document.get(key), base.get(key)
    if here is None or below is None:
        return
    try:
        given, image = read_volume(here), read_volume(below)
    except SpecError:
        return  # reported where the spec is read
    if not check_inherited(given, image, findings, here.span, key=key):
        result.items[key] = base.items[key]
