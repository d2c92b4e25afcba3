"""Work out every volume. A layer that does not fit becomes one diagnostic; what depends on it stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.graph import InferredGraph, Known
from cnncalc.layers.base import Misfit
from cnncalc.pattern import codes

if TYPE_CHECKING:
    from cnncalc.graph.graph import Graph, Node
    from cnncalc.layers.base import Layer
    from cnncalc.maths.volume import Volume
    from cnncalc.text.diagnostic import Findings
    from cnncalc.text.source import Span


def infer(graph: Graph, findings: Findings) -> InferredGraph:
    """Return the graph with its volumes; equal layers on equal inputs are worked out once."""
    known: list[Known | None] = []
    memo: dict[tuple[Layer, tuple[Volume, ...]], Known] = {}
    for node in graph.nodes:
        if node.layer is None:
            known.append(None)
            continue
        inputs = _volumes(node, known)
        if inputs is None:
            known.append(None)
            continue
        key = (node.layer, inputs)
        found = memo.get(key)
        if found is None:
            try:
                found = memo[key] = Known(node.layer, inputs, node.layer.infer(inputs))
            except Misfit as misfit:
                _report(misfit, node, inputs, graph, findings)
        known.append(found)
    _check_shared(graph, known, findings)
    return InferredGraph(graph, known)


def _volumes(node: Node, known: list[Known | None]) -> tuple[Volume, ...] | None:
    """Return the volumes that a node reads, or None where one is unknown."""
    volumes: list[Volume] = []
    for at in node.inputs:
        before = known[at]
        if before is None:
            return None
        volumes.append(before.output)
    return tuple(volumes)


def _report(misfit: Misfit, node: Node, inputs: tuple[Volume, ...], graph: Graph, findings: Findings) -> None:
    """Turn a misfit into a diagnostic at the place of the field at fault."""
    span = node.use.given[misfit.field][1] if misfit.field in node.use.given else node.use.span
    notes = misfit.notes
    if inputs:
        said = f"the input is {inputs[0].text}"
        notes = tuple(note.replace(said, f"{said}{_origin(graph.nodes[node.inputs[0]])}", 1) for note in notes)
    hints = tuple(_here(hint, span) for hint in misfit.hints)
    findings.error(misfit.code, misfit.message, span, label=misfit.label, notes=(*notes, _which(node, graph)), hints=hints)


def _here(hint: str, span: Span | None) -> str:
    """Return a hint as it can be pasted: a pattern on the command line has no file to write `rounding: floor` into."""
    inline = span is not None and span.text.name == "<pattern>"
    return hint.replace("`rounding: floor`", "`--rounding floor`") if inline else hint


def _origin(node: Node) -> str:
    """Return where a volume comes from: `, from pool1 (line 6)`."""
    if node.use.span is None or node.use.kind == "INPUT":
        return ""
    return f", from {node.name} (line {node.use.span.line})"


def _which(node: Node, graph: Graph) -> str:
    """Name the layer, for in a repeated group or a block its place in the text does not; of a merge its inputs, too."""
    if len(node.inputs) < 2:
        return f"the layer is {node.name}"
    inputs = ", ".join(f"input {at} is {graph.nodes[source].name}" for at, source in enumerate(node.inputs, 1))
    return f"the layer is {node.name}: {inputs}"


def _check_shared(graph: Graph, known: list[Known | None], findings: Findings) -> None:
    """Refuse weights that are shared between layers of other kinds or sizes."""
    for node, own in zip(graph.nodes, known, strict=True):
        if node.shared < 0 or own is None:
            continue
        other = known[node.shared]
        if other is None:
            continue
        mine = [(tensor.name, tensor.shape) for tensor in own.layer.weights(own.inputs[0])] if own.inputs else []
        theirs = [(tensor.name, tensor.shape) for tensor in other.layer.weights(other.inputs[0])] if other.inputs else []
        if own.layer.kind != other.layer.kind or mine != theirs:
            span = node.use.share[1] if node.use.share else node.use.span
            name = graph.nodes[node.shared].name
            findings.error(
                codes.SHARED,
                f"{node.name} cannot apply the weights of {name}: they differ in kind or size",
                span,
                notes=(f"{node.name} has {_shapes(mine)}, {name} has {_shapes(theirs)}",),
            )


def _shapes(tensors: list[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in tensors) or "no weights"
