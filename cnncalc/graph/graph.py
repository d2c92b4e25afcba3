"""The layer graph: each node only reads earlier ones, so the graph is acyclic by construction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.layers.base import Layer, Tensor
    from cnncalc.layers.options import Given
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window
    from cnncalc.text.source import Span

    Written = Mapping[str, tuple[Given, Span | None]]


class Origin:
    """Where a layer comes from: a step of a spec, or the place in `text`. Equal layers may share an origin."""

    __slots__ = ("kind", "options", "share", "span", "text")

    def __init__(
        self, kind: str, span: Span | None = None, options: Written | None = None, share: Span | None = None, text: str = ""
    ) -> None:
        self.kind = kind
        """The kind as written in patterns; empty if it could not be read."""
        self.span = span
        """The whole step, for a layer from a spec."""
        self.options: Written = {} if options is None else options
        """The given options, as written, each with its place."""
        self.share = share
        """The place of the reference to the layer with the shared weights."""
        self.text = text
        """The name of the place if there is no span: `node 12 of model.onnx`."""

    def place(self, option: str = "") -> Span | None:
        """Return the place of an option, or else the whole step."""
        return (self.options[option][1] if option in self.options else None) or self.span

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes for a diagnostic without a span."""
        return (f"it comes from {self.text}",) if self.text and self.span is None else ()


class Node:
    """A layer in its place. `inputs` are indices of earlier nodes; `shared` is that of the node with the shared weights, or -1.

    `like` is the index of the node whose size the layer takes, or -1: it reads the size alone, and not the volume.
    """

    __slots__ = ("inputs", "layer", "like", "name", "origin", "path", "shared", "tied")

    def __init__(
        self,
        name: str,
        layer: Layer | None,
        inputs: tuple[int, ...],
        origin: Origin,
        path: str,
        shared: int,
        like: int = -1,
        tied: int = -1,
    ) -> None:
        self.name = name
        self.layer = layer
        """None if the layer could not be made, which has been reported."""
        self.inputs = inputs
        self.origin = origin
        self.path = path
        """The blocks around it, `stage1/down1/`; empty at the top."""
        self.shared = shared
        self.like = like
        self.tied = tied
        """The node whose weight the layer takes transposed, or -1; its other arrays are its own, or those of `shared`."""

    @property
    def owners(self) -> tuple[int, ...]:
        """Return the nodes whose arrays it takes."""
        if self.shared < 0 and self.tied < 0:  # as of most nodes
            return ()
        return tuple(each for each in (self.shared, self.tied) if each >= 0)

    def weighted_by(self, at: int) -> int:
        """Return the node that stores the weight it applies: another one, or itself, which is the node `at`."""
        return next((each for each in (self.tied, self.shared) if each >= 0), at)

    def with_layer(self, layer: Layer) -> Node:
        """Return the node with another layer in its place."""
        return Node(self.name, layer, self.inputs, self.origin, self.path, self.shared, self.like, self.tied)

    def moved(self, inputs: tuple[int, ...], owners: Mapping[int, int], sizes: Mapping[int, int]) -> Node:
        """Return the node in a graph of other indices: of the nodes with its weights, `owners`, and with its size, `sizes`."""
        shared, like, tied = owners.get(self.shared, -1), sizes.get(self.like, -1), owners.get(self.tied, -1)
        return Node(self.name, self.layer, inputs, self.origin, self.path, shared, like, tied)


def blocks(name: str) -> str:
    """Return the blocks around a layer, with a closing slash, from its name: `stage1/down1/` of `stage1/down1/conv2`."""
    return name[: name.rfind("/") + 1]


class Output(NamedTuple):
    """A result of the network: the index of its node, and its name."""

    at: int
    name: str


class Graph(NamedTuple):
    """The nodes, INPUT first, and the results among them."""

    nodes: Sequence[Node]
    outputs: tuple[Output, ...]
    named: Mapping[str, int]
    """The nodes with the results of named steps, by path."""
    left_out: tuple[str, ...] = ()
    """Names of outputs that were not requested."""


class Typed:
    """A layer on given inputs, with its output volume; one object for all equal layers on equal inputs."""

    __slots__ = ("_tensors", "_windows", "inputs", "layer", "output")

    def __init__(self, layer: Layer, inputs: tuple[Volume, ...], output: Volume) -> None:
        self.layer = layer
        self.inputs = inputs
        self.output = output
        self._windows: tuple[Window | None, ...] | None = None
        self._tensors: tuple[Tensor, ...] | None = None

    @property
    def windows(self) -> tuple[Window | None, ...]:
        """Return the window over each input; None if each output depends on the input at its own place only."""
        if self._windows is None:
            self._windows = self.layer.windows(self.inputs)
        return self._windows

    @property
    def window(self) -> Window | None:
        """Return the window over the first input; None without inputs."""
        return self.windows[0] if self.inputs else None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Return the arrays that the layer stores."""
        if self._tensors is None:
            self._tensors = self.layer.weights(self.inputs)
        return self._tensors


def applied(layer: Layer, *inputs: Volume) -> Typed:
    """Return a layer on given inputs; Misfit if it does not fit."""
    return Typed(layer, inputs, layer.infer(inputs))


class Network:
    """A complete graph: all layers are made, and all volumes are known."""

    __slots__ = ("_inputs", "graph", "typed")

    def __init__(self, graph: Graph, typed: Sequence[Typed]) -> None:
        self.graph = graph
        self._inputs: tuple[int, ...] = ()
        self.typed = typed
        """The layer of each node, with its volumes."""

    @property
    def nodes(self) -> Sequence[Node]:
        """Return the nodes, inputs first, in the order of computation."""
        return self.graph.nodes

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Return the results, the main one last."""
        return self.graph.outputs

    @property
    def inputs(self) -> tuple[int, ...]:
        """Return the indices of the inputs, in order; the first is node 0."""
        if not self._inputs:
            self._inputs = tuple([index for index, node in enumerate(self.graph.nodes) if not node.inputs])
        return self._inputs

    @property
    def images(self) -> tuple[Volume, ...]:
        """Return the volumes of the inputs."""
        return tuple(self.typed[index].output for index in self.inputs)

    @property
    def image(self) -> Volume:
        """Return the volume of the first input."""
        return self.typed[0].output

    def image_bytes(self, size: int) -> int:
        """Return the bytes of all inputs, for each image of a batch, in a network with numbers of `size` bytes."""
        return sum(image.values * image.number_bytes(size) for image in self.images)
