"""Where a network can be cut in two: places in its order at which a single volume crosses.

Gradient checkpointing keeps what crosses and runs the rest again; schedules are worked out between cuts, one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.storages import Storages
    from cnncalc.graph.graph import Network


class Cut(NamedTuple):
    """A place behind node `after`: only `storage` is read from further on."""

    after: int
    storage: int


class Segment(NamedTuple):
    """Nodes from `start` to `end` that keep nothing in the forward pass and run again in the backward pass.

    `source` is the storage of the one volume that they read from before.
    """

    start: int
    end: int
    source: int


def cut_points(network: Network, run: Storages, *, image_crosses: bool) -> list[Cut]:
    """Return the places at which a single storage crosses, results that the caller holds among them.

    With `image_crosses`, the images may be read from again: they are there anyway. Otherwise no cut lies before an input, whose
    readers could run first. A storage that is overwritten later on crosses no cut, for what it held could not be had again.
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
    """Return the storage that crosses behind a node, looking back from it."""
    return next(each for each in range(at, -1, -1) if run.of[each] == each and last[each] > at)


def _last_readers(network: Network, run: Storages) -> list[int]:
    """Return for each storage the last node that reads it; results are read behind the end."""
    nodes = network.nodes
    last = [-1] * len(nodes)
    for at, node in enumerate(nodes):
        for each in node.inputs:
            last[run.of[each]] = at
    for output in network.outputs:
        last[run.of[output.at]] = len(nodes)
    return last


def _overwritten(network: Network, run: Storages) -> list[int]:
    """Return for each storage the last node that works in place in it, -1 for none."""
    found = [-1] * len(network.nodes)
    for at, fact in enumerate(run.keeps):
        if run.of[at] != at and fact.storage == "in place":
            found[run.of[at]] = at
    return found
