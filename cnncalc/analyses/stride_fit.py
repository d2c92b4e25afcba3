"""Strides that do not fit but were rounded: each is a warning that says what is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import axis_name
from cnncalc.maths.window import positions_text
from cnncalc.text.diagnostic import Code, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.graph import InferredGraph, Known, Node
    from cnncalc.maths.window import Window

ROUNDED = Code(
    "CNN210",
    "a stride that does not fit was rounded",
    "(W - F + 2P)/S + 1 is not an integer, and the rounding that is in force made one of it.",
    "`floor` leaves the last rows and columns unread; `ceil` adds windows that hang over the edge. Both are what frameworks "
    "do, in silence.",
    "rounding: floor                               and  INPUT[10x10x3] -> CONV3-8/2(padding=0)",
    "Nothing needs mending if the framework that runs the network rounds the same way; otherwise change stride, kernel, padding "
    "or input size so that it fits.",
    'CS231n course notes, "Constraints on strides"',
)


def stride_fit(inferred: InferredGraph) -> Iterator[Diagnostic]:
    """Yield a warning for each distinct layer whose stride was rounded."""
    seen: set[Known] = set()
    for node, known in zip(inferred.graph.nodes, inferred.known, strict=True):
        if known is None or known in seen or not known.inputs:
            continue
        seen.add(known)
        window = known.layer.window(known.inputs[0])
        if window is not None and window.rounding:
            yield from _warn(node, known, window)


def _warn(node: Node, known: Known, window: Window) -> Iterator[Diagnostic]:
    size = known.inputs[0].size
    for at, axis in enumerate(window.axes):
        if axis.leftover(size[at]):
            span = node.use.given["stride"][1] if "stride" in node.use.given else node.use.span
            up = known.output.size[at] > axis.slack(size[at]) // axis.stride + 1
            unseen = axis.unseen(size[at])
            lost = (
                "the last window hangs over the edge"
                if up
                else f"{unseen} real pixels are never seen"
                if unseen
                else "only padding is left out"
            )
            yield Diagnostic(
                ROUNDED,
                "warning",
                f"{node.name}: the stride {axis.stride} does not fit its input {axis_name(at, len(size))} {size[at]}; "
                f"rounded {'up' if up else 'down'} to {known.output.size[at]}",
                span,
                positions_text(axis, size[at]),
                (lost,),
            )
            return
