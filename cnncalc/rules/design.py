"""A network as the rules look at it: each layer in its place with its facts, who reads whom, and what a change would bring."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from cnncalc.graph.infer import infer
from cnncalc.layers._sliding import Sliding
from cnncalc.maths.volume import written
from cnncalc.text.diagnostic import Findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cnncalc.analyses.counts import Counts, LayerCounts
    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.graph.graph import InferredGraph, Known, Node
    from cnncalc.layers.base import Layer
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Axis, Window
    from cnncalc.text.source import Span

MOST_TRIALS = 100  # each is a run through the whole network; nobody reads more


class Site:
    """A layer in its place, with its facts."""

    __slots__ = ("at", "counts", "field", "known", "node", "window")

    def __init__(self, at: int, node: Node, known: Known, window: Window | None, counts: LayerCounts, field: Fields) -> None:
        self.at = at
        self.node = node
        self.known = known
        self.window = window
        self.counts = counts
        self.field = field

    @property
    def name(self) -> str:
        """Return the layer's name."""
        return self.node.name

    @property
    def layer(self) -> Layer:
        """Return the layer."""
        return self.known.layer

    @property
    def input(self) -> Volume:
        """Return the volume that it reads first."""
        return self.known.inputs[0]

    @property
    def output(self) -> Volume:
        """Return the volume that it makes."""
        return self.known.output

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Return its window along each axis; nothing where it has none."""
        return self.window.axes if self.window is not None else ()

    @property
    def slides(self) -> bool:
        """Tell whether a window moves over its input in steps, at more than one position or not."""
        return self.window is not None and bool(self.window.rounding)

    @property
    def convolves(self) -> bool:
        """Tell whether a window with learned weights moves over its input."""
        return self.slides and self.counts.macs.value > 0

    @property
    def pools(self) -> bool:
        """Tell whether a window without weights moves over its input."""
        return self.slides and not self.counts.macs.value

    @property
    def dense(self) -> bool:
        """Tell whether each neuron has a weight for every value of its input."""
        return self.window is not None and self.window.whole and self.counts.macs.value > 0

    @property
    def single(self) -> bool:
        """Tell whether there is one position only, so that a stride or a padding has no meaning."""
        return self.output.is_vector()

    def span(self, field: str) -> Span | None:
        """Return where a field of the layer was set, or the layer itself."""
        use = self.node.use
        return use.given[field][1] if field in use.given else use.span

    def written(self, **changes: object) -> str:
        """Return the layer with other hyperparameters as a pattern writes it; what the whole spec says is left out."""
        layer = self.layer
        assert isinstance(layer, Sliding)  # noqa: S101  asked of sliding layers only
        if "rounding" not in self.node.use.given:
            changes = {"rounding": None, **changes}
        other = layer.replaced(**changes)
        said = {other.shorthand.size, other.shorthand.filters, other.shorthand.stride}
        rest = ", ".join(f"{name}={written(value)}" for name, value in other.given().items() if name not in said)
        return f"{other.label()}({rest})" if rest else other.label()


class Design:
    """All sites in the order of computation, and who reads whom."""

    __slots__ = ("_trials", "counts", "inferred", "raw", "readers", "sites")

    def __init__(self, inferred: InferredGraph, counts: Counts, fields: Sequence[Fields]) -> None:
        self.inferred = inferred
        self.counts = counts
        self.sites = list(_sites(inferred, counts, fields))
        self.readers: list[list[Site]] = [[] for _ in self.sites]
        """The sites that read the volume of each site."""
        self._trials: dict[object, InferredGraph | None] = {}
        self.raw: list[bool] = []
        """Whether each site reads the image as it is: nothing before it has weights that are multiplied."""
        for site in self.sites:
            for at in site.node.inputs:
                self.readers[at].append(site)
            self.raw.append(all(self.raw[at] and not self.sites[at].counts.macs.value for at in site.node.inputs))

    @property
    def image(self) -> Volume:
        """Return the input of the network."""
        return self.sites[0].output

    @property
    def results(self) -> set[int]:
        """Return the places of the network's results."""
        return {output.at for output in self.inferred.graph.outputs}

    def before(self, site: Site) -> Site | None:
        """Return the nearest layer before it that has a window or joins volumes; what works value by value is passed over.

        None where there is none, and where something else reads the volume too: there the network branches.
        """
        while len(site.node.inputs) == 1:
            site = self.sites[site.node.inputs[0]]
            if len(self.readers[site.at]) > 1:
                return None
            if site.window is not None or len(site.node.inputs) != 1:
                return site
        return None

    def row(self, site: Site, belongs: Callable[[Site], bool]) -> list[Site]:
        """Return the layers that follow each other without a branch and belong together, up to this one."""
        found = [site]
        last = self.before(site)
        while last is not None and belongs(last):
            found.append(last)
            last = self.before(last)
        return found[::-1]

    def rows(self, belongs: Callable[[Site], bool]) -> Iterator[list[Site]]:
        """Yield the longest rows of layers that follow each other and belong together, from front to back."""
        members = [site for site in self.sites if belongs(site)]
        followed = {last.at for site in members if (last := self.before(site)) is not None}
        for site in members:
            if site.at not in followed:
                yield self.row(site, belongs)

    def total_stride(self, axis: int) -> int:
        """Return what the strides multiply to along an axis, while there is more than one position left."""
        strides = [site.field.axes[axis].stride for site in self.sites if not site.field.whole and _side(site.output, axis) > 1]
        return max((int(stride) for stride in strides if stride >= 1), default=1)

    def changed(self, layers: Mapping[int, Layer]) -> InferredGraph | None:
        """Return the network with other layers at some places; None where it does not fit."""
        nodes = []
        for at, node in enumerate(self.inferred.graph.nodes):
            other = copy.copy(node)
            other.layer = layers.get(at, node.layer)
            nodes.append(other)
        findings = Findings()
        inferred = infer(self.inferred.graph._replace(nodes=nodes), findings)
        return None if findings.failed or not inferred.complete else inferred

    def with_input(self, volume: Volume) -> InferredGraph | None:
        """Return the network over another input; None where it does not fit."""
        first = self.sites[0].layer
        return self.changed({0: type(first)({"shape": volume})})

    def trial(self, site: Site, field: str, **changes: object) -> InferredGraph | None:
        """Return the network once the text that set a field of a layer sets something else, for all layers that it is about.

        None where it does not fit, and once `MOST_TRIALS` have been made: what is said of more places has no hints.
        """
        span = site.span(field)
        key = (site.at if span is None else span, field, *sorted(changes.items()))
        if key not in self._trials and len(self._trials) < MOST_TRIALS:
            alike = [site] if span is None else [each for each in self.sites if each.slides and each.span(field) == span]
            layers: dict[int, Layer] = {}
            for each in alike:
                assert isinstance(each.layer, Sliding)  # noqa: S101  it slides
                layers[each.at] = each.layer.replaced(**changes)
            self._trials[key] = self.changed(layers)
        return self._trials.get(key)


def _side(volume: Volume, axis: int) -> int:
    return volume.size[axis] if axis < volume.rank else 1


def _sites(inferred: InferredGraph, counts: Counts, fields: Sequence[Fields]) -> Iterator[Site]:
    windows: dict[Known, Window | None] = {}
    parts = zip(inferred.graph.nodes, inferred.known, counts.rows, fields, strict=True)
    for at, (node, known, row, field) in enumerate(parts):
        assert known is not None  # noqa: S101  an incomplete graph ends in SpecError before any rule
        if known not in windows:
            windows[known] = known.layer.window(known.inputs[0]) if known.inputs else None
        yield Site(at, node, known, windows[known], row, field)


def values(inferred: InferredGraph) -> int:
    """Return the values of all volumes that have memory of their own."""
    return sum(known.output.values for known in inferred.known if known is not None and not known.layer.in_place)
