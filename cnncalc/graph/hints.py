"""Ways out of a misfit, each tried on the whole graph: those that make it fit come first, others say where the error moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cnncalc.graph.trials import Trials, nearest
from cnncalc.layers import misfits
from cnncalc.layers.repairs import ways_out
from cnncalc.maths.volume import Volume, dims_text, is_tuple, written
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.graph.graph import Graph
    from cnncalc.layers.base import Layer, Misfit, Repair

MOST_TRIED = 8  # misfits whose ways out are tried on the whole graph; nobody mends more at a time
MOST_MOVING = 2  # places that the ways out of one misfit move the error to
MOST_NODES = 3_000  # of a graph to try ways out on
_REACH = 128  # pixels from a side of the image to the nearest one that fits
_BACK = 24  # layers before a merge among which an enlarging one is looked for


class Failed(NamedTuple):
    """A misfit at its node, with the volumes that the node reads."""

    at: int
    misfit: Misfit
    inputs: tuple[Volume, ...]


class Hints:
    """The ways out of the misfits of one graph."""

    def __init__(self, graph: Graph, failed: Sequence[Failed]) -> None:
        self.graph = graph
        self.trials = Trials(graph)
        self.failed = {each.at for each in failed}
        self.left = MOST_TRIED if len(graph.nodes) <= MOST_NODES else 0
        self.images: str | None = None

    def of(self, failed: Failed) -> tuple[str, ...]:
        """Return the hints of a misfit."""
        misfit = failed.misfit
        merging = len(failed.inputs) > 1 and misfit.code is misfits.SHAPES
        if not self.left or not (misfit.repairs or merging or misfit.code is misfits.TOO_SMALL):
            return misfit.hints
        self.left -= 1
        if merging:
            return self._merging(failed)
        if misfit.repairs:
            return self._sliding(failed, misfit.repairs())
        image = "" if self._reads_image(failed.at) else self._image()  # the hint of the layer itself speaks of the image
        return (*misfit.hints, image) if image else misfit.hints

    def _reads_image(self, at: int) -> bool:
        return all(not self.graph.nodes[source].inputs for source in self.graph.nodes[at].inputs)

    def _sliding(self, failed: Failed, repairs: Sequence[Repair]) -> tuple[str, ...]:
        """Return the ways out of a stride that does not fit."""
        good: list[Repair] = []
        moving: dict[str, list[Repair]] = {}
        for repair in repairs:
            after = self._after(failed.at, repair) if repair.changes else self._after_image(failed, repair)
            if after is None:
                continue
            if after:
                moving.setdefault(after, []).append(repair)
            else:
                good.append(repair)
        found = [ways_out(good)] if good else [_moving(name, each) for name, each in moving.items()][:MOST_MOVING]
        image = "" if any(repair.what == "input" for repair in good) else self._image()
        return (*found, image) if image else tuple(found)

    def _after(self, at: int, repair: Repair) -> str | None:
        """Return the next layer that does not fit after a change of a step of the text; empty where all fits."""
        layers = self._same_step(at, **repair.changes)
        return self._next(self.trials.misfits(layers), {*layers})

    def _after_image(self, failed: Failed, repair: Repair) -> str | None:
        """Return the next layer that does not fit with another size of the image; None where the layer does not read the image."""
        if not self._reads_image(failed.at):
            return None
        (source,) = self.graph.nodes[failed.at].inputs
        size = tuple(map(int, repair.shown.split("x")))
        images = {source: Volume(size, failed.inputs[0].depth)}
        return self._next(self.trials.misfits(images=images), {failed.at})

    def _next(self, after: Iterator[int], mended: set[int]) -> str:
        """Return the name of the first layer that did not fit only after a change; empty where there is none."""
        before = self.failed - mended
        return next((self.graph.nodes[at].name for at in after if at not in before), "")

    def _image(self) -> str:
        """Return the nearest images that fit the whole graph, if any; searched once for all misfits."""
        if self.images is None:
            self.images = self._search()
        return self.images

    def _search(self) -> str:
        layers = [self.graph.nodes[at].layer for at in self.trials.sources]
        volumes = [layer.infer(()) for layer in layers if layer is not None]
        if (
            len(volumes) < len(layers)
            or not volumes
            or any(each.size != volumes[0].size for each in volumes)
            or not volumes[0].rank
        ):
            return ""
        size = volumes[0].size
        found: list[tuple[int, ...]] = []
        for step in (-1, 1):
            by_side = {
                side: nearest(self.trials, volumes, range(side + step, side + step * (_REACH + 1), step)) for side in set(size)
            }
            sides = tuple(by_side[side] or 0 for side in size)
            images = [Volume(sides, each.depth) for each in volumes]
            if min(sides) and self.trials.fits(dict(zip(self.trials.sources, images, strict=True))):
                found.append(sides)
        shown = " or ".join(dims_text((*sides, volumes[0].depth)) if len(volumes) == 1 else dims_text(sides) for sides in found)
        what = "an input of" if len(volumes) == 1 else "inputs of"
        return f"{what} {shown} fits the whole network" if found else ""

    def _merging(self, failed: Failed) -> tuple[str, ...]:
        """Return the ways out of volumes that do not meet along a spatial axis."""
        sizes = {volume.size for volume in failed.inputs}
        if len(sizes) < 2 or len({volume.rank for volume in failed.inputs}) > 1:
            return failed.misfit.hints
        small, large = min(sizes), max(sizes)
        if all(side % other == 0 for side, other in zip(large, small, strict=True)):
            return failed.misfit.hints  # a stride or an enlargement is missing
        found = [*self._enlarged(failed), *self._padded(failed), *self._cropped(failed)]
        image = self._image()
        return (*found[:2], *([image] if image else []))

    def _padded(self, failed: Failed) -> Iterator[str]:
        """Yield layers before the smaller input that make the volumes meet if they keep their size."""
        least = min(volume.size for volume in failed.inputs)
        for place, source in enumerate(self.graph.nodes[failed.at].inputs):
            at = self._before(source, "padding") if failed.inputs[place].size == least else None
            if at is None:
                continue
            layers = self._same_step(at, padding="same")
            if not self._next(self.trials.misfits(layers), {failed.at}):
                yield f"`padding=same` in {self.graph.nodes[at].name} fits"

    def _same_step(self, at: int, **changes: object) -> dict[int, Layer]:
        """Return the layers of a step of the text with other options: all that a change of the text applies to."""
        span = self.graph.nodes[at].origin.span
        return {
            index: other.layer.replaced(**changes)
            for index, other in enumerate(self.graph.nodes)
            if other.layer is not None and (index == at or (span is not None and other.origin.span == span))
        }

    def _enlarged(self, failed: Failed) -> Iterator[str]:
        """Yield layers before the smaller input whose `output_padding` makes the volumes meet."""
        largest = tuple(max(sides) for sides in zip(*(volume.size for volume in failed.inputs), strict=True))
        for place, source in enumerate(self.graph.nodes[failed.at].inputs):
            if failed.inputs[place].size == largest:
                continue
            at = self._before(source, "output_padding")
            layer = self.graph.nodes[at].layer if at is not None else None
            if at is None or layer is None:
                continue
            more = tuple(large - own for large, own in zip(largest, failed.inputs[place].size, strict=True))
            present = layer.value("output_padding")
            base = cast("tuple[int, ...]", present) if is_tuple(present) else (0,)
            wanted = tuple(extra + base[axis % len(base)] for axis, extra in enumerate(more))
            if min(wanted) < 0:
                continue
            value = wanted[:1] if len(set(wanted)) == 1 else wanted
            node = self.graph.nodes[at]
            if not self._next(self.trials.misfits(self._same_step(at, output_padding=value)), {failed.at}):
                yield f"`output_padding={dims_text(value)}` in {node.name}, {layer.full_label()}, fits"

    def _before(self, at: int, option: str) -> int | None:
        """Return the nearest layer before a place, this one included, with an option; None where there is none."""
        for _ in range(_BACK):
            node = self.graph.nodes[at]
            if node.layer is None or not node.inputs:
                return None
            if any(each.name == option for each in node.layer.options):
                return at
            at = node.inputs[0]
        return None

    def _like(self, failed: Failed, size: tuple[int, ...]) -> str:
        """Return the crop to the size of a named step, in parentheses; empty where no named step of the block has this size."""
        node = self.graph.nodes[failed.at]
        for source, volume in zip(node.inputs, failed.inputs, strict=True):
            for name, at in self.graph.named.items():
                if at == source and volume.size == size and name.startswith(node.path) and "/" not in name[len(node.path) :]:
                    return f" (or `CROP(like={name[len(node.path) :]})`)"
        return ""

    def _cropped(self, failed: Failed) -> Iterator[str]:
        """Yield the crop of the larger inputs with which the volumes meet."""
        least = tuple(min(sides) for sides in zip(*(volume.size for volume in failed.inputs), strict=True))
        read: dict[tuple[int, int], Volume] = {}
        said: list[str] = []
        like = self._like(failed, least)
        for place, volume in enumerate(failed.inputs):
            if volume.size == least:
                continue
            read[failed.at, place] = Volume(least, volume.depth)
            sides = tuple(_halves(have - keep) for have, keep in zip(volume.size, least, strict=True))
            said.append(f"`CROP({written(sides)})`{like} at the end of input {place + 1}")
        moved = self._next(self.trials.misfits(read=read), {failed.at})
        yield f"{' and '.join(said)} fits" if not moved else f"{' and '.join(said)} makes them meet, and moves the error to {moved}"


def _moving(name: str, repairs: Sequence[Repair]) -> str:
    return f"{ways_out(repairs)} here, and moves the error to {name}"


def _halves(total: int) -> tuple[int, int]:
    return total // 2, total - total // 2
