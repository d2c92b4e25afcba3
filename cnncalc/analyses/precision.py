"""The precision of each layer: the bytes of a number of its output, and the copies of its inputs that autocast makes.

Without autocast all numbers have one size. With it, a layer runs by the rule that it states for the operator list of the CPU
or of CUDA (`Layer.autocast`), and the images are float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.storages import Storages
    from cnncalc.graph.graph import Network, Typed
    from cnncalc.request.training import Training

WHOLE = 4  # bytes of a float32
COPYING = frozenset({"lower", "float32", "widest", "upcast"})


class Precision(NamedTuple):
    """The types of a network's numbers, by node."""

    numbers: Sequence[int]
    """Bytes of a number of the output, and of its gradient."""
    works: Sequence[int]
    """Bytes of a number that the layer computes on the way, and of the copies of its inputs."""
    lower: Sequence[bool]
    """Whether autocast runs the layer in 16 bits, with copies of its weights."""
    copies: Sequence[tuple[int, ...]]
    """The inputs, by their place, that the layer reads as copies of another type."""
    inside: Sequence[int]
    """Bytes of a number of what the backward step computes on the way."""


def precision(network: Network, run: Storages, setup: Training) -> Precision:
    """Return the precision of each node, for the storages of a run."""
    nodes, size = network.nodes, setup.size
    if not setup.cast_size:
        same = [size] * len(nodes)
        own = [run.own_dtype.get(at, size) for at in range(len(nodes))] if run.own_dtype else same
        return Precision(own, same, [False] * len(nodes), [()] * len(nodes), own)
    images = frozenset(network.inputs)
    memo: dict[Typed, str] = {}
    numbers: list[int] = []
    works: list[int] = []
    lower: list[bool] = []
    copies: list[tuple[int, ...]] = []
    for at, node in enumerate(nodes):
        typed = network.typed[at]
        rule = memo.get(typed)
        if rule is None:
            rule = memo[typed] = _rule(typed, setup)
        reads = [numbers[each] for each in node.inputs]
        widest = max(reads, default=WHOLE if at in images else size)
        if run.of[at] != at:  # a view of its input, or written over it: of the same type
            rule, widest = "input", reads[0]
        work = {"lower": setup.cast_size, "float32": WHOLE, "inside": WHOLE, "upcast": WHOLE}.get(rule, widest)
        numbers.append(run.own_dtype.get(at) or {"promote": WHOLE, "upcast": widest}.get(rule, work))
        works.append(work)
        lower.append(rule == "lower")
        copies.append(tuple(slot for slot, each in enumerate(reads) if each != work) if rule in COPYING else ())
    return Precision(numbers, works, lower, copies, list(map(max, numbers, works)))


def _rule(typed: Typed, setup: Training) -> str:
    found = typed.layer.autocast(typed.inputs)
    return found.cuda if setup.autocast_on == "cuda" else found.cpu
