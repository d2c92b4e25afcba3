"""Layers that leave facts out: each with what is not counted, and a warning that the totals are lower bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Code, Diagnostic
from cnncalc.text.suggest import listed, many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Network, Node

NOT_COUNTED = Code(
    "CNN505",
    "an operator that is not counted",
    "A layer is an operator that is not modelled (OPAQUE), and the spec does not state its parameters, its work, its memory or its "
    "receptive field.",
    "What is not stated is left out of the totals, which are then lower bounds: every output says `at least`.",
    "INPUT[8x8x3] -> CONV3-4 -> OPAQUE(4x4x10) -> GAP -> FC-2",
    "State what you have: `OPAQUE(4x4x10, params=400, macs=6400, operations=0, kept=0, sees=whole)`, or replace it with layers "
    "that compute the same.",
)
_MOST_NAMED = 8


class NotCounted(NamedTuple):
    """A layer, and the facts that it leaves out."""

    node: Node
    kind: str
    facts: tuple[str, ...]

    @property
    def why(self) -> str:
        """Return the facts in words."""
        return f"not modelled, and its {listed(self.facts)} {'is' if len(self.facts) == 1 else 'are'} not stated"


def analyse(subject: Subject) -> Sequence[NotCounted]:
    """Return the layers that leave facts out, in the order of computation."""
    return not_counted(subject.network) if subject.of(counts.analyse).totals.unknown else ()


def not_counted(network: Network) -> Sequence[NotCounted]:
    """Return the layers of a network that leave facts out, in the order of computation."""
    parts = zip(network.nodes, network.typed, strict=True)
    return tuple(NotCounted(node, typed.layer.kind, unknown) for node, typed in parts if (unknown := typed.layer.unknown()))


def warnings(network: Network) -> Iterator[Diagnostic]:
    """Yield one warning, at the first of these layers, if there are any."""
    found = not_counted(network)
    if found:
        first, *others = found
        more = f", and so {'is' if len(others) == 1 else 'are'} {many(len(others), 'other layer')}" if others else ""
        yield Diagnostic(
            NOT_COUNTED,
            "warning",
            f"{first.node.name} is {first.why}{more}: the totals are lower bounds",
            first.node.origin.span,
            f"{listed(first.facts)} not counted",
            (*first.node.origin.notes, *(f"{each.node.name} is {each.why}" for each in others[:_MOST_NAMED])),
        )
