"""The explicit `layers` list as steps of a pattern: both forms are equally expressive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.pattern import codes as pattern_codes
from cnncalc.pattern.parser import is_pattern, parse_pattern
from cnncalc.pattern.syntax import Argument, LayerAtom, Name, Output, Reference, Step
from cnncalc.spec import codes
from cnncalc.spec.document import Mapped, Scalar, Sequenced, problem, quoting
from cnncalc.spec.values import foreign_call, read_value, take
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from cnncalc.pattern.syntax import Atom
    from cnncalc.pattern.vocabulary import Vocabulary
    from cnncalc.spec.document import Node

_OUTPUT = ("output", "OUTPUT")


def read_layers(node: Node, vocabulary: Vocabulary, blocks: Collection[str], findings: Findings) -> tuple[Step, ...]:
    """Return the steps of a `layers` list; each bad entry is reported and replaced by an unknown layer."""
    if not isinstance(node, Sequenced):
        raise problem(codes.WRONG_TYPE, f"`layers` is a list, not {node.what}", node.span, hints=("begin each layer with `- `",))
    steps: list[Step] = []
    for item in node.items:
        try:
            steps += _entry(item, vocabulary, blocks)
        except SpecError as error:
            take(error, findings)
            steps.append(_unread(item))
    if steps and isinstance(last := steps[-1].atom, Output):
        steps[-1].atom = last._replace(goes_on=False)
    return tuple(steps)


def _entry(node: Node, vocabulary: Vocabulary, blocks: Collection[str]) -> tuple[Step, ...]:
    """Return the steps of one entry: a kind, a pattern, `kind: {options}` or `pattern: text`."""
    if isinstance(node, Scalar):
        split = vocabulary.split(node.text.upper())
        if split and not split[1]:
            step = Step(LayerAtom(split[0], node.span), node.span)
            _read_nothing(step.atom)
            return (step,)
        if node.text in _OUTPUT:
            return (_output(node, None),)
        if node.text.isidentifier() and node.text not in blocks and not vocabulary.split(node.text):
            split = vocabulary.added(node.text.upper())
            if not split:
                raise _unknown(node, None, vocabulary)
            if not split[1]:
                return (Step(LayerAtom(split[0], node.span), node.span),)
        return parse_pattern(node.excerpt(), vocabulary, blocks)
    if isinstance(node, Sequenced):
        line = node.source.line(node.start[0] + 1)
        mended = line.strip().removeprefix("- ")
        raise problem(
            codes.WRONG_TYPE,
            "a layer is a name or a mapping, not a list",
            node.span,
            hints=(*quoting(line), f'a pattern is quoted: `- pattern: "{mended}"`')[:1],
        )
    if len(node.items) != 1:
        raise problem(
            codes.WRONG_TYPE,
            f"a layer has one kind, this entry has {len(node.items)} keys",
            node.span,
            hints=("put the options in braces, or indent them further: `- conv: {kernel: 3, filters: 16}`",),
        )
    ((key, value),) = node
    if key.text == "pattern":
        if not isinstance(value, Scalar):
            line = value.source.line(value.start[0] + 1)
            raise problem(codes.WRONG_TYPE, f"`pattern` is a text, not {value.what}", value.span, hints=quoting(line))
        return parse_pattern(value.excerpt(), vocabulary, blocks)
    if key.text in _OUTPUT:
        return (_output(key, value),)
    split = vocabulary.split(key.text.upper()) or vocabulary.added(key.text.upper())
    if not split or split[1]:
        raise _unknown(key, value, vocabulary)
    return (_layer(split[0], key, value, vocabulary),)


def _unread(node: Node) -> Step:
    """Return the step of an entry that could not be read, under its name if it has one."""
    step = Step(LayerAtom("", node.span), node.span)
    options = next(iter(node.items.values()))[1] if isinstance(node, Mapped) and node.items else None
    name = options.get("name") if isinstance(options, Mapped) else None
    if isinstance(name, Scalar):
        step.name, step.name_span = name.text, name.span
    return step


def _unknown(node: Scalar, value: Node | None, vocabulary: Vocabulary) -> SpecError:
    """Return the error for an entry whose kind is unknown: the entry in our words, or the nearest name."""
    from cnncalc.pattern.foreign import layer_hints  # only needed for errors

    call = foreign_call(node.text, value if value is not None else Scalar(node.source, "", "", node.start, node.end))
    hints = layer_hints(call, vocabulary, lambda text: is_pattern(text, vocabulary))
    near = did_you_mean(node.text, vocabulary.kinds())
    hints = hints or tuple(hint.lower() if node.text.islower() else hint for hint in near)
    return problem(pattern_codes.UNKNOWN_KIND, f"unknown layer kind `{node.text}`", node.span, label="not known", hints=hints)


def _layer(kind: str, key: Scalar, node: Node, vocabulary: Vocabulary) -> Step:
    """Return the step of `conv: {name: a, kernel: 3, from: stem}`."""
    atom = LayerAtom(kind, key.span)
    step = Step(atom, key.span)
    _read_nothing(atom)
    if isinstance(node, Scalar) and node.is_null:
        return step
    if isinstance(node, Mapped):
        for option, value in node:
            _option(step, atom, option, value, vocabulary)
    else:
        bare = read_value(node, key.text, vocabulary)
        atom.options.append(Argument("", bare.span, bare))
    return step


def _read_nothing(atom: Atom) -> None:
    """Give an INPUT no sources, at any place in the list."""
    if isinstance(atom, LayerAtom) and atom.kind == "INPUT":
        atom.sources = []


def _option(step: Step, atom: LayerAtom, key: Scalar, node: Node, vocabulary: Vocabulary) -> None:
    if key.text == "name":
        step.name, step.name_span = _name(node), node.span
    elif key.text == "from":
        atom.sources = [_reference(item) for item in (node.items if isinstance(node, Sequenced) else [node])]
        if not atom.sources:
            raise problem(codes.WRONG_TYPE, "`from` names no step", node.span)
    elif key.text in {"share", "like"}:
        reference = _reference(node)
        atom.options.append(Argument(key.text, key.span, Name(reference.path, reference.span)))
    else:
        atom.options.append(Argument(key.text, key.span, read_value(node, key.text, vocabulary)))


def _name(node: Node) -> str:
    """Return a name: any printable text without blanks, as model files have it, `layer1.0.conv1`, `onnx::Conv_12`.

    Slashes separate the blocks around the layer, `stage1/down1/conv2`; ONNX begins names with one. A star is no part of a name:
    `a*` in a reference means every repetition of `a`.
    """
    if not isinstance(node, Scalar):
        raise problem(codes.WRONG_TYPE, f"a name is a text, not {node.what}", node.span)
    if wrong := _not_a_name(node.text):
        raise problem(codes.WRONG_TYPE, f"`{node.text}` is no name: {wrong}", node.span, hints=_mended(node.text))
    return node.text


def _not_a_name(text: str) -> str:
    """Return what keeps a text from being a name; empty for a name."""
    if not text:
        return "it is empty"
    if any(char.isspace() for char in text):
        return "a name has no blanks"
    if not text.isprintable():
        return "a name has printable characters only"
    if "*" in text:
        return "`*` means every repetition of a step"
    if not all(text.removeprefix("/").split("/")):
        return "there is nothing between two slashes, or behind the last one"
    return ""


def _mended(text: str) -> tuple[str, ...]:
    """Return a hint with the nearest name."""
    words = "_".join("".join(char if char.isprintable() and char != "*" else " " for char in text).split())
    parts = [part for part in words.split("/") if part]
    name = ("/" if words.startswith("/") else "") + "/".join(parts)
    return (f"`{name}` is one",) if parts and not _not_a_name(name) else ()


def _output(key: Scalar, node: Node | None) -> Step:
    """Return the step of `output: {name: aux, from: head}`, of `output: aux`, or of `output` alone."""
    name, source = "", None
    if isinstance(node, Mapped):
        for option, value in node:
            if option.text == "name":
                name = _name(value)
            elif option.text == "from":
                source = _reference(value)
            else:
                hints = did_you_mean(option.text, ("name", "from")) or ("an output has a `name` and a `from`",)
                raise problem(pattern_codes.UNKNOWN_OPTION, f"an output has no option `{option.text}`", option.span, hints=hints)
    elif node is not None and not (isinstance(node, Scalar) and node.is_null):
        name = _name(node)
    return Step(Output(name, key.span, source, goes_on=True), key.span)


def _reference(node: Node) -> Reference:
    if isinstance(node, Scalar) and node.text.strip():
        return Reference(node.text.strip(), node.span)
    raise problem(codes.WRONG_TYPE, "the name of a step is a text", node.span)
