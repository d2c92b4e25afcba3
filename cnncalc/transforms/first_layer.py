"""The notes' compromise: a coarser first layer for a network that begins with a convolution of stride 1 on the image.

Source: CS231n course notes, "Compromising based on memory constraints": 7x7 with stride 2 (ZFNet), 11x11 with stride 4 (AlexNet).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.infer import fits

if TYPE_CHECKING:
    from cnncalc.graph.graph import Network, Node
    from cnncalc.layers.base import Layer

COMPROMISES = ((7, 2), (11, 4))
"""Kernel and stride of ZFNet and AlexNet."""


def first_layer(network: Network) -> int | None:
    """Return the first node if it is a convolution of stride 1 on the image, else None."""
    readers = [at for at, node in enumerate(network.nodes) if 0 in node.inputs]
    if len(readers) != 1:
        return None
    typed = network.typed[readers[0]]
    window = typed.window
    if window is None or not window.slides or not typed.tensors or any(axis.stride > 1 for axis in window.axes):
        return None
    return readers[0]


def coarser(network: Network, kernel: int, stride: int) -> Network | None:
    """Return the network with another first layer, `same` padding, and output sizes rounded down where strides do not fit.

    None for a network without a first convolution of stride 1, and where the volumes become too small.
    """
    at = first_layer(network)
    if at is None:
        return None
    nodes = list(network.nodes)
    changed = network.typed[at].layer.replaced(kernel=(kernel,), stride=(stride,), padding="same", dilation=(1,))
    nodes[at] = nodes[at].with_layer(changed)
    swapped: dict[Layer, Layer] = {}
    return fits(network.graph._replace(nodes=[_rounding(node, swapped) for node in nodes]))


def _rounding(node: Node, swapped: dict[Layer, Layer]) -> Node:
    """Return the node with its output size rounded down where the stride does not fit."""
    layer = node.layer
    if layer is None or not layer.rounds() or getattr(layer, "rounding", "floor") not in {None, "strict"}:
        return node
    if layer not in swapped:
        swapped[layer] = layer.replaced(rounding="floor")
    return node.with_layer(swapped[layer])
