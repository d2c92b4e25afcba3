"""The last use of each volume in a forward pass: volumes to overwrite or release, and layers to join to the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.storages import storages
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cnncalc.graph.graph import Network, Typed


class Turn(NamedTuple):
    """The plan for the turn of a node, made before any array exists."""

    inputs: tuple[int, ...]
    spare: tuple[bool, ...]
    """Whether this node is the last reader of each input; never of an image, which belongs to the caller."""
    drops: tuple[int, ...]
    """The volumes without readers after this node, including its own where it has none at all."""
    next: int
    """The only reader of its volume, where its volumes are of one size; -1 with other readers, without any, or where the volume
    is kept."""
    others: tuple[int, ...]
    """The other inputs of the only reader."""


def turns(network: Network, kept: Collection[int]) -> list[Turn]:
    """Return the turn of every node; the outputs of `kept` nodes are kept after the pass."""
    nodes = network.nodes
    readers: list[list[int]] = [[] for _ in nodes]
    for at, node in enumerate(nodes):
        for each in node.inputs:
            readers[each].append(at)
    spare = _spare(network, readers, kept)
    found: list[Turn] = []
    for at, node in enumerate(nodes):
        last = [each for each in dict.fromkeys(node.inputs) if readers[each][-1] == at and each not in kept]
        idle = not readers[at] and at not in kept
        only = readers[at][0] if len(readers[at]) == 1 and at not in kept and _alike(network.typed[readers[at][0]]) else -1
        others = tuple(each for each in nodes[only].inputs if each != at) if only >= 0 else ()
        found.append(Turn(tuple(node.inputs), spare[at], (*last, at) if idle else tuple(last), only, others))
    return found


def _alike(typed: Typed) -> bool:
    """Return whether all volumes of a layer have the size of its output: a volume that is spread cannot be cut into tiles."""
    return all(volume == typed.output for volume in typed.inputs)


def _spare(network: Network, readers: Sequence[Sequence[int]], kept: Collection[int]) -> list[tuple[bool, ...]]:
    """Return for each node whether each of its inputs lies in memory that is read for the last time."""
    nodes = network.nodes
    storage = storages(network, [False] * len(nodes), training=False).of
    uses = [len(each) + (at in kept) for at, each in enumerate(readers)]
    waiting = list(uses)  # outstanding reads of each storage
    images = frozenset(network.inputs)
    found: list[tuple[bool, ...]] = []
    for at, node in enumerate(nodes):
        owners = [storage[each] for each in node.inputs]
        found.append(tuple(waiting[owner] == 1 and owner not in images for owner in owners))
        for owner in owners:
            waiting[owner] -= 1
        if storage[at] != at:
            waiting[storage[at]] += uses[at]  # readers of this layer read its input's memory
    return found
