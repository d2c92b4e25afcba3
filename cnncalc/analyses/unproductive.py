"""Unproductive layers, the smallest input without any, and the layers where paths of different strides or centres meet.

A field larger than the image adds no information: the field of each neuron includes padding, and later layers only mix global
features. Richter, Byttner, Krumnack, Wiedenroth, Schallner and Shenk 2021, "(Input) Size Matters for CNN Classifiers",
arXiv:2104.06969, call such layers unproductive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.receptive_field import receptive_fields
from cnncalc.graph.infer import fits
from cnncalc.graph.resize import resized_inputs
from cnncalc.maths.volume import Volume
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.graph.graph import Network, Typed

MOST_TRIES = 512  # sizes to try, in increasing order, for one that fits all strides


class Parting(NamedTuple):
    """A layer where unaligned paths meet."""

    at: int
    strides: tuple[tuple[str, ...], ...]
    """The strides along each axis, for each input that depends on the image."""
    centres: tuple[tuple[str, ...], ...]
    """The centres of the first neuron's field along each axis, for each of these inputs."""


def exceeds(fields: Fields, size: Sequence[int]) -> bool:
    """Return whether a receptive field is larger than an image of this size along some axis."""
    return not fields.whole and any(axis.size > side for axis, side in zip(fields.axes, size, strict=True))


def unproductive(network: Network, fields: Sequence[Fields]) -> list[int]:
    """Return the unproductive nodes: their field exceeds the image along some axis, and their own window enlarges it."""
    typed = network.typed
    return [at for at, each in enumerate(fields) if exceeds(each, typed[each.source].output.size) and widens(typed[at])]


def widens(typed: Typed) -> bool:
    """Return whether a layer enlarges the field: it has a window of more than one pixel other than its whole input."""
    windows = (window for window in typed.windows if window is not None and window.form != "whole")
    return any(axis.kernel > 1 for window in windows for axis in window.axes)


def smallest_input(network: Network, fields: Sequence[Fields], source: int = 0) -> tuple[int, ...] | None:
    """Return the smallest size of the input of node `source` that fits the network and contains the ungated fields of all layers.

    `fields` are the ungated fields in that input. None if no size was found.
    """
    depth = network.typed[source].output.depth
    partial = [each for each in fields if not each.whole and not each.unknown]
    size = tuple(max(-int(-each.axes[axis].size // 1) for each in partial) for axis in range(len(partial[0].axes)))
    for _ in range(MOST_TRIES):
        other = fits(resized_inputs(network.graph, {source: Volume(size, depth)}))
        if other is not None:
            seen = receptive_fields(other, source, gated=False)
            far = [each for each in seen if not each.whole and not each.unknown]
            need = tuple(max(-int(-each.axes[axis].size // 1) for each in far) for axis in range(len(size)))
            if all(want <= have for want, have in zip(need, size, strict=True)):
                return size
        size = tuple(side + 1 for side in size)
    return None


def partings(network: Network, fields: Sequence[Fields]) -> list[Parting]:
    """Return the nodes with aligned inputs that are not aligned with each other."""
    found: list[Parting] = []
    for at, node in enumerate(network.nodes):
        inputs = [fields[before] for before in node.inputs if not fields[before].independent]
        if len(inputs) > 1 and not fields[at].aligned and all(each.aligned for each in inputs):
            found.append(Parting(at, tuple(map(_strides, inputs)), tuple(map(_centres, inputs))))
    return found


def _strides(fields: Fields) -> tuple[str, ...]:
    return tuple(str(axis.stride) for axis in fields.axes)


def _centres(fields: Fields) -> tuple[str, ...]:
    """Return the centre of the first neuron's field along each axis, in halves: `3.5`."""
    centres = (max(path.centre() for path in fields.along(axis)) for axis in range(len(fields.axes)))
    return tuple(f"{float((twice - 1) / 2):g}" for twice in centres)
