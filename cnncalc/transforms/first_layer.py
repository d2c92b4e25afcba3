"""The compromise of the notes: a coarser first layer, where a network begins with a convolution of stride 1 on the image.

Source: CS231n course notes, "Compromising based on memory constraints": 7x7 with stride 2 (ZFNet), 11x11 with stride 4 (AlexNet).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.graph import Graph, InferredGraph, Node
from cnncalc.graph.infer import infer
from cnncalc.layers._sliding import Sliding
from cnncalc.text.diagnostic import Findings

if TYPE_CHECKING:
    from cnncalc.layers.base import Layer

COMPROMISES = ((7, 2), (11, 4))
"""Kernel and stride."""


def first_layer(inferred: InferredGraph) -> int | None:
    """Return the node that is a convolution of stride 1 on the image, None where the network begins otherwise."""
    readers = [at for at, node in enumerate(inferred.graph.nodes) if 0 in node.inputs]
    if len(readers) != 1:
        return None
    known = inferred.known[readers[0]]
    layer = known.layer if known else None
    if known is None or not isinstance(layer, Sliding) or not layer.weights(known.inputs[0]):
        return None
    window = layer.window(known.inputs[0])
    coarse = window is None or window.transposed or any(axis.stride > 1 for axis in window.axes)
    return None if coarse else readers[0]


def coarser(inferred: InferredGraph, kernel: int, stride: int) -> InferredGraph | None:
    """Return the network with another first layer, `same` padding, and strides that round down where they do not fit.

    None where it does not begin with a convolution of stride 1, or where the volumes get too small.
    """
    at = first_layer(inferred)
    if at is None:
        return None
    swapped: dict[Layer, Layer] = {}
    nodes = [_rounding(node, swapped) for node in inferred.graph.nodes]
    first = nodes[at].layer
    assert isinstance(first, Sliding)  # noqa: S101  as first_layer has found
    changed = first.replaced(kernel=(kernel,), stride=(stride,), padding="same", dilation=(1,))
    nodes[at] = _with(nodes[at], changed)
    graph: Graph = inferred.graph._replace(nodes=nodes)
    result = infer(graph, Findings())
    return result if result.complete else None


def _rounding(node: Node, swapped: dict[Layer, Layer]) -> Node:
    """Return a node whose stride rounds down where it does not fit."""
    layer = node.layer
    if layer is None or not isinstance(layer, Sliding) or getattr(layer, "rounding", "floor") not in {None, "strict"}:
        return node
    if layer not in swapped:
        swapped[layer] = layer.replaced(rounding="floor")
    return _with(node, swapped[layer])


def _with(node: Node, layer: Layer) -> Node:
    return Node(node.name, layer, node.inputs, node.use, node.path, node.shared)
