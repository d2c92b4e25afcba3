"""Strides that do not fit and were rounded: a note for each where the spec says so, a warning under `--rounding`, with the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import axis_name
from cnncalc.maths.window import COVERED, positions_text
from cnncalc.text.diagnostic import Code, Diagnostic
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.maths.window import Window
    from cnncalc.text.diagnostic import Severity
    from cnncalc.text.source import Span

ROUNDED = Code(
    "CNN210",
    "a stride that does not fit was rounded",
    "(W - F + 2P)/S + 1 is not an integer, and the active rounding rule turned it into one.",
    "`floor` leaves the last rows and columns unread; `ceil` adds windows that extend beyond the edge. Frameworks do both "
    "silently.",
    "rounding: floor                               and  INPUT[10x10x3] -> CONV3-8/2(padding=0)",
    "Nothing, if the framework that runs the network rounds the same way; otherwise make the stride fit with another stride, "
    "kernel, padding or input size. Where the spec or the layer says `rounding`, it is a note, which `validate --verbose` shows; "
    "under `--rounding` it is a warning.",
    'CS231n course notes, "Constraints on strides"',
)


def stride_fit(network: Network, *, replaced: bool = False) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each step with a rounded stride; a repeated step is reported once.

    It is a note. Where the options of the request replace the rounding of the spec (`replaced`), it is a warning for each layer
    without a rounding of its own.
    """
    seen: set[Typed] = set()
    found: dict[Span | None, list[Diagnostic]] = {}
    for node, typed in zip(network.nodes, network.typed, strict=True):
        if typed in seen:
            continue
        seen.add(typed)
        for window, volume in zip(typed.windows, typed.inputs, strict=True):
            if window is None or not window.slides or window.rounding == COVERED:
                continue
            if diagnostic := _rounded(node, typed, window, volume.size):
                severity: Severity = "warning" if replaced and "rounding" not in node.origin.options else "note"
                found.setdefault(diagnostic.span, []).append(diagnostic._replace(severity=severity))
    for same in found.values():
        more = tuple(diagnostic.message for diagnostic in same[1:])
        yield same[0]._replace(notes=(*same[0].notes, *more))


def _rounded(node: Node, typed: Typed, window: Window, size: tuple[int, ...]) -> Diagnostic | None:
    """Return the note for the first axis that does not fit."""
    for at, axis in enumerate(window.axes):
        if axis.leftover(size[at]):
            span = node.origin.place("stride")
            up = typed.output.size[at] > axis.slack(size[at]) // axis.stride + 1
            where = f"{axis_name(at, len(size))} {size[at]}"
            way = f"rounded {'up' if up else 'down'} to {typed.output.size[at]}"
            message = f"{node.name}: stride {axis.stride} does not fit input {where}, {way}"
            lost = "the last window hangs over the edge" if up else f"rounding down: {_lost(axis.unseen(size[at]))}"
            return Diagnostic(ROUNDED, "note", message, span, positions_text(axis, size[at]), (lost, *node.origin.notes))
    return None


def _lost(unseen: int) -> str:
    stay = "stays" if unseen == 1 else "stay"
    return f"{many(unseen, 'pixel')} at the far end {stay} behind the last window" if unseen else "only padding is left out"
