"""The order of branches that minimizes the memory of inference.

Cuts with a single crossing volume divide a network into regions; the order inside one region does not affect another.
Each region is searched by dynamic programming over the sets of finished layers (Ahn et al. 2020, arXiv:2003.02369):
exactly if there are few sets, otherwise by a beam search. The same function evaluates the order found and the order of
the spec, and the better one is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.cut_points import cut_points
from cnncalc.analyses.inference_memory import Live, inference_live
from cnncalc.analyses.storages import storages
from cnncalc.graph.graph import Graph, Network, Output
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.storages import Storages

_STATES = 4096  # sets of layers of one size; of more than this, only the best are kept
_LARGEST = 400  # layers in a region; larger regions are not searched


class Schedule(NamedTuple):
    """An order of the nodes, its live volumes, and the method of the search."""

    order: Sequence[int]
    live: Live
    """Nodes are numbered as in the original graph."""
    method: str
    """`exact`; `beam` if a region was too large for an exact search; `spec` if no better order than the spec's was found."""
    spec_peak: int
    """The peak in the spec's order, bytes per image."""


def best_schedule(network: Network, size: int) -> Schedule:
    """Return the best order found, never worse than the spec's. Numbers have `size` bytes."""
    plain = inference_live(network, size)
    search = _Search(network, size)
    order = search.order()
    if order == list(range(len(order))):
        return Schedule(order, plain, "exact" if search.exact else "spec", plain.peak)
    found = inference_live(permuted(network, order), size)
    if found.peak >= plain.peak:
        return Schedule(range(len(order)), plain, "exact" if search.exact and found.peak == plain.peak else "spec", plain.peak)
    place = {node: at for at, node in enumerate(order)}
    moments = [found.moments[place[node]] for node in range(len(order))]
    live = Live(moments, order[found.at], tuple(order[each] for each in found.volumes), found.total)
    return Schedule(order, live, "exact" if search.exact else "beam", plain.peak)


def permuted(network: Network, order: Sequence[int]) -> Network:
    """Return the network with its nodes in another order; each node must come after its inputs."""
    graph, place = network.graph, {node: at for at, node in enumerate(order)}
    nodes = [node.moved(tuple(place[each] for each in node.inputs), place, place) for node in (graph.nodes[at] for at in order)]
    outputs = tuple(Output(place[output.at], output.name) for output in graph.outputs)
    moved = Graph(nodes, outputs, {name: place[at] for name, at in graph.named.items()}, graph.left_out)
    return Network(moved, [network.typed[each] for each in order])


class _Tensor(NamedTuple):
    """A volume in the search of a region: its size, and the set of its readers in the region."""

    bytes: int
    readers: int
    held: bool
    """Whether it outlives the region."""


class _Search:
    """Finds an order, region by region."""

    def __init__(self, network: Network, size: int) -> None:
        self.nodes = network.nodes
        self.images = frozenset(network.inputs)
        self.size = size
        self.run: Storages = storages(network, [False] * len(self.nodes), training=False, ideal=True)
        self.bytes = self.run.bytes(size)
        self.outputs = {output.at for output in network.outputs}
        places = [cut.after for cut in cut_points(network, self.run, image_crosses=False)]
        self.regions = list(zip([0, *places], [*places, len(self.nodes) - 1], strict=True))
        self.exact = True

    def order(self) -> list[int]:
        """Return all nodes in order. Regions are searched from the highest peak down, until no other can raise the total peak."""
        orders = [list(range(first + 1, last + 1)) for first, last in self.regions]
        peaks = [self._peak(order) if len(order) > 1 else 0 for order in orders]
        floor = 0
        for at in sorted(range(len(orders)), key=lambda each: -peaks[each]):
            if peaks[at] <= floor:
                break
            if self._branches(orders[at]):
                found = _Region(self, orders[at]).search(peaks[at])
                self.exact = self.exact and found.exact
                orders[at], peaks[at] = found.order, found.peak
            floor = max(floor, peaks[at])
        return [0, *(node for order in orders for node in order)]

    def _branches(self, order: Sequence[int]) -> bool:
        return any(self.nodes[each].inputs != (each - 1,) for each in order[1:])

    def _peak(self, order: Sequence[int]) -> int:
        region = _Region(self, order)
        return region.peak(order)


class _Found(NamedTuple):
    order: list[int]
    peak: int
    exact: bool


class _State(NamedTuple):
    """The best way to a set of layers: the largest moment so far, the live bytes now, the set before, the last layer."""

    peak: int
    live: int
    before: int
    node: int


class _Region:
    """A run of nodes; later nodes only read the volume of the last one, and results. Sizes are bytes per image."""

    def __init__(self, search: _Search, order: Sequence[int]) -> None:
        self.search_ = search
        self.order = list(order)
        self.bit = {node: 1 << at for at, node in enumerate(order)}
        nodes, run = search.nodes, search.run
        self.exact = len(self.order) <= _LARGEST
        self.root: dict[int, int] = {}
        members: dict[int, list[int]] = {}
        for each in self._before() + self.order:
            if each not in self.bit:
                self.root[each] = run.of[each]
            else:
                self.root[each] = self.root[nodes[each].inputs[0]] if run.facts[each].storage == "view" else each
            members.setdefault(self.root[each], []).append(each)
        self.tensors = {root: self._tensor(root, each) for root, each in members.items()}
        self.needs = {
            each: sum(self.bit[source] for source in {*nodes[each].inputs, nodes[each].like} if source in self.bit)
            for each in self.order
        }

    def _before(self) -> list[int]:
        """Return the nodes outside the region with readers inside."""
        return sorted({source for each in self.order for source in self.search_.nodes[each].inputs if source not in self.bit})

    def _tensor(self, root: int, members: Sequence[int]) -> _Tensor:
        nodes, wanted = self.search_.nodes, set(members)
        readers = sum(self.bit[each] for each in self.order if wanted & set(nodes[each].inputs))
        held = root in self.search_.images or self.order[-1] in wanted or bool(wanted & self.search_.outputs)
        return _Tensor(self.search_.bytes[root], readers, held)

    def _start(self) -> int:
        """Return the live bytes before the region: its inputs, and the images, which the caller holds."""
        images = sum(self.search_.bytes[each] for each in self.search_.images)
        read = (root for root in self.tensors if root not in self.bit and root not in self.search_.images)
        return images + sum(self.tensors[root].bytes for root in read)

    def _step(self, done: int, live: int, node: int) -> tuple[int, int]:
        """Return the bytes while a node runs, and the live bytes after it."""
        nodes, fact = self.search_.nodes, self.search_.run.facts[node]
        after, root = done | self.bit[node], self.root[node]
        new = self.tensors[root].bytes if root == node and node not in self.search_.images else 0
        sources = [self.root[each] for each in nodes[node].inputs]
        free = {
            each for each in sources if each != root and not self.tensors[each].held and not self.tensors[each].readers & ~after
        }
        in_place = fact.storage == "in place" and sources[0] in free
        if in_place and self.tensors[sources[0]].bytes != new:
            self.exact = False  # overwriting a part of a larger storage keeps all of it
        moment = live + (0 if in_place else new)
        return moment, live + new - sum(self.tensors[each].bytes for each in free)

    def peak(self, order: Sequence[int]) -> int:
        """Return the largest moment of an order."""
        done, live, peak = 0, self._start(), 0
        for node in order:
            moment, live = self._step(done, live, node)
            done |= self.bit[node]
            peak = max(peak, moment)
        return peak

    def search(self, bound: int) -> _Found:
        """Return the best order; `bound` is the peak in the spec's order."""
        if len(self.order) > _LARGEST:
            return _Found(self.order, bound, exact=False)
        levels: list[dict[int, _State]] = [{0: _State(0, self._start(), 0, -1)}]
        for _ in self.order:
            level = self._next(levels[-1], bound)
            if len(level) > _STATES:
                self.exact = False
                best = sorted(level.items(), key=lambda each: (each[1].peak, each[1].live))[:_STATES]
                level = dict(best)
            if not level:
                return _Found(self.order, bound, exact=False)
            levels.append(level)
        (last,) = levels[-1].values()
        return _Found(self.order, bound, self.exact) if last.peak >= bound else _Found(self._back(levels), last.peak, self.exact)

    def _next(self, level: dict[int, _State], bound: int) -> dict[int, _State]:
        """Return the sets with one more layer, each with the best way to it."""
        found: dict[int, _State] = {}
        for done, state in level.items():
            for node in self._ready(done):
                moment, live = self._step(done, state.live, node)
                peak = max(state.peak, moment)
                after = done | self.bit[node]
                if peak <= bound and (after not in found or peak < found[after].peak):
                    found[after] = _State(peak, live, done, node)
        return found

    def _ready(self, done: int) -> Iterator[int]:
        return (each for each in self.order if not done & self.bit[each] and not self.needs[each] & ~done)

    def _back(self, levels: Sequence[dict[int, _State]]) -> list[int]:
        order: list[int] = []
        (done,) = levels[-1]
        for level in reversed(levels[1:]):
            state = level[done]
            order.append(state.node)
            done = state.before
        return order[::-1]
