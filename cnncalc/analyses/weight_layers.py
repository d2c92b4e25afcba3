"""Weight layers: the number that the names of networks count, 16 in VGG-16 and 50 in ResNet-50.

A weight layer multiplies its input with learned weights: convolutions of all kinds and fully-connected layers; the norms and
activations with weights of their own do not count. The figure is the largest number of weight layers on a path from an input to an
output. A convolution in a shortcut is therefore left out, where the body beside it is deeper; so are gates, which only scale the
channels of another branch.

Source: Simonyan and Zisserman 2014, arXiv:1409.1556, Table 1 ("16 weight layers"); He et al. 2015, arXiv:1512.03385, Table 1 (50 =
1 + 3*16 + 1); Szegedy et al. 2014, arXiv:1409.4842, section 5 (22); Huang et al. 2016, arXiv:1608.06993, Table 1 (121).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Network, Typed


class WeightLayers(NamedTuple):
    """The weight layers on the longest path, all of them, and each node's own: 1 or 0."""

    deepest: int
    all: int
    own: Sequence[int]


def weight_layers(network: Network) -> WeightLayers:
    """Return the weight layers of a network. A layer that shares weights counts where it is used, as it does its work there."""
    memo: dict[Typed, int] = {}
    own: list[int] = []
    depths: list[int] = []
    for node, typed in zip(network.nodes, network.typed, strict=True):
        if typed not in memo:
            memo[typed] = int(_multiplies(typed, tied=node.tied >= 0))
        own.append(memo[typed])
        depths.append(own[-1] + max((depths[node.inputs[slot]] for slot in _paths(typed)), default=0))
    deepest = max((depths[output.at] for output in network.outputs), default=0)
    return WeightLayers(deepest, sum(own), own)


def _multiplies(typed: Typed, *, tied: bool) -> bool:
    """Return whether a layer has learned weights, its own or those of another layer, and multiplies with them."""
    learned = tied or any(tensor.role == "weight" for tensor in typed.tensors)
    return learned and typed.layer.work(typed.inputs, typed.output).macs.value > 0


def _paths(typed: Typed) -> Iterator[int]:
    """Yield the inputs of a layer that are no gates: no single position that scales a volume with several."""
    positions = [volume.values // volume.depth for volume in typed.inputs]
    for slot, each in enumerate(positions):
        if not (typed.layer.modulates and each == 1 < max(positions)):
            yield slot


def analyse(subject: Subject) -> WeightLayers:
    """Return the weight layers of the network."""
    return weight_layers(subject.network)


FIGURES = (
    Figure(
        "weight_layers",
        "",
        "convolutional and fully-connected layers with weights on the longest path: 16 in VGG-16, 50 in ResNet-50",
        lambda subject: subject.of(analyse).deepest,
        reads=(PARAMETERS, MACS),
    ),
)
