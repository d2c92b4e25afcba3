"""The part of a network that one layer depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.graph import Graph, Network, Output
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Part(NamedTuple):
    """A network up to a layer, its only output."""

    network: Network
    moved: Mapping[int, int]
    """The indices of its nodes in the part, by those in the network."""


def up_to(network: Network, at: int) -> Part:
    """Return the part of a network that the node `at` depends on, with the layers whose weights it takes."""
    nodes, wanted = network.nodes, set[int]()
    waiting = [at]
    while waiting:
        each = waiting.pop()
        if each not in wanted:
            wanted.add(each)
            node = nodes[each]
            waiting += [other for other in (*node.inputs, *node.owners, node.like) if other >= 0]
    moved = {old: new for new, old in enumerate(sorted(wanted))}
    kept = [nodes[old].moved(tuple(moved[each] for each in nodes[old].inputs), moved, moved) for old in moved]
    named = {name: moved[old] for name, old in network.graph.named.items() if old in moved}
    return Part(Network(Graph(kept, (Output(moved[at], ""),), named), [network.typed[old] for old in moved]), moved)
