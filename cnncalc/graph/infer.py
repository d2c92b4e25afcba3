"""Compute all volumes. A layer that does not fit gives one diagnostic; layers that depend on it stay unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.graph import Network, applied
from cnncalc.layers import kinds
from cnncalc.layers.base import Misfit
from cnncalc.maths.volume import Volume, written
from cnncalc.pattern import codes
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.graph.graph import Graph, Node, Typed
    from cnncalc.graph.hints import Failed, Hints
    from cnncalc.layers.base import Layer
    from cnncalc.text.source import Span


def infer(graph: Graph, findings: Findings, *, brief: bool = False) -> Network | None:
    """Return the network of a graph; None, with an error in `findings`, if there is no layer, or if one is missing or does not fit.

    Equal layers on equal inputs are computed once. With `brief`, errors have no hints, which take trials. Raises PluginError for a
    layer of another package that infers no volume.
    """
    typed: list[Typed | None] = []
    memo: dict[tuple[Layer, tuple[Volume, ...]], Typed] = {}
    alike: dict[tuple[Layer, tuple[int, ...]], Layer] = {}
    ties: dict[tuple[Layer, Typed, tuple[str, ...]], Layer] = {}
    failed: list[tuple[int, Misfit, tuple[Volume, ...]]] = []
    for at, node in enumerate(graph.nodes):
        if node.layer is None:
            typed.append(None)
            continue
        inputs = _volumes(node, typed)
        if inputs is None:
            typed.append(None)
            continue
        layer = node.layer if node.like < 0 else _like(node, typed, alike)
        if node.tied >= 0:
            layer = _tied(node, typed, ties)
        if layer is None:
            typed.append(None)
            continue
        key = (layer, inputs)
        found = memo.get(key)
        if found is None:
            try:
                found = memo[key] = applied(layer, *inputs)
            except Misfit as misfit:
                failed.append((at, misfit, inputs))
            else:
                if not isinstance(found.output, Volume):
                    raise kinds.problem(
                        node.layer, f"`infer` returns {type(found.output).__name__}, not a cnncalc.maths.volume.Volume"
                    )
        typed.append(found)
    if failed:
        _report_all(graph, failed, findings, brief=brief)
    _check_shared(graph, typed, findings)
    complete = [each for each in typed if each is not None]
    return Network(graph, complete) if complete and len(complete) == len(typed) else None


def complete(graph: Graph) -> Network:
    """Return the network of a graph; SpecError, with all misfits, if it does not fit."""
    findings = Findings()
    network = infer(graph, findings)
    if network is None or findings.failed:
        raise SpecError(findings.sorted())
    return network


def fits(graph: Graph) -> Network | None:
    """Return the network of a graph, or None if it does not fit."""
    findings = Findings()
    network = infer(graph, findings, brief=True)
    return None if findings.failed else network


def _volumes(node: Node, typed: list[Typed | None]) -> tuple[Volume, ...] | None:
    """Return the input volumes of a node, or None if one is unknown."""
    volumes: list[Volume] = []
    for at in node.inputs:
        before = typed[at]
        if before is None:
            return None
        volumes.append(before.output)
    return tuple(volumes)


def _like(node: Node, typed: list[Typed | None], alike: dict[tuple[Layer, tuple[int, ...]], Layer]) -> Layer | None:
    """Return the layer of a node with the size of the step that `like` names, or None if that is unknown; equal ones once."""
    wanted = typed[node.like]
    if wanted is None or node.layer is None:
        return None
    key = (node.layer, wanted.output.size)
    if key not in alike:
        alike[key] = node.layer.replaced(size=wanted.output.size)
    return alike[key]


def _tied(node: Node, typed: list[Typed | None], ties: dict[tuple[Layer, Typed, tuple[str, ...]], Layer]) -> Layer | None:
    """Return the layer of a node with the weight of another one, transposed, or None if that is unknown; equal ones once."""
    owner = typed[node.tied]
    if owner is None or node.layer is None or owner.layer.kind != node.layer.transposes:
        return node.layer if owner is not None else None  # `_check_shared` refuses another kind
    key = (node.layer, owner, tuple(sorted(node.origin.options)))
    if key not in ties:
        ties[key] = node.layer.tied_to(owner.layer, owner.inputs, key[2])
    return ties[key]


def _check_tied(node: Node, own: Typed, other: Typed, name: str, findings: Findings) -> None:
    """Refuse a weight that cannot be taken transposed: of another kind or size, or one that is rewritten in each pass."""
    layer = own.layer
    if other.layer.kind != layer.transposes or other.layer.rewrites_kernel():
        kinds_text = f"{layer.name()} takes the weight of {layer.transposes.upper() or 'no kind'} transposed"
        why = f"{name} standardizes its kernel in each pass" if other.layer.kind == layer.transposes else kinds_text
        notes = (f"{why}, and {name} is {other.layer.label()}",) if why == kinds_text else (why,)
    else:
        mine, theirs = layer.replaced().weights(own.inputs)[0].shape, other.tensors[0].shape
        turned = (*theirs[:-2], theirs[-1], theirs[-2])
        if mine == turned:
            return
        notes = (f"{node.name} has weight {_by(mine)}, {name} has weight {_by(theirs)}, transposed {_by(turned)}",)
    findings.error(
        codes.SHARED,
        f"{node.name} cannot apply the transposed weight of {name}",
        node.origin.share or node.origin.span,
        notes=(*notes, *node.origin.notes),
    )


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _report_all(graph: Graph, failed: Sequence[tuple[int, Misfit, tuple[Volume, ...]]], findings: Findings, *, brief: bool) -> None:
    """Turn misfits into diagnostics, with ways out that are tried on the whole graph; equal ones are reported once."""
    from cnncalc.graph.hints import Failed, Hints  # only on the way to an error

    hints = None if brief else Hints(graph, [Failed(*each) for each in failed])
    for each in failed:
        _report(Failed(*each), graph, hints, findings)


def _report(failed: Failed, graph: Graph, hints: Hints | None, findings: Findings) -> None:
    """Turn a misfit into a diagnostic at the place of the field at fault."""
    at, misfit, inputs = failed
    node = graph.nodes[at]
    span = node.origin.place(misfit.field)
    notes = misfit.notes
    if inputs:
        said = f"the input is {inputs[0].text}"
        notes = tuple(note.replace(said, f"{said}{_from(graph.nodes[node.inputs[0]])}", 1) for note in notes)
    ways = tuple(_here(hint, span) for hint in (hints.of(failed) if hints else ()))
    findings.error(
        misfit.code, misfit.message, span, label=misfit.label, notes=(*notes, _which(node, graph), *node.origin.notes), hints=ways
    )


def _here(hint: str, span: Span | None) -> str:
    """Return a hint in a usable form: a pattern on the command line has no file for `rounding: floor`."""
    inline = span is not None and span.text.name == "<pattern>"
    return hint.replace("`rounding: floor`", "`--rounding floor`") if inline else hint


def _from(node: Node) -> str:
    """Return where a volume comes from: `, from pool1 (line 6)`."""
    if node.origin.span is None or node.origin.kind == "INPUT":
        return ""
    return f", from {node.name} (line {node.origin.span.line})"


def _which(node: Node, graph: Graph) -> str:
    """Return a note with the layer's name, which its place in a repeated group or a block does not show, and a merge's inputs."""
    if len(node.inputs) < 2:
        return f"the layer is {node.name}"
    inputs = ", ".join(f"input {at} is {graph.nodes[source].name}" for at, source in enumerate(node.inputs, 1))
    return f"the layer is {node.name}: {inputs}"


def _check_shared(graph: Graph, typed: list[Typed | None], findings: Findings) -> None:
    """Refuse weights shared between layers of different kinds or sizes."""
    for node, own in zip(graph.nodes, typed, strict=True):
        if own is None:
            continue
        tied = typed[node.tied] if node.tied >= 0 else None
        if tied is not None:
            _check_tied(node, own, tied, graph.nodes[node.tied].name, findings)
        if node.shared < 0:
            continue
        other = typed[node.shared]
        if other is None:
            continue
        mine = [(tensor.name, tensor.shape) for tensor in own.tensors]
        theirs = [(tensor.name, tensor.shape) for tensor in other.tensors]
        if own.layer.kind != other.layer.kind or mine != theirs:
            span = node.origin.share or node.origin.span
            name = graph.nodes[node.shared].name
            findings.error(
                codes.SHARED,
                f"{node.name} cannot apply the weights of {name}: they differ in kind or size",
                span,
                notes=(
                    f"{node.name} has {_shapes(mine)}, {name} has {_shapes(theirs)}",
                    *_options(own, other, name),
                    *node.origin.notes,
                ),
                hints=_without(node, own, other),
            )
        else:
            _check_stored(node, own, other, graph.nodes[node.shared].name, findings)


def _check_stored(node: Node, own: Typed, other: Typed, name: str, findings: Findings) -> None:
    """Refuse options of stored arrays, such as their initial value, that differ from those of the layer that has the arrays."""
    mine = own.layer
    if mine is other.layer:
        return
    for option in mine.options:
        here, there = mine.value(option.name), other.layer.value(option.name)
        if option.stored and here != there:
            findings.error(
                codes.SHARED,
                f"{node.name} cannot set {option.name}: its weights are those of {name}",
                node.origin.place(option.name),
                label=f"{name} has {option.name} {written(there)}",
                notes=node.origin.notes,
                hints=(f"leave out {option.name}, or set it in {name}",),
            )


def _different(own: Typed, other: Typed) -> list[str]:
    """Return the options of two layers of one kind whose values differ."""
    if own.layer.kind != other.layer.kind:
        return []
    return [option.name for option in own.layer.options if own.layer.value(option.name) != other.layer.value(option.name)]


def _options(own: Typed, other: Typed, name: str) -> tuple[str, ...]:
    """Return a note on the options that differ, with both values."""
    return tuple(
        f"{option} is {written(own.layer.value(option))} here and {written(other.layer.value(option))} in {name}"
        for option in _different(own, other)
    )


def _without(node: Node, own: Typed, other: Typed) -> tuple[str, ...]:
    """Return the hint to leave out the given options that differ."""
    given = [option for option in _different(own, other) if option in node.origin.options]
    return (f"leave out {listed(given)}: `share` takes every option that is not given",) if given else ()


def _shapes(tensors: list[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in tensors) or "no weights"
