"""The memory of inference: parameters, buffers, and the live volumes, moment by moment.

A volume lives from its layer until its last reader. Every moment is `per image x batch`, so one computation of the peak
serves all batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.storages import storages
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.graph.graph import Network


class Live(NamedTuple):
    """Live bytes per image during each node, and the largest moment."""

    moments: Sequence[int]
    at: int
    volumes: tuple[int, ...]
    """The nodes with live storages at the peak."""
    total: int
    """Bytes per image of all storages, if none were freed."""

    @property
    def peak(self) -> int:
        """Return the largest moment, bytes per image."""
        return self.moments[self.at]


def inference_live(network: Network, size: int, *, eager: bool = False, held: bool = True) -> Live:
    """Return the live bytes per image of a forward pass without backward, numbers of `size` bytes.

    The caller holds the images of all inputs throughout. Every layer that can work in place does, and nothing is allocated
    besides volumes. With `eager`, as in PyTorch: the input of every block is held until the block ends, only layers that are
    told to overwrite their input work in place, and some allocate temporary arrays. Images that are not `held` are let go of as
    other volumes are.
    """
    nodes = network.nodes
    run = storages(network, [False] * len(nodes), training=False, ideal=not eager, held=held)
    images = set(network.inputs)
    last = _last_use(network, run.of)
    if eager:
        _hold_blocks(network, run.of, last)
    sizes = run.bytes(size)
    owned = [at for at, storage in enumerate(run.of) if storage == at]
    made, freed = [0] * len(nodes), [0] * (len(nodes) + 1)
    for at in owned:
        if at not in images:
            made[at] = sizes[at]
        if not (held and at in images):
            freed[last[at]] += sizes[at]
    live = network.image_bytes(size)  # of all inputs, before the first layer runs
    moments: list[int] = []
    for at, fact in enumerate(run.keeps):
        live += made[at]
        moments.append(live + fact.work_bytes * eager)
        live -= freed[at]
    peak = moments.index(max(moments))
    volumes = {at for at in owned if at <= peak <= last[at]}
    return Live(moments, peak, tuple(sorted(volumes | images if held else volumes)), sum(sizes[at] for at in owned))


def _last_use(network: Network, of: Sequence[int]) -> list[int]:
    """Return the last reader of each storage; outputs are held to the end."""
    last = list(range(len(of)))
    for at, node in enumerate(network.nodes):
        for each in node.inputs:
            last[of[each]] = at
        last[of[at]] = at
    for output in network.outputs:
        last[of[output.at]] = len(of)
    return last


def _hold_blocks(network: Network, of: Sequence[int], last: list[int]) -> None:
    """Extend the life of each block's input to the last layer of the block."""
    opened: dict[str, tuple[int, ...]] = {}
    for at, node in enumerate(network.nodes):
        parts = node.path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            prefix = "/".join(parts[:depth])
            for each in opened.setdefault(prefix, node.inputs):
                last[of[each]] = max(last[of[each]], at)
