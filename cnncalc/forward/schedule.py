"""When a forward pass needs each volume for the last time: what may be overwritten, given up, or joined to the layer before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.storages import storages
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cnncalc.graph.graph import Network


class Turn(NamedTuple):
    """What is settled about the turn of a node before any array is there."""

    inputs: tuple[int, ...]
    spare: tuple[bool, ...]
    """Which inputs this node is the last one to read; never an image, which is the caller's."""
    drops: tuple[int, ...]
    """The volumes that nobody reads after it, its own among them where nobody reads it at all."""
    next: int
    """The only reader of a volume that nobody else wants; -1 where there are others, or none."""
    others: tuple[int, ...]
    """What the only reader reads besides."""


def turns(network: Network, kept: Collection[int]) -> list[Turn]:
    """Return the turn of every node; the outputs of `kept` ones are wanted afterwards."""
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
        only = readers[at][0] if len(readers[at]) == 1 and at not in kept else -1
        others = tuple(each for each in nodes[only].inputs if each != at) if only >= 0 else ()
        found.append(Turn(tuple(node.inputs), spare[at], (*last, at) if idle else tuple(last), only, others))
    return found


def _spare(network: Network, readers: Sequence[Sequence[int]], kept: Collection[int]) -> list[tuple[bool, ...]]:
    """Return for each node which of its inputs lie in memory that is read for the last time."""
    nodes = network.nodes
    storage = storages(network, [False] * len(nodes), training=False).of
    uses = [len(each) + (at in kept) for at, each in enumerate(readers)]
    waiting = list(uses)  # reads of each storage that are still to come
    images = frozenset(network.inputs)
    found: list[tuple[bool, ...]] = []
    for at, node in enumerate(nodes):
        owners = [storage[each] for each in node.inputs]
        found.append(tuple(waiting[owner] == 1 and owner not in images for owner in owners))
        for owner in owners:
            waiting[owner] -= 1
        if storage[at] != at:
            waiting[storage[at]] += uses[at]  # what reads this layer reads its input's memory
    return found
