"""Replace some nodes of a graph by others; all other nodes keep their places, names and inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.graph import Graph, Node, Origin, Output
from cnncalc.layers import kinds
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.layers.base import Layer
    from cnncalc.layers.options import Given


class Part(NamedTuple):
    """A new layer in place of an old one."""

    layer: Layer
    name: str


Changes = dict[int, tuple[Part, ...]]
"""The replacement of each changed node: a chain of layers, the first with the old layer's weights; an empty chain drops it."""


def made(kind: str, given: Mapping[str, Given]) -> Layer:
    """Return a layer of a kind with some options."""
    return kinds.find(kind).make(given)


def rewritten(graph: Graph, changes: Changes) -> Graph:
    """Return the graph with its changes."""
    nodes: list[Node] = []
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for at, node in enumerate(graph.nodes):
        inputs = tuple(last[each] for each in node.inputs)
        chain = changes.get(at)
        if chain == ():
            first[at] = last[at] = inputs[0]
            continue
        first[at] = len(nodes)
        if chain is None:
            nodes.append(node.moved(inputs, first, last))
        else:
            for part in chain:
                shared = -1 if nodes[first[at] :] else first.get(node.shared, -1)
                nodes.append(Node(part.name, part.layer, inputs, _origin(part.layer, node), node.path, shared))
                inputs = (len(nodes) - 1,)
        last[at] = len(nodes) - 1
    outputs = tuple(Output(last[at], name) for at, name in graph.outputs)
    return graph._replace(nodes=nodes, outputs=outputs, named={name: last[at] for name, at in graph.named.items()})


def _origin(layer: Layer, node: Node) -> Origin:
    """Return the origin of a new layer: the place of the old one."""
    return Origin(layer.name(), node.origin.span, text=node.origin.text)


def consumers(graph: Graph) -> list[list[int]]:
    """Return, for each node, the nodes that read it."""
    found: list[list[int]] = [[] for _ in graph.nodes]
    for at, node in enumerate(graph.nodes):
        for each in node.inputs:
            found[each].append(at)
    return found


def fresh(name: str, graph: Graph) -> str:
    """Return the name, with a number from 2 where a layer already has it."""
    taken = {node.name for node in graph.nodes}
    chosen, number = name, 1
    while chosen in taken:
        number += 1
        chosen = f"{name}_{number}"
    return chosen
