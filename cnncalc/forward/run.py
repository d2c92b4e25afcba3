"""Run an inferred graph on real arrays, and hold what was inferred against them.

Volumes are given up after their last reader. A layer may overwrite an input that nobody needs any more, and what follows
a convolution value by value (a batch norm, a rectifier, a sum with what is there) joins it, tile by tile, where only one layer
reads what lies between.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.analyses.counts import counts
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
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.kernels.conv import Algorithm
    from cnncalc.layers.base import Step, Tensor


LARGE, MOST_FREED = 8 * 2**20, 16 * 2**20
"""Bytes of volumes that the C library may keep when they are freed, and bytes of such volumes after which it has to give them back
to the system: often enough for the bound of 64 MiB, and not so often that it costs time (measured)."""


SMALL = 150_000_000
"""MACs of a layer, on average, up to which the BLAS is left to share products among the threads (measured): VGG-16 has 970 million,
ResNet-50 76 million, MobileNetV2 6 million."""


class Ran(NamedTuple):
    """What was seen of one layer."""

    wanted: tuple[int, ...]
    """The inferred shape: N x (time x) height x width x depth."""
    shape: tuple[int, ...] | None
    """The shape of the real array; None where the layer did not run."""
    params: int
    """Learnable numbers in the real arrays; those of shared weights stand at the layer that has them."""
    buffers: int
    seconds: float
    live: int
    """Bytes of all volumes while it ran."""
    joined: int
    """The layer that it was computed with, tile by tile; -1 where it ran by itself."""
    problems: tuple[str, ...]
    """Every difference between what was inferred and what is."""


class Run(NamedTuple):
    """A forward pass: each layer, and the arrays that were asked for."""

    layers: Sequence[Ran]
    results: dict[int, Array]
    """The outputs, and the layers to keep, by node."""
    seconds: float
    """From the image to the last output; what was inferred had been gathered before."""

    @property
    def differences(self) -> int:
        """Return how many layers are not as inferred."""
        return sum(bool(layer.problems) for layer in self.layers)

    @property
    def live(self) -> int:
        """Return the bytes of volumes at the largest moment."""
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
    """Run a graph whose volumes are all known.

    `images` are N x (time x) height x width x depth, one array or one for each input, and are not changed; `keep` are nodes
    whose outputs are wanted besides the results'; `tell` is called with the number of layers that are done. Where the products
    are small, the BLAS shares them among the threads; where they are large, it is held to one thread, and tiles are shared. The
    threads keep their working memory for the next run, until `kernels.scratch.release()`.
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
    """The arrays of a node, which remember whether they were used."""

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
    """What became of a node: nothing but what has to be noted while the network runs."""

    shape: tuple[int, ...] | None
    seconds: float
    live: int
    read: _Read | None = None
    """The arrays that it could read, where it ran."""
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
        # nodes that have been computed with another one: with which, and what they read
        self.chains: dict[int, tuple[int, _Read]] = {}
        self.alone: set[int] = set()  # nodes that did not run when joined
        self.freed = 0  # bytes of volumes that have been given up since memory was given back
        self.live = 0
        self.pieces: dict[int, int] = {}  # how many volumes lie in a piece of memory, by its identity
        for image in images:
            self._count(image, 1)

    def _tensors(self) -> list[tuple[Tensor, ...]]:
        """Return the arrays that each node says it stores."""
        return [typed.tensors for typed in self.typed]

    @property
    def small(self) -> bool:
        """Return whether the layers' products are small, taking one with another."""
        macs = [row.macs.value for row in self.counts if row.macs.value]
        return bool(sum(macs) * self.batch <= SMALL * len(macs))

    def results(self) -> dict[int, Array]:
        """Return the volumes that are to be kept, as far as they came about."""
        return {at: self.volumes[at] for at in sorted(self.kept) if at in self.volumes}

    def step(self, at: int) -> None:
        """Run a node, unless it has been computed with one before it."""
        turn = self.turns[at]
        if at in self.chains:
            for each in turn.drops:
                self._drop(each)
            return
        missing = [self.nodes[each].name for each in turn.inputs if each not in self.volumes]
        if missing:
            self._failed(at, 0.0, f"{missing[0]} gave it no input")
            return
        joins = self.typed[at].layer.takes_steps and at not in self.alone
        start = time.perf_counter()
        try:
            self._compute(at, turn, self._chain(turn) if joins else [], start)
        except (MisfitError, Misfit, ValueError, IndexError) as problem:
            if joins:  # once more, to see which of the layers it was
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
        """Note that a node did not run."""
        self.seen[at] = _Seen(None, seconds, self.live, None, (problem,))

    def _chain(self, turn: Turn) -> list[_Joined]:
        """Return the nodes that can be computed with this one: value by value, and nobody else wants what lies between."""
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
        """Return the arrays of a node; those of another where it applies them again."""
        owner = self.nodes[at].shared if self.nodes[at].shared >= 0 else at
        return _Read(self.weights.get(owner, {}))

    def _drop(self, at: int) -> None:
        """Give up a volume, and now and then what the C library keeps of those before."""
        volume = self.volumes.pop(at, None)
        if volume is not None:
            self._count(volume, -1)
            self.freed += volume.nbytes if volume.nbytes >= LARGE else 0
        if self.freed > MOST_FREED:
            del volume
            trim()
            self.freed = 0

    def judged(self, at: int) -> Ran:
        """Return a node that has run, held against what was inferred, when the clock has stopped."""
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
        """Return what became of a node; all arrays of a chain are the one that its first layer made."""
        if at not in self.chains:
            return self.seen[at]
        first, read = self.chains[at]
        return self.seen[first]._replace(seconds=0.0, read=read)

    def _numbers(self, at: int) -> tuple[int, int]:
        """Return how many numbers the arrays of a node hold: learnable ones, and others."""
        if self.nodes[at].shared >= 0:
            return 0, 0
        buffers = {tensor.name for tensor in self.tensors[at] if tensor.role == "buffer"}
        sizes = [(name in buffers, array.size) for name, array in self.weights.get(at, {}).items()]
        return sum(size for buffer, size in sizes if not buffer), sum(size for buffer, size in sizes if buffer)

    def _unread(self, at: int, read: _Read | None) -> tuple[str, ...]:
        """Name the arrays that are stored, but that the computation does not use; counters are for training."""
        if read is None:
            return ()
        idle = [tensor.name for tensor in self.tensors[at] if tensor.name not in read.used and not tensor.fixed_bytes]
        return (f"stores {', '.join(idle)}, which nothing reads",) if idle else ()

    def _count(self, volume: Array, more: int) -> None:
        """Count a volume that is held from now on (1), or no longer (-1): `live` has each piece of memory once."""
        base = _base(volume)
        before = self.pieces.get(id(base), 0)
        self.pieces[id(base)] = before + more
        if before + more == 0:
            del self.pieces[id(base)]
        if before == 0 or before + more == 0:
            self.live += more * base.nbytes


def _base(array: Array) -> Array:
    """Return the array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
