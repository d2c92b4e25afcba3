"""Trainable layers: the tensors of each layer, how many of their numbers have a gradient, and the outputs that depend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.layers.base import Tensor


class Trainable(NamedTuple):
    """For each node its tensors, its learned numbers (0 if frozen), and whether its output depends on learned numbers."""

    tensors: Sequence[tuple[Tensor, ...]]
    """Shared tensors are only listed at their owner."""
    learned: Sequence[int]
    depends: Sequence[bool]
    """Only nodes that depend on learned numbers have a backward step."""
    parameters: int
    """Learnable numbers, including frozen ones."""

    def products(self, at: int, node: Node) -> tuple[bool, bool]:
        """Return whether a node computes the gradient of its input, and the gradient of its own or shared weights."""
        return any(self.depends[each] for each in node.inputs), bool(self.learned[node.weighted_by(at)])

    def backward_macs(self, at: int, node: Node, macs: int, matmul: int) -> tuple[int, int]:
        """Return the multiply-accumulates of the gradient of the input, and of the weights.

        A product of two volumes has a gradient of each; both belong to the input, also where only weights before it learn.
        """
        back, weights = self.products(at, node)
        sides = 2 if weights or len(node.inputs) < 2 else sum(self.depends[each] for each in node.inputs)
        both = sides * matmul if back or weights else 0
        return both + (macs - matmul if back else 0), macs - matmul if weights else 0


class NothingToFreezeError(ValueError):
    """A name to freeze without a layer or block of that name, or of layers whose weight belongs to one that learns."""


def trainable(network: Network, frozen: Sequence[str] = ()) -> Trainable:
    """Return the trainable layers, with the layers and blocks of these names frozen.

    A layer that shares weights freezes them for every layer that uses them. Raises NothingToFreezeError for a name without a layer
    or block, and for a layer that takes a weight transposed from a layer that is not frozen: the bias of that layer still learns.
    """
    memo: dict[Typed, int] = {}
    tensors: list[tuple[Tensor, ...]] = []
    learned: list[int] = []
    depends: list[bool] = []
    parameters = 0
    asleep = _frozen(network, frozen)
    for at, node in enumerate(network.nodes):
        typed = network.typed[at]
        numbers = memo.get(typed)
        if numbers is None:
            numbers = memo[typed] = sum(tensor.numbers.value for tensor in typed.tensors if tensor.role != "buffer")
        own = typed.tensors
        if node.shared >= 0:
            own, numbers = (), 0
        tensors.append(own)
        parameters += numbers
        awake = 0 if at in asleep else numbers
        learned.append(awake)
        learns = awake > 0
        for each in node.owners:
            learns = learns or learned[each] > 0
        for each in node.inputs:
            learns = learns or depends[each]
        depends.append(learns)
    return Trainable(tensors, learned, depends, parameters)


def _frozen(network: Network, frozen: Sequence[str]) -> set[int]:
    """Return the frozen nodes: those of the names, and the owners of their shared weights."""
    found: set[int] = set()
    for name in frozen:
        prefix = f"{name.rstrip('/')}/"
        nodes = {at for at, node in enumerate(network.nodes) if node.name == name or node.name.startswith(prefix)}
        if not nodes:
            raise NothingToFreezeError(_nothing(name, network))
        found |= nodes
    found |= {network.nodes[at].shared for at in found} - {-1}
    for at in sorted(found):
        owner = network.nodes[at].tied
        if owner >= 0 and owner not in found:
            raise NothingToFreezeError(_of_another(network.nodes[at].name, network.nodes[owner].name))
    return found


def _of_another(name: str, owner: str) -> str:
    return f"freeze: the weight of {name} is that of {owner}, transposed, and {owner} learns; freeze {owner!r} as well"


def _nothing(name: str, network: Network) -> str:
    from cnncalc.text.suggest import did_you_mean  # only needed for errors

    names = {node.name for node in network.nodes if node.inputs}
    blocks = {each.rsplit("/", depth)[0] for each in names for depth in range(1, each.count("/") + 1)}
    hint = "; ".join(did_you_mean(name, sorted(names | blocks))) or "`cnncalc analyze` shows the names"
    return f"freeze: no layer or block is named {name!r}; {hint}"


class Split(NamedTuple):
    """The stored numbers of a network, as Keras adds them up: every one is trainable or not."""

    trainable: int
    frozen: int
    """Learnable numbers of frozen layers."""
    moving: int
    """Buffers in the network's dtype, such as moving means and variances; step counters, which Keras lacks, are left out."""

    @property
    def total(self) -> int:
        """Return all of them."""
        return self.trainable + self.frozen + self.moving


def split(subject: Subject) -> Split:
    """Return the trainable numbers, the frozen ones, and the buffers. Source: Keras, Model.summary()."""
    found = subject.of(analyse)
    learned = sum(found.learned)
    buffers = (tensor for own in found.tensors for tensor in own if tensor.role == "buffer" and not tensor.fixed_bytes)
    return Split(learned, found.parameters - learned, sum(tensor.numbers.value for tensor in buffers))


def analyse(subject: Subject) -> Trainable:
    """Return the trainable layers under the request; NothingToFreezeError for a name without a layer or block."""
    return trainable(subject.network, subject.setup.frozen)


def backward_macs(subject: Subject) -> int:
    """Return the multiply-accumulates of the backward pass."""
    learns, nodes = subject.of(analyse), subject.network.nodes
    rows = subject.of(counts.analyse).rows
    return sum(
        sum(learns.backward_macs(at, nodes[at], row.macs.value, row.matmul)) for at, row in enumerate(rows) if row.macs.value
    )
