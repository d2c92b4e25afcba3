"""A graph from a foreign format, under the settings of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.given_sizes import completed
from cnncalc.graph.inputs import check_names
from cnncalc.graph.resize import resized_by_name
from cnncalc.pattern import codes
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.build import Overrides
    from cnncalc.graph.graph import Graph, Node
    from cnncalc.layers.base import Layer
    from cnncalc.maths.volume import Volume
    from cnncalc.text.diagnostic import Findings


def adapted(graph: Graph, overrides: Overrides, findings: Findings) -> Graph:
    """Return the graph with other sizes of its inputs, and another rounding for layers that do not set their own.

    All its outputs are kept; an unknown name among the outputs to keep is an error.
    """
    _check_outputs(graph, overrides.outputs, findings)
    if overrides.rounding is not None:
        graph = graph._replace(nodes=list(_rounded(graph, overrides.rounding)))
    sizes = overrides.sizes
    check_names(sizes, [node.name for node in graph.nodes if not node.inputs], findings)
    return resized_by_name(graph, completed(sizes, images(graph), findings)) if sizes else graph


def images(graph: Graph) -> dict[str, Volume | None]:
    """Return the sizes of the inputs of a graph, by name."""
    return {node.name: None if node.layer is None else node.layer.infer(()) for node in graph.nodes if not node.inputs}


def _check_outputs(graph: Graph, wanted: tuple[str, ...], findings: Findings) -> None:
    offered = [output.name for output in graph.outputs if output.name]
    for name in wanted:
        if name not in offered:
            findings.error(codes.UNKNOWN_STEP, f"no output is named `{name}`", hints=did_you_mean(name, offered))


def _rounded(graph: Graph, rounding: str) -> Iterator[Node]:
    """Yield the nodes; equal layers stay one object."""
    changed: dict[Layer, Layer] = {}
    for node in graph.nodes:
        layer = node.layer
        if layer is None or not layer.rounds() or "rounding" in node.origin.options:
            yield node
            continue
        if layer not in changed:
            changed[layer] = layer.replaced(rounding=rounding)
        yield node.with_layer(changed[layer])
