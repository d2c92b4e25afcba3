"""The rules' view of a network: each layer in its place with its facts and readers, and trials of changes."""

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

MOST_TRIALS = 100  # each infers the whole network; nobody reads more hints


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
        """The receptive field without gates."""

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
        """Return the first volume that the layer reads."""
        return self.typed.inputs[0]

    @property
    def output(self) -> Volume:
        """Return the output volume."""
        return self.typed.output

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Return the window along each axis; empty for a layer without a window."""
        return self.window.axes if self.window is not None else ()

    @property
    def slides(self) -> bool:
        """Return whether a window moves over the input in steps, even with a single position."""
        return self.window is not None and self.window.slides

    @property
    def convolves(self) -> bool:
        """Return whether a window with learned weights moves over the input."""
        return self.slides and self.counts.macs.value > 0

    @property
    def pools(self) -> bool:
        """Return whether a window without weights moves over the input."""
        return self.slides and not self.counts.macs.value

    @property
    def dense(self) -> bool:
        """Return whether each neuron has a weight for every input value."""
        return self.window is not None and self.window.form == "whole" and self.counts.macs.value > 0

    @property
    def single(self) -> bool:
        """Return whether the output has a single position: stride and padding then have no meaning."""
        return self.output.is_vector()

    def span(self, field: str) -> Span | None:
        """Return the place in the text that set a field of the layer, or the place of the layer itself."""
        return self.node.origin.place(field)

    def variable(self, field: str) -> str:
        """Return the variable or expression that gives a field in the text, such as `C`; empty for a plain value."""
        value, span = self.node.origin.options.get(field, (0, None))
        words = "" if span is None else " ".join(span.words().split())
        return words if any(sign.isupper() for sign in words) and words != written(value) else ""

    def written(self, **changes: object) -> str:
        """Return the layer with other hyperparameters as a pattern writes it; options of the whole spec are left out.

        Variables of the text stay: the step may serve several calls of a block.
        """
        if "rounding" not in self.node.origin.options:
            changes = {"rounding": None, **changes}
        other = self.layer.replaced(**changes)
        short = other.shorthand
        label = other.label()
        if short.filters and short.filters not in changes and (words := self.variable(short.filters)):
            filters = words if words.isidentifier() else f"({words})"
            label = label.replace(f"-{written(other.value(short.filters))}", f"-{filters}", 1)
        said = {short.size, short.filters, short.stride}
        rest = ", ".join(
            f"{name}={(name not in changes and self.variable(name)) or written(value)}"
            for name, value in other.given().items()
            if name not in said
        )
        return f"{label}({rest})" if rest else label


class Design:
    """All sites in the order of computation, and the readers of each."""

    __slots__ = ("_trials", "counts", "network", "raw", "readers", "sites")

    def __init__(self, network: Network, counts: Counts, fields: Sequence[Fields]) -> None:
        self.network = network
        self.counts = counts
        self.sites = list(_sites(network, counts, fields))
        self.readers: list[list[Site]] = [[] for _ in self.sites]
        """The sites that read the volume of each site."""
        self._trials: dict[object, Network | None] = {}
        self.raw: list[bool] = []
        """Whether each site reads the image itself: no layer before it multiplies with weights."""
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
        """Return the nearest previous layer that has a window or joins volumes; elementwise layers are skipped.

        None where there is none, and at a branch of the network: where the volume has another reader.
        """
        while len(site.node.inputs) == 1:
            site = self.sites[site.node.inputs[0]]
            if len(self.readers[site.at]) > 1:
                return None
            if site.window is not None or len(site.node.inputs) != 1:
                return site
        return None

    def row(self, site: Site, belongs: Callable[[Site], bool]) -> list[Site]:
        """Return the unbranched row of layers for which `belongs` holds, up to this one."""
        found = [site]
        last = self.before(site)
        while last is not None and belongs(last):
            found.append(last)
            last = self.before(last)
        return found[::-1]

    def rows(self, belongs: Callable[[Site], bool]) -> Iterator[list[Site]]:
        """Yield the longest unbranched rows of layers for which `belongs` holds, from front to back."""
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
        """Return the product of the strides along an axis of an input, over the layers with more than one position."""
        fields = [(site.field, site.output) for site in self.sites if site.field.source == source and not site.field.whole]
        strides = [field.axes[axis].stride for field, output in fields if _side(output, axis) > 1]
        return max((int(stride) for stride in strides if stride >= 1), default=1)

    def same_step(self, site: Site) -> list[Site]:
        """Return the sites of the step of the text that a site comes from: repeats, and calls of a block."""
        span = site.node.origin.span
        return [site] if span is None else [each for each in self.sites if each.node.origin.span == span]

    def changed(self, layers: Mapping[int, Layer]) -> Network | None:
        """Return the network with other layers at some places; None where it does not fit."""
        nodes = [node.with_layer(layers[at]) if at in layers else node for at, node in enumerate(self.network.nodes)]
        return fits(self.network.graph._replace(nodes=nodes))

    def with_input(self, volume: Volume, source: int = 0) -> Network | None:
        """Return the network with another volume for an input; None where it does not fit."""
        return fits(resized_inputs(self.network.graph, {source: volume}))

    def sized(self, source: int, volume: Volume) -> str:
        """Return the size of an input as a spec writes it: `input: 32x32x3`, or `left: 32x32x3` with several inputs."""
        return f"{'input' if len(self.network.inputs) == 1 else self.sites[source].name}: {volume.text}"

    def trial(self, site: Site, field: str, **changes: object) -> Network | None:
        """Return the network with other values in the text that set a field of a layer, for all layers that the text applies to.

        None where it does not fit, and after `MOST_TRIALS` trials: findings at further places have no hints.
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
    """Return the values of all volumes with memory of their own."""
    return sum(typed.output.values for typed in network.typed if not typed.layer.in_place)
