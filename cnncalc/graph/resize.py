"""The same network over another input: only the volumes of its inputs change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.graph.graph import Graph, Network
    from cnncalc.maths.volume import Volume


def resized(graph: Graph, volume: Volume) -> Graph:
    """Return the graph with another volume for its first input; `infer` says whether it fits."""
    return resized_inputs(graph, {0: volume})


def resized_by_name(network: Network, sizes: Mapping[str, Volume]) -> Graph:
    """Return the graph of a network with other volumes for some of its inputs, by name; the empty name is the first input."""
    indices = {"": 0} | {network.nodes[index].name: index for index in network.inputs}
    return resized_inputs(network.graph, {indices[name]: volume for name, volume in sizes.items()})


def resized_inputs(graph: Graph, volumes: Mapping[int, Volume]) -> Graph:
    """Return the graph with other volumes for some of its inputs, by the index of their nodes."""
    nodes = [
        node.with_layer(node.layer.replaced(shape=volumes[at])) if at in volumes and node.layer is not None else node
        for at, node in enumerate(graph.nodes)
    ]
    return graph._replace(nodes=nodes)
