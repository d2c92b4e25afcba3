"""The layer graph: nodes in an order in which each only reads earlier ones, so it is acyclic by construction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.layers.base import Layer, Tensor
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window
    from cnncalc.pattern.frames import Use


class Node:
    """A layer in its place. `inputs` are indices of earlier nodes; `shared` is that of the node whose weights it applies."""

    __slots__ = ("inputs", "layer", "name", "path", "shared", "use")

    def __init__(self, name: str, layer: Layer | None, inputs: tuple[int, ...], use: Use, path: str, shared: int) -> None:
        self.name = name
        self.layer = layer
        """None where the layer could not be made; a diagnostic has been given."""
        self.inputs = inputs
        self.use = use
        self.path = path
        """The blocks that it stands in, `stage1/down1/`; empty at the top."""
        self.shared = shared

    def with_layer(self, layer: Layer) -> Node:
        """Return the node with another layer in its place."""
        return Node(self.name, layer, self.inputs, self.use, self.path, self.shared)


class Output(NamedTuple):
    """A result of the network: the index of its node, and its name."""

    at: int
    name: str


class Graph(NamedTuple):
    """The nodes, INPUT first, and which of them are results."""

    nodes: Sequence[Node]
    outputs: tuple[Output, ...]
    named: Mapping[str, int]
    """The nodes that show the results of named steps, by path."""
    left_out: tuple[str, ...] = ()
    """Names of outputs that were not asked for."""


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
        """Return the window over each input; None where an output sees the input at its own place only."""
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
    """Return a layer on given inputs; Misfit where it does not fit."""
    return Typed(layer, inputs, layer.infer(inputs))


class Network:
    """A complete graph: every layer is made, and every volume has been worked out."""

    __slots__ = ("graph", "typed")

    def __init__(self, graph: Graph, typed: Sequence[Typed]) -> None:
        self.graph = graph
        self.typed = typed
        """The layer of each node, with its volumes."""

    @property
    def nodes(self) -> Sequence[Node]:
        """Return the nodes, inputs first, in the order of computation."""
        return self.graph.nodes

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Return which nodes are results, the main one last."""
        return self.graph.outputs

    @property
    def image(self) -> Volume:
        """Return the volume of the first input."""
        return self.typed[0].output
