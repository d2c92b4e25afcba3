"""Compare two networks: the same facts layer by layer, in the same places."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.graph import Network, Typed

_WINDOW = {"kernel", "stride", "padding", "dilation", "rounding"}  # options that the window and the volumes determine


def differences(wanted: Network, found: Network, *, all_names: bool) -> Iterator[str]:
    """Yield the differences, in words. Names count for every layer, or only for layers with weights and for outputs."""
    left, right = wanted.graph, found.graph
    if len(left.nodes) != len(right.nodes):
        yield f"{len(right.nodes)} layers instead of {len(left.nodes)}"
        return
    if [(output.at, output.name) for output in left.outputs] != [(output.at, output.name) for output in right.outputs]:
        yield "other outputs"
    for at, (mine, theirs) in enumerate(zip(left.nodes, right.nodes, strict=True)):
        typed, other = wanted.typed[at], found.typed[at]
        if not _alike(typed, other):
            yield f"{mine.name} has other figures"
        elif (mine.inputs, mine.owners, mine.like) != (theirs.inputs, theirs.owners, theirs.like):
            yield f"{mine.name} reads other layers"
        elif all_names and (mine.name, mine.path) != (theirs.name, theirs.path):
            yield f"{mine.name} is called {theirs.name}"
    for _, old, new in misnamed(wanted, found):
        if not all_names:
            yield f"{old} is called {new}"


def misnamed(wanted: Network, found: Network) -> Iterator[tuple[int, str, str]]:
    """Yield the layers with weights whose names differ: place, wanted name, actual name."""
    for at, (mine, theirs, typed) in enumerate(zip(wanted.graph.nodes, found.graph.nodes, wanted.typed, strict=True)):
        if mine.name != theirs.name and typed.tensors:
            yield at, mine.name, theirs.name


def _alike(mine: Typed, theirs: Typed) -> bool:
    return mine.inputs == theirs.inputs and mine.output == theirs.output and _facts(mine) == _facts(theirs)


def _facts(typed: Typed) -> tuple[object, ...]:
    layer = typed.layer
    if not typed.inputs:
        return (layer.kind,)
    windows = [(window.axes, window.form) if window else None for window in typed.windows]
    tensors = [(tensor.name, tensor.shape) for tensor in typed.tensors]
    options = {name: value for name, value in layer.given().items() if not any(typed.windows) or name not in _WINDOW}
    return (layer.kind, windows, tensors, options)
