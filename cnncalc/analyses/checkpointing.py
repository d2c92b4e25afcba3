"""Gradient checkpointing: most layers keep nothing in the forward pass and are recomputed, segment by segment, backward.

The network is cut where a single volume crosses; this volume is kept. Every segment except the last one runs twice, in full.
Source: Chen et al. 2016, arXiv:1604.06174: segments of equal length (the plain root of n), or balanced by their kept bytes.
"""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING

from cnncalc.analyses import counts as counted
from cnncalc.analyses.cut_points import Segment, cut_points
from cnncalc.analyses.figure import Figure
from cnncalc.analyses.storages import storages
from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.training_memory import TrainingStep, training
from cnncalc.layers.base import MEMORY, PARAMETERS
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cnncalc.analyses.counts import Counts
    from cnncalc.analyses.cut_points import Cut
    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Network
    from cnncalc.request.training import Training

_TRIES = 24  # numbers of segments for `auto` to try on a network of usual size
_NODES = 400_000  # nodes to walk in total: fewer tries on larger networks


class Checkpointing(NamedTuple):
    """A training step with checkpoints. `segments` lacks the last segment, which is not recomputed."""

    segments: tuple[Segment, ...]
    training: TrainingStep
    extra_macs: int
    """Multiply-accumulates of the recomputation, per image."""

    @property
    def number(self) -> int:
        """Return the number of segments, including the last one."""
        return len(self.segments) + 1


class Checkpoints:
    """The ways to checkpoint a network under some training settings."""

    def __init__(self, network: Network, counts: Counts, setup: Training) -> None:
        self.network = network
        self.counts = counts
        self.setup = setup
        self.plain = training(network, setup)
        learns = trainable(network, setup.frozen)
        run = storages(network, learns.depends, learns.learned, training=setup.norm_training)
        self.cut_points = cut_points(network, run, image_crosses=True)

    def root(self) -> Checkpointing:
        """Return the plain rule: n layers in about sqrt(n) segments of equal length."""
        nodes = len(self.network.nodes)
        count = max(1, math.isqrt(nodes))
        wanted = [nodes * part // count for part in range(1, count)]
        return self._made(_nearest(self.cut_points, wanted))

    def balanced(self, count: int) -> Checkpointing:
        """Return at most `count` segments, with the fewest possible bytes kept in the largest."""
        return self._made(_balanced(self.cut_points, self.plain.kept_so_far, count))

    def candidates(self) -> Iterator[Checkpointing]:
        """Yield the candidates of `auto`: the plain root of n, and balanced segments, few to many."""
        most = len(self.cut_points) + 1
        tries = max(3, min(_TRIES, _NODES // len(self.network.nodes)))
        root = self.root()
        seen = {root.segments, ()}
        yield root
        for count in _spread(most, tries):
            found = _segments(_balanced(self.cut_points, self.plain.kept_so_far, count))
            if found not in seen:
                seen.add(found)
                yield self._with(found)

    def all(self) -> list[Checkpointing]:
        """Return the step without checkpoints, and the candidates."""
        return [self._with(()), *(each for each in self.candidates() if each.segments)]

    def best(self, batch: int) -> Checkpointing:
        """Return the candidate with the lowest peak for a batch, and among equal ones with the least work."""
        return min(self.all(), key=lambda each: (each.training.peak(batch).at(batch), each.extra_macs))

    def chosen(self, way: str, batch: int) -> Checkpointing:
        """Return the checkpoints of `auto`, `root` or a number of segments."""
        return self.best(batch) if way == "auto" else self.root() if way == "root" else self.balanced(int(way))

    def _made(self, chosen: Sequence[Cut]) -> Checkpointing:
        return self._with(_segments(chosen))

    def _with(self, segments: tuple[Segment, ...]) -> Checkpointing:
        step = training(self.network, self.setup, segments) if segments else self.plain
        again = (range(each.start, each.end + 1) for each in segments)
        return Checkpointing(segments, step, sum(self.counts.rows[at].macs.value for nodes in again for at in nodes))


def _segments(chosen: Sequence[Cut]) -> tuple[Segment, ...]:
    """Return the segments between some cuts, without the last."""
    starts = [1, *(cut.after + 1 for cut in chosen[:-1])]
    sources = [0, *(cut.storage for cut in chosen[:-1])]
    return tuple(Segment(start, cut.after, source) for start, cut, source in zip(starts, chosen, sources, strict=False))


def _nearest(places: Sequence[Cut], wanted: Sequence[int]) -> list[Cut]:
    """Return the cuts nearest to some nodes, each once, in order."""
    if not places:
        return []
    begins = [cut.after + 1 for cut in places]  # in order
    found: set[Cut] = set()
    for node in wanted:
        right = bisect.bisect_left(begins, node)
        found.add(min(places[max(0, right - 1) : right + 1], key=lambda cut: (abs(cut.after + 1 - node), cut.after)))
    return sorted(found)


def _balanced(places: Sequence[Cut], kept: Sequence[int], count: int) -> list[Cut]:
    """Return cuts for at most `count` segments that minimize the bytes kept in the largest: bisection over that size."""
    low, high = 0, kept[-1]
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _within(places, kept, middle, count) is not None else (middle + 1, high)
    return _within(places, kept, low, count) or []


def _within(places: Sequence[Cut], kept: Sequence[int], most: int, count: int) -> list[Cut] | None:
    """Return the latest cuts with at most `most` bytes kept per segment; None if `count` segments are not enough."""
    chosen: list[Cut] = []
    begun, last = 0, None
    for cut in (*places, None):
        here = kept[cut.after] if cut else kept[-1]
        if here - begun > most:
            if last is None:
                return None
            chosen.append(last)
            begun = kept[last.after]
            if here - begun > most or len(chosen) >= count:
                return None
        last = cut
    return chosen


def _spread(most: int, tries: int) -> Iterator[int]:
    """Yield numbers of segments from 2 to `most`: all small ones, then at growing distances."""
    count = 2
    while count <= most and tries:
        yield count
        count = max(count + 1, count * 5 // 4)
        tries -= 1


def analyse(subject: Subject) -> tuple[Checkpoints, Checkpointing]:
    """Return the ways to checkpoint, and the requested one."""
    ways = Checkpoints(subject.network, subject.of(counted.analyse), subject.setup)
    return ways, ways.chosen(subject.setup.checkpoint or "auto", subject.batch)


def _checkpointed(value: Callable[[Checkpoints, Checkpointing, int], int]) -> Callable[[Subject], int | None]:
    """Return the function of a figure with checkpoints; its result is None without."""
    return lambda subject: value(*subject.of(analyse), subject.batch) if subject.setup.checkpoint else None


def _extra_macs(subject: Subject) -> int:
    return subject.of(analyse)[1].extra_macs if subject.setup.checkpoint else 0


_NEEDS = "segments need checkpoints: `at: {checkpoint: auto}`"
SEARCHES = (
    Figure(
        "memory.training.checkpointing.segments",
        "",
        "segments between checkpoints",
        _checkpointed(lambda _, chosen, __: chosen.number),
        needs=_NEEDS,
        reads=(PARAMETERS, MEMORY),
    ),
    Figure(
        "memory.training.checkpointing.without",
        "bytes",
        "the peak of training without checkpoints",
        _checkpointed(lambda ways, _, batch: ways.plain.peak(batch).at(batch)),
        needs=_NEEDS,
        reads=(PARAMETERS, MEMORY),
    ),
    Figure(
        "memory.training.checkpointing.extra_macs",
        "",
        "multiply-accumulates of the recomputation, per image; 0 without checkpoints",
        _extra_macs,
        better="less",
    ),
)
