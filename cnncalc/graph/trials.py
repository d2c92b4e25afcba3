"""Trials: a graph with some layers or some volumes changed, inferred without a word; and the sizes of images that fit a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import Misfit
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cnncalc.graph.graph import Graph
    from cnncalc.layers.base import Layer

MOST_KEPT = 200_000  # volumes to remember between trials
NO_LAYERS: Mapping[int, Layer] = {}
NO_VOLUMES: Mapping[int, Volume] = {}
NO_READINGS: Mapping[tuple[int, int], Volume] = {}


class Trials:
    """A graph to try changes on. Equal layers on equal inputs are computed once for all trials."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.sources = [at for at, node in enumerate(graph.nodes) if not node.inputs]
        self._memo: dict[tuple[Layer, tuple[Volume, ...]], Volume | None] = {}
        self._ties: dict[tuple[Layer, Layer, tuple[Volume, ...], tuple[str, ...]], Layer] = {}
        self._sized: dict[tuple[Layer, tuple[int, ...]], Layer] = {}

    def misfits(
        self,
        layers: Mapping[int, Layer] = NO_LAYERS,
        images: Mapping[int, Volume] = NO_VOLUMES,
        read: Mapping[tuple[int, int], Volume] = NO_READINGS,
        seen: list[tuple[Volume, ...]] | None = None,
    ) -> Iterator[int]:
        """Yield the nodes that do not fit, in order; what depends on them is unknown and does not count.

        `layers` and `images` replace layers and volumes of inputs by node; `read` is what an input of a node reads instead, by node
        and place. The volumes that each node reads are appended to `seen`.
        """
        outputs: list[Volume | None] = []
        seen = [] if seen is None else seen
        for at, node in enumerate(self.nodes):
            layer = layers.get(at, node.layer)
            seen.append(())
            if at in images:
                outputs.append(images[at])
                continue
            if layer is not None and node.like >= 0:
                layer = self._like(layer, outputs[node.like])
            if layer is not None and node.tied >= 0:
                layer = self._tied(at, layer, layers.get(node.tied, self.nodes[node.tied].layer), seen)
            volumes = [outputs[source] for source in node.inputs]
            known = [each for each in volumes if each is not None]
            if layer is None or len(known) < len(volumes):
                outputs.append(None)
                continue
            inputs = tuple(known)
            if read:
                inputs = tuple(read.get((at, place), volume) for place, volume in enumerate(known))
            output = self._output(layer, inputs)
            outputs.append(output)
            seen[at] = inputs
            if output is None or not self._has_arrays(at, layer, layers, outputs, seen):
                yield at

    def _has_arrays(
        self,
        at: int,
        layer: Layer,
        layers: Mapping[int, Layer],
        outputs: Sequence[Volume | None],
        seen: Sequence[tuple[Volume, ...]],
    ) -> bool:
        """Return whether the arrays of other layers that a layer takes are those that it needs, as far as they are known."""
        shared, tied = self.nodes[at].shared, self.nodes[at].tied
        if (
            tied >= 0
            and outputs[tied] is not None
            and not _mirrors(layer, seen[at], layers.get(tied, self.nodes[tied].layer), seen[tied])
        ):
            return False
        return shared < 0 or outputs[shared] is None or self._same_weights(at, seen)

    def _like(self, layer: Layer, wanted: Volume | None) -> Layer | None:
        """Return a layer with the size of the step that `like` names; None if that is unknown. Equal ones are one object."""
        if wanted is None:
            return None
        key = (layer, wanted.size)
        if key not in self._sized:
            self._sized[key] = layer.replaced(size=wanted.size)
        return self._sized[key]

    def _tied(self, at: int, layer: Layer, owner: Layer | None, seen: Sequence[tuple[Volume, ...]]) -> Layer | None:
        """Return a layer with the weight of another one, transposed; None if that is unknown. Equal ones are one object."""
        node = self.nodes[at]
        if owner is None or not seen[node.tied]:
            return None
        if owner.kind != layer.transposes:
            return layer
        key = (layer, owner, seen[node.tied], tuple(sorted(node.origin.options)))
        if key not in self._ties:
            self._ties[key] = layer.tied_to(owner, seen[node.tied], key[3])
        return self._ties[key]

    def _same_weights(self, at: int, seen: Sequence[tuple[Volume, ...]]) -> bool:
        """Return whether a layer has the arrays of the layer with the shared weights."""
        node = self.nodes[at]
        layer, first = node.layer, self.nodes[node.shared].layer
        if layer is None or first is None:
            return True
        return [(each.name, each.shape) for each in layer.weights(seen[at])] == [
            (each.name, each.shape) for each in first.weights(seen[node.shared])
        ]

    def _output(self, layer: Layer, inputs: tuple[Volume, ...]) -> Volume | None:
        key = (layer, inputs)
        if key not in self._memo:
            try:
                self._memo[key] = layer.infer(inputs)
            except Misfit:
                self._memo[key] = None
        return self._memo[key]

    def fits(self, images: Mapping[int, Volume], layers: Mapping[int, Layer] = NO_LAYERS) -> bool:
        """Return whether the whole graph fits with these images, and with other layers at some places."""
        if len(self._memo) > MOST_KEPT:
            self._memo.clear()
        return next(self.misfits(layers, images), None) is None

    def inputs(self, images: Mapping[int, Volume]) -> list[tuple[Volume, ...]]:
        """Return the volumes that each node reads, for images that fit."""
        seen: list[tuple[Volume, ...]] = []
        for _ in self.misfits(images=images, seen=seen):
            break
        return seen


def _mirrors(layer: Layer, inputs: tuple[Volume, ...], owner: Layer | None, read: tuple[Volume, ...]) -> bool:
    """Return whether the weight of `owner`, transposed, is the one that a layer takes."""
    if owner is None or owner.kind != layer.transposes:
        return owner is None
    *sides, rows, columns = owner.weights(read)[0].shape
    return layer.replaced().weights(inputs)[0].shape == (*sides, columns, rows)


def alike(volumes: Sequence[Volume], side: int) -> list[Volume]:
    """Return volumes of the same depths with all sides alike."""
    return [Volume((side,) * volume.rank, volume.depth) for volume in volumes]


def nearest(trials: Trials, volumes: Sequence[Volume], sides: Iterable[int]) -> int | None:
    """Return the first of `sides` with which images of equal sides fit the whole graph, or None."""
    for side in sides:
        if side >= 1 and trials.fits(dict(zip(trials.sources, alike(volumes, side), strict=True))):
            return side
    return None
