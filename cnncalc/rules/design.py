"""A network as the rules look at it: each layer in its place with its facts, who reads whom, and what a change would bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.infer import fits
from cnncalc.graph.resize import resized_inputs
from cnncalc.maths.volume import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cnncalc.analyses.counts import Counts, LayerCounts
    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.graph.graph import Network, Node, Typed
    from cnncalc.layers.base import Layer
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Axis, Window
    from cnncalc.text.source import Span

MOST_TRIALS = 100  # each is a run through the whole network; nobody reads more


class Site:
    """A layer in its place, with its facts."""

    __slots__ = ("at", "counts", "field", "node", "typed", "window")

    def __init__(self, at: int, node: Node, typed: Typed, window: Window | None, counts: LayerCounts, field: Fields) -> None:
        self.at = at
        self.node = node
        self.typed = typed
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
        return self.typed.layer

    @property
    def input(self) -> Volume:
        """Return the volume that it reads first."""
        return self.typed.inputs[0]

    @property
    def output(self) -> Volume:
        """Return the volume that it makes."""
        return self.typed.output

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Return its window along each axis; nothing where it has none."""
        return self.window.axes if self.window is not None else ()

    @property
    def slides(self) -> bool:
        """Tell whether a window moves over its input in steps, at more than one position or not."""
        return self.window is not None and self.window.slides

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
        return self.window is not None and self.window.form == "whole" and self.counts.macs.value > 0

    @property
    def single(self) -> bool:
        """Tell whether there is one position only, so that a stride or a padding has no meaning."""
        return self.output.is_vector()

    def span(self, field: str) -> Span | None:
        """Return where a field of the layer was set, or the layer itself."""
        return self.node.origin.place(field)

    def written(self, **changes: object) -> str:
        """Return the layer with other hyperparameters as a pattern writes it; what the whole spec says is left out."""
        if "rounding" not in self.node.origin.options:
            changes = {"rounding": None, **changes}
        other = self.layer.replaced(**changes)
        said = {other.shorthand.size, other.shorthand.filters, other.shorthand.stride}
        rest = ", ".join(f"{name}={written(value)}" for name, value in other.given().items() if name not in said)
        return f"{other.label()}({rest})" if rest else other.label()


class Design:
    """All sites in the order of computation, and who reads whom."""

    __slots__ = ("_trials", "counts", "network", "raw", "readers", "sites")

    def __init__(self, network: Network, counts: Counts, fields: Sequence[Fields]) -> None:
        self.network = network
        self.counts = counts
        self.sites = list(_sites(network, counts, fields))
        self.readers: list[list[Site]] = [[] for _ in self.sites]
        """The sites that read the volume of each site."""
        self._trials: dict[object, Network | None] = {}
        self.raw: list[bool] = []
        """Whether each site reads the image as it is: nothing before it has weights that are multiplied."""
        for site in self.sites:
            for at in site.node.inputs:
                self.readers[at].append(site)
            self.raw.append(all(self.raw[at] and not self.sites[at].counts.macs.value for at in site.node.inputs))

    @property
    def image(self) -> Volume:
        """Return the first input of the network."""
        return self.sites[0].output

    @property
    def results(self) -> set[int]:
        """Return the places of the network's results."""
        return {output.at for output in self.network.outputs}

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

    @property
    def inputs(self) -> list[Site]:
        """Return the inputs of the network."""
        return [self.sites[index] for index in self.network.inputs]

    def total_stride(self, axis: int, source: int = 0) -> int:
        """Return what the strides multiply to along an axis of an input, while there is more than one position left."""
        fields = [(site.field, site.output) for site in self.sites if site.field.source == source and not site.field.whole]
        strides = [field.axes[axis].stride for field, output in fields if _side(output, axis) > 1]
        return max((int(stride) for stride in strides if stride >= 1), default=1)

    def changed(self, layers: Mapping[int, Layer]) -> Network | None:
        """Return the network with other layers at some places; None where it does not fit."""
        nodes = [node.with_layer(layers[at]) if at in layers else node for at, node in enumerate(self.network.nodes)]
        return fits(self.network.graph._replace(nodes=nodes))

    def with_input(self, volume: Volume, source: int = 0) -> Network | None:
        """Return the network with another volume for an input; None where it does not fit."""
        return fits(resized_inputs(self.network.graph, {source: volume}))

    def sized(self, source: int, volume: Volume) -> str:
        """Return how a spec gives an input a size: `input: 32x32x3`, or `left: 32x32x3` of several."""
        return f"{'input' if len(self.network.inputs) == 1 else self.sites[source].name}: {volume.text}"

    def trial(self, site: Site, field: str, **changes: object) -> Network | None:
        """Return the network once the text that set a field of a layer sets something else, for all layers that it is about.

        None where it does not fit, and once `MOST_TRIALS` have been made: what is said of more places has no hints.
        """
        span = site.span(field)
        key = (site.at if span is None else span, field, *sorted(changes.items()))
        if key not in self._trials and len(self._trials) < MOST_TRIALS:
            alike = [site] if span is None else [each for each in self.sites if each.slides and each.span(field) == span]
            self._trials[key] = self.changed({each.at: each.layer.replaced(**changes) for each in alike})
        return self._trials.get(key)


def _side(volume: Volume, axis: int) -> int:
    return volume.size[axis] if axis < volume.rank else 1


def _sites(network: Network, counts: Counts, fields: Sequence[Fields]) -> Iterator[Site]:
    parts = zip(network.nodes, network.typed, counts.rows, fields, strict=True)
    for at, (node, typed, row, field) in enumerate(parts):
        yield Site(at, node, typed, typed.window, row, field)


def values(network: Network) -> int:
    """Return the values of all volumes that have memory of their own."""
    return sum(typed.output.values for typed in network.typed if not typed.layer.in_place)
