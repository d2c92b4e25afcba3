"""The storage of each layer's output: its own, the one of its input, or the one of an image.

A storage is an allocation of a framework; views and layers that work in place share the storage of their input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.graph.graph import Network, Typed
    from cnncalc.layers.base import Keeps


NO_DTYPES: Mapping[int, int] = {}


class Storages(NamedTuple):
    """`of[i]` is the storage of node i's output, named by the node that allocates it; `readers` counts its readers."""

    of: Sequence[int]
    readers: Sequence[int]
    keeps: Sequence[Keeps]
    """The memory facts of each node, as they apply with these storages."""
    facts: Sequence[Keeps]
    """The memory facts of each node, as its layer states them: in another order, other nodes can work in place."""
    values: Sequence[int]
    """The number of values of each node's output."""
    own_dtype: Mapping[int, int] = NO_DTYPES
    """Bytes of a number for each node with an output dtype of its own."""

    def bytes(self, size: int) -> list[int]:
        """Return the bytes of each node's output, per image, in a network with numbers of `size` bytes."""
        found = [values * size for values in self.values]
        for at, own in self.own_dtype.items():
            found[at] = self.values[at] * own
        return found


def storages(
    network: Network,
    trainable: Sequence[bool],
    learned: Sequence[int] = (),
    *,
    training: bool,
    ideal: bool = False,
    held: bool = True,
) -> Storages:
    """Return the storages of a run. `trainable` marks the nodes that keep something for a backward pass.

    `learned` has the learned numbers of each node; without it, all weights learn.

    With `ideal`, every layer that can work in place does (`Layer.works_in_place`); otherwise only those that a framework runs so.
    The caller holds the images, unless not `held`: they can then be overwritten.
    """
    nodes = network.nodes
    memo: dict[Typed, tuple[Keeps, int]] = {}
    keeps: list[Keeps] = []
    facts: list[Keeps] = []
    values: list[int] = []
    of: list[int] = []
    waiting = _uses(network)
    readers = [0] * len(nodes)
    kept = [held and not node.inputs for node in nodes]
    for at, node in enumerate(nodes):
        typed = network.typed[at]
        known = memo.get(typed)
        if known is None:
            known = memo[typed] = _facts(typed, training=training, ideal=ideal), typed.output.values
        fact, numbers = known
        values.append(numbers)
        facts.append(fact)
        own, storage = at, fact.storage
        if storage != "new" and node.inputs:
            first = of[node.inputs[0]]
            if storage == "view" or (waiting[first] == 1 and not kept[first]):  # one reader is left, and nothing keeps it
                own = first
        if own == at and fact.otherwise:
            fact = fact.otherwise
        if fact.inputs and trainable[at]:
            gradients = [trainable[each] for each in node.inputs]
            learns = not learned or bool(learned[node.weighted_by(at)])
            fact = typed.layer.keeps_for(fact, typed.inputs, gradients, learns=learns)
        keeps.append(fact)
        of.append(own)
        for each in node.inputs:
            source = of[each]
            waiting[source] -= 1
            readers[source] += 1
        if own != at:
            waiting[own] += waiting[at]
        if trainable[at]:
            for each in fact.kept(node.inputs):
                kept[of[each]] = True
            kept[own] = kept[own] or fact.output
    if not any(typed.output.dtype for typed in memo):
        return Storages(of, readers, keeps, facts, values)
    volumes = [(at, typed.output) for at, typed in enumerate(network.typed) if typed.output.dtype]
    return Storages(of, readers, keeps, facts, values, {at: volume.number_bytes(0) for at, volume in volumes})


def _facts(typed: Typed, *, training: bool, ideal: bool) -> Keeps:
    """Return the memory facts of a layer."""
    fact = typed.layer.keeps(typed.inputs, typed.output, training=training)
    return (
        fact._replace(storage="in place", otherwise=fact)
        if ideal and typed.layer.works_in_place and fact.storage == "new"
        else fact
    )


def _uses(network: Network) -> list[int]:
    """Return the number of reads of each node's output."""
    uses = [0] * len(network.nodes)
    for node in network.nodes:
        for each in node.inputs:
            uses[each] += 1
    for output in network.outputs:
        uses[output.at] += 1
    return uses
