"""The layer graph: nodes in an order in which each only reads earlier ones, so it is acyclic by construction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.layers.base import Layer
    from cnncalc.maths.volume import Volume
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


class Known:
    """What is known of a layer on given inputs; one object for all equal layers on equal inputs."""

    __slots__ = ("inputs", "layer", "output")

    def __init__(self, layer: Layer, inputs: tuple[Volume, ...], output: Volume) -> None:
        self.layer = layer
        self.inputs = inputs
        self.output = output


class InferredGraph(NamedTuple):
    """A graph with every volume worked out; `known[i]` is None where node i or something before it does not fit."""

    graph: Graph
    known: Sequence[Known | None]

    @property
    def complete(self) -> bool:
        """Tell whether every volume is known."""
        return all(self.known)
