"""A graph as the entries of a `layers` list, for `spec/write.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.names import Called, names
from cnncalc.maths.volume import Volume, Words, is_tuple, written
from cnncalc.spec.write import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.graph import Graph, Node
    from cnncalc.layers.base import Layer


def entries(graph: Graph, rounding: str | None) -> Iterator[Entry]:
    """Yield an entry for each layer, and for each output other than the last layer.

    `rounding` is the rounding at the top of the spec. A single INPUT has an entry only if it is named; with several inputs, each
    has an entry with its size.
    """
    several = sum(not node.inputs for node in graph.nodes) > 1
    named = _named(graph)
    main = graph.outputs[-1] if graph.outputs else None
    marks = list(graph.outputs[:-1])
    for at, node in enumerate(graph.nodes):
        entry = _entry(node, at, graph, rounding, named=at in named, sized=several)
        if node.origin.kind != "INPUT" or entry.name or several:
            yield entry
        while marks and marks[0].at <= at:
            mark = marks.pop(0)
            yield Entry("output", mark.name, sources=() if mark.at == at else (graph.nodes[mark.at].name,))
    if main is not None and (main.name or main.at != len(graph.nodes) - 1 or _marked_last(graph)):
        yield Entry("output", main.name, sources=(graph.nodes[main.at].name,))


def _marked_last(graph: Graph) -> bool:
    """Return whether the last entry would be a mark, which would end the chain."""
    return any(output.at == len(graph.nodes) - 1 for output in graph.outputs[:-1])


def _entry(node: Node, at: int, graph: Graph, rounding: str | None, *, named: bool, sized: bool) -> Entry:
    before = (at - 1,) if at else ()
    return Entry(
        node.origin.kind.lower(),
        node.name if named else "",
        tuple(_options(node, rounding, graph.nodes[node.shared].layer if node.shared >= 0 else None, sized=sized)),
        () if node.inputs == before else tuple(graph.nodes[each].name for each in node.inputs),
        graph.nodes[node.owners[0]].name if node.owners else "",
        graph.nodes[node.like].name if node.like >= 0 else "",
        transpose=node.tied >= 0 and node.shared < 0,
    )


def _options(node: Node, rounding: str | None, owner: Layer | None, *, sized: bool) -> Iterator[tuple[str, str]]:
    """Yield the hyperparameters that differ from their defaults or from the `owner` of the weights, and its own rounding.

    With `sized`, the size of an input is one of them.
    """
    if node.layer is None or (node.origin.kind == "INPUT" and not sized):
        return
    for option in node.layer.options:
        name, value = option.name, node.layer.value(option.name)
        if node.tied >= 0:  # what its step does not give follows from the other layer
            if name in node.origin.options and name != "rounding":
                yield name, option_text(value)
            continue
        taken = owner is not None and value is not None and owner.value(name) != value  # `share` would take another value
        if name != "rounding" and (value != option.default or taken):
            yield name, option_text(value)
    rounds = any(option.name == "rounding" for option in node.layer.options)
    own = getattr(node.layer, "rounding", None) or "strict"
    if rounds and (own != (rounding or "strict") or "rounding" in node.origin.options):
        yield "rounding", own


def option_text(value: object) -> str:
    """Return the value of an option as text; a value per axis stays a value per axis."""
    if isinstance(value, Volume | Words) or not is_tuple(value) or len(value) == 1:
        return written(value)
    sides = [each for each in value if is_tuple(each)]
    if not sides:
        return "x".join(map(str, value))
    if all(before == after for before, after in sides):
        return "x".join(str(before) for before, _ in sides)
    return "x".join(f"{before}:{after}" for before, after in sides)


def _named(graph: Graph) -> set[int]:
    """Return the nodes with names to write: those in references, and those whose generated name would differ."""
    chosen = _referred(graph)
    while True:
        called = [Called(node.origin.kind, node.name if at in chosen else "") for at, node in enumerate(graph.nodes)]
        found = {at for at, name in enumerate(names(called, plain=True)) if name != graph.nodes[at].name} - chosen
        if not found:
            return chosen
        chosen |= found


def _referred(graph: Graph) -> set[int]:
    """Return the nodes that other entries refer to."""
    found: set[int] = set()
    for at, node in enumerate(graph.nodes):
        if at and node.inputs != (at - 1,):
            found.update(node.inputs)
        found.update(node.owners)
        if node.like >= 0:
            found.add(node.like)
    found.update(output.at for output in graph.outputs if output.at != len(graph.nodes) - 1)
    return found - ({0} if graph.nodes and graph.nodes[0].name == "input" else set())
