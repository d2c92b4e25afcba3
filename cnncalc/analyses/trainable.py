"""What learns: the tensors of each layer, how many of their numbers get a gradient, and which outputs depend on them."""

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
    """For each node its tensors, its learned numbers (0 where frozen), and whether its output depends on learned ones."""

    tensors: Sequence[tuple[Tensor, ...]]
    """Shared ones stand at the node that owns them only."""
    learned: Sequence[int]
    depends: Sequence[bool]
    """Only nodes that depend on something learned have a backward step."""
    parameters: int
    """Learnable numbers, the frozen ones too."""

    def products(self, at: int, node: Node) -> tuple[bool, bool]:
        """Tell whether a node works out the gradient of its input, and that of its weights or of those that it shares."""
        back = any(self.depends[each] for each in node.inputs)
        return back, bool(self.learned[node.shared if node.shared >= 0 else at])


class NothingToFreezeError(ValueError):
    """A name to freeze that no layer and no block has."""


def trainable(network: Network, frozen: Sequence[str] = ()) -> Trainable:
    """Return what learns when the layers and blocks of these names do not.

    Raises NothingToFreezeError for a name that no layer and no block has.
    """
    memo: dict[Typed, tuple[tuple[Tensor, ...], int]] = {}
    tensors: list[tuple[Tensor, ...]] = []
    learned: list[int] = []
    depends: list[bool] = []
    parameters = 0
    asleep = _frozen(network, frozen)
    for at, node in enumerate(network.nodes):
        own, numbers = _own(network.typed[at], memo) if node.shared < 0 else ((), 0)
        tensors.append(own)
        parameters += numbers
        learned.append(0 if at in asleep else numbers)
        depends.append(bool(learned[node.shared if node.shared >= 0 else at]) or any(depends[each] for each in node.inputs))
    return Trainable(tensors, learned, depends, parameters)


def _own(typed: Typed, memo: dict[Typed, tuple[tuple[Tensor, ...], int]]) -> tuple[tuple[Tensor, ...], int]:
    """Return the tensors of a layer and how many numbers of them can be learned."""
    found = memo.get(typed)
    if found is None:
        numbers = sum(tensor.numbers.value for tensor in typed.tensors if tensor.role != "buffer")
        found = memo[typed] = (typed.tensors, numbers)
    return found


def _frozen(network: Network, frozen: Sequence[str]) -> set[int]:
    """Return the nodes that are frozen."""
    found: set[int] = set()
    for name in frozen:
        prefix = f"{name.rstrip('/')}/"
        nodes = {at for at, node in enumerate(network.nodes) if node.name == name or node.name.startswith(prefix)}
        if not nodes:
            raise NothingToFreezeError(_nothing(name, network))
        found |= nodes
    return found


def _nothing(name: str, network: Network) -> str:
    from cnncalc.text.suggest import did_you_mean  # only on the way to an error

    names = {node.name for node in network.nodes if node.inputs}
    blocks = {each.rsplit("/", depth)[0] for each in names for depth in range(1, each.count("/") + 1)}
    hint = "; ".join(did_you_mean(name, sorted(names | blocks))) or "`cnncalc analyze` shows the names"
    return f"freeze: no layer or block is named {name!r}; {hint}"


def analyse(subject: Subject) -> Trainable:
    """Return which layers learn under the request; NothingToFreezeError for a name that nothing has."""
    return trainable(subject.network, subject.setup.frozen)


def backward_macs(subject: Subject) -> int:
    """Return the multiply-accumulates of the backward pass."""
    learns, nodes = subject.of(analyse), subject.network.nodes
    rows = subject.of(counts.analyse).rows
    return sum(row.macs.value * sum(learns.products(at, nodes[at])) for at, row in enumerate(rows) if row.macs.value)
