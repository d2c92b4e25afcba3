"""Cuts of a network: places in its order with a single crossing volume.

Gradient checkpointing keeps the crossing volumes and recomputes the rest; schedules are searched separately between cuts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.storages import Storages
    from cnncalc.graph.graph import Network


class Cut(NamedTuple):
    """A place after node `after`: of the storages before it, later nodes only read `storage`."""

    after: int
    storage: int


class Segment(NamedTuple):
    """Nodes from `start` to `end` that keep nothing in the forward pass and are recomputed in the backward pass.

    `source` is the storage of their only input from outside.
    """

    start: int
    end: int
    source: int


def cut_points(network: Network, run: Storages, *, image_crosses: bool) -> list[Cut]:
    """Return the places with a single crossing storage; results held by the caller also cross.

    With `image_crosses`, images do not count: they are always available. Otherwise no cut lies before an input, as its readers
    could run first. A storage that is overwritten later does not cross a cut, as its contents would be lost.
    """
    first = 1 if image_crosses else max(1, network.inputs[-1])
    count = len(network.nodes)
    last = _last_readers(network, run)
    if image_crosses:
        for at in network.inputs:
            last[at] = -1
    overwritten = _overwritten(network, run)
    ending = [0] * (count + 1)
    crossing, latest = 0, -1
    found: list[Cut] = []
    for at in range(count - 1):
        crossing -= ending[at]
        if run.of[at] == at and last[at] > at:
            crossing += 1
            ending[min(last[at], count)] += 1
        if last[run.of[at]] > at:
            latest = run.of[at]
        if crossing == 1 and at >= first:
            held = latest if last[latest] > at else _held(run, last, at)
            if overwritten[held] <= at:
                found.append(Cut(at, held))
    return found


def _held(run: Storages, last: Sequence[int], at: int) -> int:
    """Return the storage that crosses after a node, the last one before it."""
    return next(each for each in range(at, -1, -1) if run.of[each] == each and last[each] > at)


def _last_readers(network: Network, run: Storages) -> list[int]:
    """Return the last reader of each storage, -1 for none; results are read after the last node."""
    nodes = network.nodes
    last = [-1] * len(nodes)
    for at, node in enumerate(nodes):
        for each in node.inputs:
            last[run.of[each]] = at
    for output in network.outputs:
        last[run.of[output.at]] = len(nodes)
    return last


def _overwritten(network: Network, run: Storages) -> list[int]:
    """Return the last node that overwrites each storage in place, -1 for none."""
    found = [-1] * len(network.nodes)
    for at, fact in enumerate(run.keeps):
        if run.of[at] != at and fact.storage == "in place":
            found[run.of[at]] = at
    return found
