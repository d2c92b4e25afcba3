"""The sizes of images that fit a network: all sides alike, and each side alone; each size is inferred through the whole network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.trials import Trials, alike
from cnncalc.maths.volume import Volume, axis_name
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.graph.graph import Graph
    from cnncalc.layers.base import Layer

USUAL = 512  # the upper end of the range for small images
MOST = 100_000  # sizes in a range
DEFAULT = 8_192  # sizes in a range that nobody gave
_WORK = 600_000  # layers to infer in a range that nobody gave


class Period(NamedTuple):
    """A rule that holds over a whole range from a size on: whether a size fits depends on its remainder alone."""

    start: int
    length: int
    remainders: tuple[int, ...]


class Fitting(NamedTuple):
    """The sizes within a range that fit."""

    sizes: tuple[int, ...]
    period: Period | None
    """None where the range does not hold two periods."""


class Side(NamedTuple):
    """The sizes of one side of one input, beside the other sides and inputs."""

    input: str
    axis: str
    beside: tuple[Volume, ...]
    """The inputs as they are otherwise."""
    fitting: Fitting


class SizesThatFit(NamedTuple):
    """The sizes from `low` to `high` that fit."""

    low: int
    high: int
    inputs: tuple[tuple[str, Volume], ...]
    alike: Fitting
    """All sides of all inputs alike."""
    exact: Fitting | None
    """The same without rounding a stride; None where no layer rounds."""
    sides: tuple[Side, ...]
    """Empty for a single side, and where no size fits."""
    other_weights: tuple[str, ...]
    """Layers whose arrays have other shapes at another size."""

    @property
    def smallest(self) -> tuple[Volume, ...]:
        """Return the inputs of the smallest size with all sides alike; empty where none fits."""
        return tuple(alike([volume for _, volume in self.inputs], self.alike.sizes[0])) if self.alike.sizes else ()


def usual_range(graph: Graph) -> tuple[int, int]:
    """Return the range for a network: from 1 to twice its largest side, at least 512; around the side where that is too much."""
    side = max((side for volume in _images(graph).values() for side in volume.size), default=1)
    most = max(USUAL, min(DEFAULT, _WORK // max(1, len(graph.nodes))))
    return (1, max(USUAL, min(2 * side, most))) if side <= most else (side - most // 2, side + most // 2)


def sizes_that_fit(graph: Graph, low: int, high: int) -> SizesThatFit:
    """Return the sizes from `low` to `high` that fit a graph whose layers are all made."""
    images = _images(graph)
    trials = Trials(graph)
    volumes = list(images.values())

    span = range(low, high + 1)

    def together_under(layers: Mapping[int, Layer]) -> Fitting:
        found = [side for side in span if trials.fits(dict(zip(images, alike(volumes, side), strict=True)), layers)]
        return fitting(found, low, high)

    together = together_under({})
    strict = _strict(graph)
    exact = together_under(strict) if strict else None
    base = _base(trials, images, together)
    sides: list[Side] = []
    if base and sum(volume.rank for volume in volumes) > 1:
        for at, volume in base.items():
            for axis in range(volume.rank):
                one = [side for side in span if trials.fits({**base, at: _with_side(volume, axis, side)})]
                name = axis_name(axis, volume.rank)
                sides.append(Side(graph.nodes[at].name, name, tuple(base.values()), fitting(one, low, high)))
    named = tuple((graph.nodes[at].name, volume) for at, volume in images.items())
    return SizesThatFit(low, high, named, together, exact, tuple(sides), _other_weights(graph, trials, base, together))


def fitting(sizes: Sequence[int], low: int, high: int) -> Fitting:
    """Return sizes with their period over a range, from the first size on that it holds for."""
    if not sizes:
        return Fitting((), None)
    members = set(sizes)
    reverse = [side in members for side in range(high, low - 1, -1)]
    borders = _borders(reverse)
    half = max(2, len(reverse) // 2)
    length = half - borders[half - 1] if half <= len(reverse) else 0
    if not length or 2 * length > half or not any(reverse[:length]):
        return Fitting(tuple(sizes), None)
    reach = length
    while reach < len(reverse) and reverse[reach] == reverse[reach - length]:
        reach += 1
    start = next(side for side in sizes if side > high - reach)
    return Fitting(tuple(sizes), Period(start, length, tuple(sorted({side % length for side in sizes if side >= start}))))


def _borders(signs: Sequence[bool]) -> list[int]:
    """Return for each beginning of a sequence the length of its longest proper border (Knuth, Morris and Pratt 1977)."""
    found = [0] * len(signs)
    for at in range(1, len(signs)):
        border = found[at - 1]
        while border and signs[at] != signs[border]:
            border = found[border - 1]
        found[at] = border + (signs[at] == signs[border])
    return found


def _images(graph: Graph) -> dict[int, Volume]:
    """Return the volumes of the inputs by node."""
    return {at: node.layer.infer(()) for at, node in enumerate(graph.nodes) if not node.inputs and node.layer is not None}


def _with_side(volume: Volume, axis: int, side: int) -> Volume:
    return Volume((*volume.size[:axis], side, *volume.size[axis + 1 :]), volume.depth)


def _strict(graph: Graph) -> dict[int, Layer]:
    """Return the layers that round, without their rounding."""
    made: dict[Layer, Layer] = {}
    found: dict[int, Layer] = {}
    for at, node in enumerate(graph.nodes):
        if node.layer is not None and node.layer.value("rounding") not in {None, "strict"}:
            found[at] = made.setdefault(node.layer, node.layer.replaced(rounding="strict"))
    return found


def _base(trials: Trials, images: dict[int, Volume], together: Fitting) -> dict[int, Volume]:
    """Return the inputs beside which one side is varied: those of the spec, or the nearest ones that fit; empty where none does."""
    if trials.fits(images):
        return images
    if not together.sizes:
        return {}
    own = max(side for volume in images.values() for side in volume.size)
    nearest = min(together.sizes, key=lambda side: (abs(side - own), side))
    return dict(zip(images, alike(list(images.values()), nearest), strict=True))


def _other_weights(graph: Graph, trials: Trials, base: dict[int, Volume], together: Fitting) -> tuple[str, ...]:
    """Return the layers whose arrays have other shapes at another size than the base."""
    others = [side for side in together.sizes if any({*volume.size} != {side} for volume in base.values())]
    if not base or not others:
        return ()
    before = trials.inputs(base)
    names: list[str] = []
    for side in (others[0], others[-1]):
        after = trials.inputs(dict(zip(base, alike(list(base.values()), side), strict=True)))
        for node, old, new in zip(graph.nodes, before, after, strict=True):
            if node.layer is not None and old != new and node.name not in names:
                shapes = [[each.shape for each in node.layer.weights(volumes)] for volumes in (old, new)]
                if shapes[0] != shapes[1]:
                    names.append(node.name)
    return tuple(names)
