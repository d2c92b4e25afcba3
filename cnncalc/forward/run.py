"""Run an inferred graph on real arrays, and compare the arrays with the inferred facts.

Volumes are released after their last reader. A layer may overwrite an input that has no further readers. Elementwise layers
behind a convolution (a batch norm, a rectifier, a sum with an existing volume) join it, tile by tile, where the volume between
them has a single reader.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.analyses.counts import counts
from cnncalc.forward.live import memory_of
from cnncalc.forward.machine import trim
from cnncalc.forward.schedule import turns
from cnncalc.kernels import blas
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import by_products
from cnncalc.layers.base import How, Misfit
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from cnncalc.forward.schedule import Turn
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.kernels.arrays import Array
    from cnncalc.kernels.conv import Algorithm
    from cnncalc.layers.base import Layer, Step, Tensor


LARGE, MOST_FREED = 8 * 2**20, 16 * 2**20
"""Size from which the C library may keep a freed volume, and total of such volumes after which they are returned to the system, in
bytes: often enough for the bound of 64 MiB, and rarely enough to cost no time (measured)."""


SMALL = 150_000_000
"""Average MACs of a layer up to which the BLAS shares products among the threads (measured): VGG-16 has 970 million, ResNet-50 76
million, MobileNetV2 6 million."""


class Ran(NamedTuple):
    """The outcome of one layer."""

    wanted: tuple[int, ...]
    """The inferred shape: N x (time x) height x width x depth."""
    shape: tuple[int, ...] | None
    """The shape of the real array; None where the layer did not run."""
    params: int
    """Learnable numbers in the real arrays; those of shared weights count at the layer that owns them."""
    buffers: int
    seconds: float
    live: int
    """Bytes of all volumes while it ran."""
    joined: int
    """The layer that it was computed with, tile by tile; -1 where it ran alone."""
    problems: tuple[str, ...]
    """Every difference between the inferred facts and the arrays."""


class Run(NamedTuple):
    """A forward pass: each layer, and the requested arrays."""

    layers: Sequence[Ran]
    results: dict[int, Array]
    """The outputs, and the layers to keep, by node."""
    seconds: float
    """From the image to the last output, without the comparison with the inferred facts."""

    @property
    def differences(self) -> int:
        """Return the number of layers that are not as inferred."""
        return sum(bool(layer.problems) for layer in self.layers)

    @property
    def live(self) -> int:
        """Return the peak bytes of live volumes."""
        return max(layer.live for layer in self.layers)


def run(
    network: Network,
    images: Array | Sequence[Array],
    weights: Weights,
    *,
    algorithm: Algorithm = "auto",
    keep: Collection[int] = (),
    tell: Callable[[int], object] = lambda _: None,
) -> Run:
    """Run an inferred network.

    `images` are N x (time x) height x width x depth, one array or one for each input, and are not changed; `keep` are nodes
    whose outputs to keep in addition to the results; `tell` receives the number of finished layers. Small products are shared
    among the threads by the BLAS; for large ones the BLAS is limited to one thread, and the threads share tiles. The threads
    keep their working memory for the next run, until `kernels.scratch.release()`.
    """
    work = _Pass(network, [images] if isinstance(images, np.ndarray) else images, weights, algorithm, keep)
    start = time.perf_counter()
    with by_products() if work.small else blas.held(), np.errstate(all="ignore"):
        for at in range(len(network.nodes)):
            work.step(at)
            tell(at + 1)
    seconds = time.perf_counter() - start
    return Run([work.judged(at) for at in range(len(network.nodes))], work.results(), seconds)


class _Read(dict[str, "Array"]):
    """The arrays of a node; `used` collects the names of those that were read."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        super().__init__(arrays)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Array:
        self.used.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Array | None = None) -> Array | None:  # type: ignore[override]
        self.used.add(name)
        return super().get(name, default)


class _Seen(NamedTuple):
    """The outcome of a node: only the facts that must be recorded while the network runs."""

    shape: tuple[int, ...] | None
    seconds: float
    live: int
    read: _Read | None = None
    """The arrays available to the node, where it ran."""
    problems: tuple[str, ...] = ()


class _Joined(NamedTuple):
    """A layer that is computed with the one before it."""

    at: int
    step: Step
    read: _Read


class _Pass:
    """The state of a forward pass."""

    def __init__(
        self, network: Network, images: Sequence[Array], weights: Weights, algorithm: Algorithm, keep: Collection[int]
    ) -> None:
        self.nodes = network.nodes
        self.typed = network.typed
        self.images, self.weights = dict(zip(network.inputs, images, strict=True)), weights
        self.batch = images[0].shape[0]
        self.algorithm: Algorithm = algorithm
        self.kept = {*keep, *(output.at for output in network.outputs)}
        self.turns = turns(network, self.kept)
        self.counts = counts(network).rows
        self.tensors = self._tensors()
        self.volumes: dict[int, Array] = {}
        self.seen: dict[int, _Seen] = {}
        # nodes computed together with another one: the index of that node, and the arrays that they read
        self.chains: dict[int, tuple[int, _Read]] = {}
        self.alone: set[int] = set()  # nodes that failed when joined
        self.freed = 0  # bytes of volumes released since the last trim
        self.live = 0
        self.pieces: dict[int, int] = {}  # the number of volumes in each piece of memory, by its identity
        for image in images:
            self._count(image, 1)

    def _tensors(self) -> list[tuple[Tensor, ...]]:
        """Return the arrays that each node declares."""
        return [typed.tensors for typed in self.typed]

    @property
    def small(self) -> bool:
        """Return whether the layers' products are small on average."""
        macs = [row.macs.value for row in self.counts if row.macs.value]
        return bool(sum(macs) * self.batch <= SMALL * len(macs))

    def results(self) -> dict[int, Array]:
        """Return the volumes to keep, where they were computed."""
        return {at: self.volumes[at] for at in sorted(self.kept) if at in self.volumes}

    def step(self, at: int) -> None:
        """Run a node, unless it has been computed with a previous one."""
        turn = self.turns[at]
        if at in self.chains:
            for each in turn.drops:
                self._drop(each)
            return
        missing = [self.nodes[each].name for each in turn.inputs if each not in self.volumes]
        if missing:
            self._failed(at, 0.0, f"its input {missing[0]} was not computed")
            return
        joins = self.typed[at].layer.takes_steps and at not in self.alone
        start = time.perf_counter()
        try:
            self._compute(at, turn, self._chain(turn) if joins else [], start)
        except (MisfitError, Misfit, ValueError, IndexError) as problem:
            if joins:  # run again alone, to find the failing layer
                self.alone.add(at)
                self.step(at)
            else:
                self._failed(at, time.perf_counter() - start, str(problem))

    def _compute(self, at: int, turn: Turn, chain: list[_Joined], start: float) -> None:
        """Run a node and those that join it."""
        inputs = tuple([self.volumes[each] for each in turn.inputs]) or (self.images[at],)
        read = self._arrays(at)
        how = How(self.algorithm, turn.spare, [each.step for each in chain])
        output = self.typed[at].layer.forward(inputs, read, how)
        for joined in chain:
            self.chains[joined.at] = (at, joined.read)
        self.volumes[chain[-1].at if chain else at] = output
        self._count(output, 1)
        self.seen[at] = _Seen(output.shape, time.perf_counter() - start, self.live, read)
        for each in turn.drops:
            self._drop(each)

    def _failed(self, at: int, seconds: float, problem: str) -> None:
        """Record that a node did not run."""
        self.seen[at] = _Seen(None, seconds, self.live, None, (problem,))

    def _chain(self, turn: Turn) -> list[_Joined]:
        """Return the nodes that can be computed with this one: elementwise, with no other reader of the volumes between."""
        chain: list[_Joined] = []
        while turn.next >= 0:
            at, read = turn.next, self._arrays(turn.next)
            others = [self.volumes[each] for each in turn.others if each in self.volumes]
            step = self.typed[at].layer.as_step(read, others) if len(others) == len(turn.others) else None
            if step is None:
                break
            chain.append(_Joined(at, step, read))
            turn = self.turns[at]
        return chain

    def _arrays(self, at: int) -> _Read:
        """Return the arrays of a node, which tell which of them are read."""
        return _Read(arrays_of(self.nodes, self.typed, self.weights, at))

    def _drop(self, at: int) -> None:
        """Release a volume, and occasionally the freed memory that the C library keeps."""
        volume = self.volumes.pop(at, None)
        if volume is not None:
            self._count(volume, -1)
            self.freed += volume.nbytes if volume.nbytes >= LARGE else 0
        if self.freed > MOST_FREED:
            del volume
            trim()
            self.freed = 0

    def judged(self, at: int) -> Ran:
        """Return the outcome of a node, compared with the inferred facts; called after the timing has ended."""
        output, row, seen = self.typed[at].output, self.counts[at], self._fate(at)
        wanted = (self.batch, *reversed(output.size), output.depth)
        problems = (*seen.problems, *self._unread(at, seen.read))
        if seen.shape is not None and seen.shape != wanted:
            problems = (*problems, f"inferred {_text(wanted)}, the array is {_text(seen.shape)}")
        params, buffers = self._numbers(at)
        for what, have, said in (("parameters", params, row.params), ("buffers", buffers, row.buffers)):
            if have != said:
                problems = (*problems, f"counted {said:,} {what}, the arrays hold {have:,}")
        joined = self.chains[at][0] if at in self.chains else -1
        return Ran(wanted, seen.shape, params, buffers, seen.seconds, seen.live, joined, problems)

    def _fate(self, at: int) -> _Seen:
        """Return the outcome of a node; all nodes of a chain share the output array of its first layer."""
        if at not in self.chains:
            return self.seen[at]
        first, read = self.chains[at]
        return self.seen[first]._replace(seconds=0.0, read=read)

    def _numbers(self, at: int) -> tuple[int, int]:
        """Return the numbers in the arrays of a node: the learnable ones, and the buffers."""
        if self.nodes[at].shared >= 0:
            return 0, 0
        buffers = {tensor.name for tensor in self.tensors[at] if tensor.role == "buffer"}
        sizes = [(name in buffers, array.size) for name, array in self.weights.get(at, {}).items()]
        return sum(size for buffer, size in sizes if not buffer), sum(size for buffer, size in sizes if buffer)

    def _unread(self, at: int, read: _Read | None) -> tuple[str, ...]:
        """Return the problem of stored arrays that the computation does not read; counters, used in training only, are exempt."""
        if read is None:
            return ()
        idle = [tensor.name for tensor in self.tensors[at] if tensor.name not in read.used and not tensor.fixed_bytes]
        return (f"stores {', '.join(idle)}, which nothing reads",) if idle else ()

    def _count(self, volume: Array, more: int) -> None:
        """Count a volume from now on (1), or no longer (-1): `live` has each piece of memory once."""
        base = memory_of(volume)
        before = self.pieces.get(id(base), 0)
        self.pieces[id(base)] = before + more
        if before + more == 0:
            del self.pieces[id(base)]
        if before == 0 or before + more == 0:
            self.live += more * base.nbytes


def arrays_of(nodes: Sequence[Node], typed: Sequence[Typed], weights: Weights, at: int) -> dict[str, Array]:
    """Return the arrays of a node, or those of the node whose weights it shares; a tied weight is transposed."""
    owner = nodes[at].shared if nodes[at].shared >= 0 else at
    tied = nodes[at].tied
    weight = weights.get(tied, {}).get("weight") if tied >= 0 else None
    if weight is None:
        return weights.get(owner, {})
    return {**weights.get(owner, {}), "weight": transposed(weight, flips=flips(typed[tied].layer))}


def flips(layer: Layer) -> bool:
    """Return whether a layer flips its kernel."""
    return layer.value("mode") == "convolution"


def transposed(weight: Array, *, flips: bool) -> Array:
    """Return a weight with inputs and outputs exchanged; `flips` turns a kernel that its convolution flips."""
    sides = tuple(range(weight.ndim - 2))
    return np.ascontiguousarray(np.swapaxes(np.flip(weight, sides) if flips else weight, -1, -2))


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
