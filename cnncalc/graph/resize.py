"""The same network over another input: only the volumes of its inputs change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.graph.graph import Graph
    from cnncalc.maths.volume import Volume


def resized(graph: Graph, volume: Volume) -> Graph:
    """Return the graph with another volume for its first input; `infer` checks whether it fits."""
    return resized_inputs(graph, {0: volume})


def resized_by_name(graph: Graph, sizes: Mapping[str, Volume]) -> Graph:
    """Return the graph with other volumes for some of its inputs, by name; the empty name is the first input.

    Names without an input have no effect; `check_names` reports them.
    """
    indices = {"": 0} | {node.name: index for index, node in enumerate(graph.nodes) if not node.inputs}
    return resized_inputs(graph, {indices[name]: volume for name, volume in sizes.items() if name in indices})


def resized_inputs(graph: Graph, volumes: Mapping[int, Volume]) -> Graph:
    """Return the graph with other volumes for some of its inputs, by the index of their nodes."""
    nodes = [
        node.with_layer(node.layer.replaced(shape=volumes[at])) if at in volumes and node.layer is not None else node
        for at, node in enumerate(graph.nodes)
    ]
    return graph._replace(nodes=nodes)
