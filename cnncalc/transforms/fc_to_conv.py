"""Convert every FC layer to the CONV layer of the same function: the network then slides over larger images.

An FC over a volume of 7x7x512 is a CONV with F=7, P=0, S=1; one over 1x1x4096 is a CONV with F=1. A FLATTEN before it is removed.
Source: CS231n course notes, "Converting FC layers to CONV layers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import Dims
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.transforms import codes
from cnncalc.transforms.rewrite import Changes, Part, consumers, made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.graph.graph import Graph, Network, Node, Typed
    from cnncalc.layers.base import Layer
    from cnncalc.layers.options import Given
    from cnncalc.maths.volume import Volume


def fc_to_conv(network: Network, rounding: str | None = None) -> Changes:
    """Return the changes that convert every FC to a CONV with the spec's `rounding`.

    Raises SpecError for a network without FC layers, and for an FC that reads several volumes.
    """
    graph, typed = network.graph, network.typed
    found = [at for at, node in enumerate(graph.nodes) if node.origin.kind == "FC"]
    if not found:
        raise SpecError([_nothing(graph, typed)])
    dropped = _flattens(graph, typed)
    volumes = _unflattened(graph, typed, dropped)
    changes: Changes = dict.fromkeys(dropped, ())
    for at in found:
        node = graph.nodes[at]
        if len(node.inputs) != 1:
            raise SpecError([_several(graph, node)])
        if node.tied >= 0:
            raise SpecError([_transposed(graph, node)])
        changes[at] = (Part(_conv(typed[at], volumes[node.inputs[0]], rounding), node.name),)
    return changes


def _conv(typed: Typed, volume: Volume, rounding: str | None) -> Layer:
    """Return the CONV of an FC over a volume."""
    given: dict[str, Given] = {
        "kernel": Dims(volume.size) if len(set(volume.size)) > 1 else volume.size[0],
        "filters": typed.output.depth,
    }
    if not volume.is_vector():
        given["padding"] = 0
    if all(tensor.role != "bias" for tensor in typed.tensors):
        given["bias"] = False
    if rounding not in {None, "strict"}:
        given["rounding"] = rounding or ""
    return made("CONV", given)


def _flattens(graph: Graph, typed: Sequence[Typed]) -> set[int]:
    """Return the FLATTEN and RESHAPE layers that only prepare a volume for FC layers."""
    readers = consumers(graph)
    results = {output.at for output in graph.outputs}
    return {
        at
        for at, node in enumerate(graph.nodes)
        if node.origin.kind in {"FLATTEN", "RESHAPE"}
        and typed[at].output.is_vector()
        and _ends_in_fc(at, graph, typed, readers, results)
    }


def _ends_in_fc(at: int, graph: Graph, typed: Sequence[Typed], readers: Sequence[Sequence[int]], results: set[int]) -> bool:
    """Return whether a column passes only through elementwise layers to FC layers."""
    waiting = [at]
    while waiting:
        current = waiting.pop()
        if current in results or not readers[current]:
            return False
        for reader in readers[current]:
            node = graph.nodes[reader]
            if node.origin.kind == "FC":
                continue
            flat = node.origin.kind in {"FLATTEN", "RESHAPE"} and typed[reader].output.is_vector()
            if not flat and not _each_value_alone(typed[reader]):
                return False
            waiting.append(reader)
    return True


def _each_value_alone(typed: Typed) -> bool:
    """Return whether a layer applies the same function to every value."""
    return typed.layer.pointwise and not typed.tensors


def _unflattened(graph: Graph, typed: Sequence[Typed], dropped: set[int]) -> list[Volume]:
    """Return the volume of every node without the flattening layers."""
    volumes = [each.output for each in typed]
    moved = set(dropped)
    for at, node in enumerate(graph.nodes):
        if node.inputs and (at in dropped or (node.inputs[0] in moved and node.origin.kind != "FC")):
            volumes[at] = volumes[node.inputs[0]]
            moved.add(at)
    return volumes


def _nothing(graph: Graph, typed: Sequence[Typed]) -> Diagnostic:
    last = typed[graph.outputs[-1].at].layer.label() if graph.outputs else ""
    pooled = any(node.origin.kind in {"GAP", "GMP"} for node in graph.nodes)
    slides = (
        "its global pool takes a larger image unchanged, and averages over it; without the pool the network slides"
        if pooled
        else "it slides over a larger image unchanged: set one with `--input`"
    )
    return Diagnostic(codes.NOTHING, "error", f"the network has no FC layer; it ends in {last}", None, "", (slides,))


def _transposed(graph: Graph, node: Node) -> Diagnostic:
    owner = graph.nodes[node.tied].name
    return Diagnostic(
        codes.NOT_CONVERTED,
        "error",
        f"{node.name} takes the weight of {owner} transposed, and a CONV cannot",
        node.origin.share or node.origin.span,
        notes=node.origin.notes,
    )


def _several(graph: Graph, node: Node) -> Diagnostic:
    names = ", ".join(graph.nodes[at].name for at in node.inputs)
    return Diagnostic(
        codes.NOT_CONVERTED,
        "error",
        f"{node.name} reads {len(node.inputs)} volumes, and a CONV reads one",
        node.origin.span,
        notes=(f"it reads {names}", *node.origin.notes),
        hints=("join them first: `concat: {from: [a, b]}`",),
    )
