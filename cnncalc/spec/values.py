"""YAML nodes to values: volumes, options, variables, bindings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.maths.volume import AXES, Dims, Sides, Volume, Words
from cnncalc.pattern import codes as pattern_codes
from cnncalc.pattern.expand import unknown_option
from cnncalc.pattern.frames import UNREAD, Binding, Bindings, Setting
from cnncalc.pattern.parser import parse_value
from cnncalc.pattern.syntax import Binary, Int, Literal, Name, Negative
from cnncalc.spec import codes
from cnncalc.spec.document import Mapped, Scalar, Sequenced, problem
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.source import Excerpt
from cnncalc.text.suggest import did_you_mean, listed

if TYPE_CHECKING:
    from cnncalc.pattern.foreign import Call
    from cnncalc.pattern.frames import Variable
    from cnncalc.pattern.syntax import Value
    from cnncalc.pattern.vocabulary import Vocabulary
    from cnncalc.spec.document import Node

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_VOLUME = re.compile(r"\d{1,18}(?:x\d{1,18}){1,3}\Z")
_SWITCHES = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_LETTERS = ("C", "S", "N", "K")  # variables of an example
_SHOWN = 8  # entries of a list that a hint repeats
_SIDES = (("left", "right"), ("top", "bottom"), ("front", "back"))


def text(node: Node, key: str) -> str:
    """Return free text."""
    if isinstance(node, Scalar):
        return node.text
    from cnncalc.spec.unquoted import quoted_text  # only needed for errors

    hints = quoted_text(node.source, node.start[0]) if node.start[0] == node.end[0] else ()
    raise problem(codes.WRONG_TYPE, f"`{key}` is a text, not {node.what}", node.span, hints=hints)


def typed_text(node: Node, key: str) -> Excerpt:
    """Return the text of typed values, `1 2 3; 4 5 6` or `[[1, 2], [3, 4]]`, which YAML reads as a list."""
    if isinstance(node, Scalar) and not node.is_null:
        return node.excerpt()
    start, end = node.source.offset(*node.start), node.source.offset(*node.end)
    if isinstance(node, Sequenced) and node.source.text[start : start + 1] == "[":
        return Excerpt(node.source.text[start:end], node.source, lambda: range(start, end + 1))
    found = "nothing" if isinstance(node, Scalar) else node.what
    hints = ("write the values in one line, such as `1 2 3; 4 5 6`",)
    raise problem(codes.WRONG_TYPE, f"`{key}` holds values, not {found}", node.span, hints=hints)


def mapping(node: Node, key: str) -> Mapped:
    """Return a mapping."""
    if isinstance(node, Mapped):
        return node
    what = "nothing" if isinstance(node, Scalar) and node.is_null else node.what
    raise problem(codes.WRONG_TYPE, f"`{key}` is a mapping, not {what}", node.span)


def read_volume(node: Node) -> Volume:
    """Return the volume `224x224x3` or `{width: 224, height: 224, depth: 3}`."""
    if isinstance(node, Mapped):
        return _volume_by_sides(node)
    if isinstance(node, Scalar) and _VOLUME.match(node.text):
        *size, depth = (int(side) for side in node.text.split("x"))
        if min(*size, depth) >= 1:
            return Volume(tuple(size), depth)
        raise problem(codes.WRONG_TYPE, f"every side of the input must be at least 1: {node.text}", node.span)
    hint = "the depth comes last: `224x224x3` is 224 wide, 224 high and 3 deep"
    if isinstance(node, Scalar):
        mended = "x".join(re.findall(r"\d{1,9}", node.text))
        hint = f"write `{mended}`" if _VOLUME.match(mended) and "." not in node.text and "-" not in node.text else hint
    found = node.what if not isinstance(node, Scalar) else "nothing" if node.is_null else f"`{node.text}`"
    raise problem(codes.WRONG_TYPE, f"`input` is a size such as 224x224x3, not {found}", node.span, hints=(hint,))


def _volume_by_sides(node: Mapped) -> Volume:
    sides: dict[str, int] = {}
    for key, value in node:
        if key.text not in {"width", "height", "time", "length", "depth"}:
            hints = did_you_mean(key.text, ("width", "height", "time", "length", "depth"))
            raise problem(codes.UNKNOWN_KEY, f"`input` has no side `{key.text}`", key.span, hints=hints)
        sides[key.text] = positive(value, key.text)
    for names in AXES.values():
        if names and sides.keys() == {*names, "depth"}:
            return Volume(tuple(sides[name] for name in names), sides["depth"])
    raise problem(
        codes.WRONG_TYPE,
        f"`input` needs width, height and depth (or length and depth, or time too); it has {listed(sides)}",
        node.span,
    )


def positive(node: Node, key: str) -> int:
    """Return an integer of at least 1."""
    if isinstance(node, Scalar) and re.fullmatch(r"\d{1,18}", node.text) and int(node.text) >= 1:
        return int(node.text)
    found = f"`{node.text}`" if isinstance(node, Scalar) else node.what
    raise problem(codes.WRONG_TYPE, f"`{key}` is an integer of at least 1, not {found}", node.span)


def read_value(node: Node, key: str, vocabulary: Vocabulary) -> Value:
    """Return the value of an option: a text as in a pattern, `[3, 5]` for 3x5, or sides by name."""
    if isinstance(node, Scalar):
        if not node.text.strip() or node.is_null:
            raise problem(codes.WRONG_TYPE, f"`{key}` has no value", node.span)
        if not node.style and re.fullmatch(r"0\d+|\d[\d_]*_[\d_]*", node.text):
            raise problem(
                codes.WRONG_TYPE,
                f"`{key}`: different tools read {node.text} differently",
                node.span,
                hints=(f"write {node.text.replace('_', '').lstrip('0') or '0'}",),
            )
        return parse_value(node.excerpt(), vocabulary)
    if isinstance(node, Sequenced):
        words = [item.text for item in node.items if isinstance(item, Scalar) and re.fullmatch(r"[A-Za-z_]\w*", item.text)]
        if words and len(words) == len(node.items):
            return Literal(Words(tuple(words)), node.span)
        return Literal(Dims(tuple(_size(item, key) for item in node.items)), node.span)
    return Literal(_named_sides(node, key), node.span)


def _size(node: Node, key: str) -> int:
    if isinstance(node, Scalar) and re.fullmatch(r"\d{1,18}", node.text):
        return int(node.text)
    raise problem(codes.WRONG_TYPE, f"`{key}` takes a list of integers, one per axis", node.span)


def _named_sides(node: Mapped, key: str) -> Sides:
    found: dict[str, int] = {}
    known = [side for pair in _SIDES for side in pair]
    for name, value in node:
        if name.text not in known:
            raise problem(
                codes.UNKNOWN_KEY,
                f"`{key}` has no side `{name.text}`",
                name.span,
                hints=did_you_mean(name.text, known) or (f"sides are {listed(known)}",),
            )
        found[name.text] = _size(value, name.text)
    rank = max((at for at, pair in enumerate(_SIDES, 1) for side in pair if side in found), default=1)
    return Sides(tuple((found.get(before, 0), found.get(after, 0)) for before, after in _SIDES[: max(rank, 2)]))


def read_settings(node: Mapped, kind: str, vocabulary: Vocabulary, findings: Findings) -> dict[str, Setting]:
    """Return the defaults of a kind; a bad one is reported, and layers that use it are unknown."""
    settings: dict[str, Setting] = {}
    for key, value in node:
        try:
            option = vocabulary.option(kind, key.text)
            if option is None:
                raise unknown_option(kind, key.text, key.span, vocabulary, _foreign_option(kind, key, value, vocabulary))
            settings[option] = Setting(Name(key.text, key.span), key.span, unread=True)  # in case of an error
            settings[option] = Setting(read_value(value, key.text, vocabulary), key.span)
        except SpecError as error:
            take(error, findings)
    return settings


def _foreign_option(kind: str, key: Scalar, value: Node, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return a hint for an option that another framework has."""
    from cnncalc.pattern.foreign import one_option_hint  # only needed for errors

    return one_option_hint(kind, key.text, plain_text(value), vocabulary)


def plain_text(node: Node) -> str:
    """Return the text of a value; `(3, 3)` for a list."""
    if isinstance(node, Scalar):
        return node.text
    return f"({', '.join(map(plain_text, node.items))})" if isinstance(node, Sequenced) else ""


def foreign_call(name: str, node: Node) -> Call:
    """Return `Linear: 10` or `Conv2d: {out_channels: 16}` as a call."""
    from cnncalc.pattern.foreign import Call as Made  # only needed for errors

    if isinstance(node, Mapped):
        return Made(name, options=tuple((key.text, plain_text(value)) for key, value in node))
    return Made(name, values=(plain_text(node),) if plain_text(node) else ())


def foreign_defaults(name: str, node: Node, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return a hint for the defaults of a kind by its name in another framework, or by the nearest name."""
    from cnncalc.pattern.foreign import default_hints  # only needed for errors

    found = default_hints(foreign_call(name, node), vocabulary) if isinstance(node, Mapped) else ()
    return found or did_you_mean(name, vocabulary.kinds())


def read_variable(key: Scalar, node: Node, vocabulary: Vocabulary, findings: Findings) -> Variable:
    """Return a number, true or false, an expression, or a list of bindings."""
    if isinstance(node, Sequenced):
        if _numbers(node):
            raise _list_of_numbers(key.text, node, "{C: …}" if key.text != "C" else "{N: …}")
        entries = [read_binding(item, vocabulary, findings) for item in node.items]
        return Bindings(tuple(entry for entry in entries if entry is not None), node.span)
    if isinstance(node, Mapped):
        hints = foreign_defaults(key.text, node, vocabulary)
        raise problem(
            pattern_codes.UNKNOWN_KIND if hints else codes.WRONG_TYPE,
            f"`{key.text}` is not a layer kind; a variable is an integer or a list of bindings, not a mapping",
            key.span,
            hints=hints or ("write a list: `- {N: 2, CONV: {filters: 64}}`",),
        )
    value = read_value(node, key.text, vocabulary)
    word = isinstance(value, Name) and not VARIABLE.match(value.name)
    if not word and (isinstance(value, Int | Name | Binary | Negative) or isinstance(value.value, bool | float)):
        return value
    meant = _SWITCHES.get(node.text.lower()) if word else None
    raise problem(
        codes.WRONG_TYPE,
        f"the variable `{key.text}` is an integer or a list of bindings, not `{node.text}`",
        node.span,
        hints=(f"write `{meant}`",) if meant else (),
    )


def refuse_values(key: Scalar, node: Sequenced, document: Mapped, vocabulary: Vocabulary) -> None:
    """Refuse `M: [16, 32]`: an entry of a list binds a variable, or defaults, by name."""
    if _numbers(node):
        raise _list_of_numbers(key.text, node, _bound_by(key.text, document, vocabulary))


def _numbers(node: Sequenced) -> list[str]:
    """Return the numbers of a list that holds nothing else."""
    values = [item.text for item in node.items if isinstance(item, Scalar) and re.fullmatch(r"\d{1,18}", item.text)]
    return values if len(values) == len(node.items) else []


def _list_of_numbers(name: str, node: Sequenced, bound: str) -> SpecError:
    """Return the error for a list of numbers, with the list of bindings that was probably meant."""
    values = _numbers(node)
    shown = [*(bound.replace("…", value) for value in values[:_SHOWN]), *["…"] * (len(values) > _SHOWN)]
    return problem(
        pattern_codes.BINDING,
        f"`{name}` is a list of numbers; an entry of a list sets a variable or the defaults of a kind by name",
        node.span,
        hints=(f"write `{name}: [{', '.join(shown)}]`",),
    )


def _bound_by(name: str, document: Mapped, vocabulary: Vocabulary) -> str:
    """Return the binding that a list of numbers probably stands for: of a variable without a value, else of the filters."""
    pattern = document.get("pattern")
    text = pattern.text if isinstance(pattern, Scalar) else ""
    words = [word for word in re.findall(r"(?<![\w/])[A-Z][A-Z0-9_]*(?!\w)", text) if not vocabulary.split(word)]
    unset = next((word for word in words if word not in document.items and word not in {name, "OUTPUT"}), "")
    layers = [split[0] for word in re.findall(r"(?<![\w-])[A-Z]\w*(?![\w-])", text) if (split := vocabulary.split(word))]
    bare = next((kind for kind in layers if vocabulary.short(kind).filters), "")
    if not unset and bare:
        return f"{{{bare}: {{{vocabulary.short(bare).filters}: …}}}}"
    return f"{{{unset or 'C'}: …}}"


def read_binding(node: Node, vocabulary: Vocabulary, findings: Findings) -> Binding | None:
    """Return one entry of a list of bindings."""
    if not isinstance(node, Mapped):
        values = [each.text for each in (node.items if isinstance(node, Sequenced) else [node]) if isinstance(each, Scalar)]
        whole = bool(values) and len(values) <= len(_LETTERS) and all(re.fullmatch(r"\d{1,18}", value) for value in values)
        named = ", ".join(f"{letter}: {value}" for letter, value in zip(_LETTERS, values, strict=False))
        findings.error(
            pattern_codes.BINDING,
            "a binding is a mapping such as `{N: 2, CONV: {filters: 64}}`, not "
            + (f"`{node.text}`" if isinstance(node, Scalar) and node.text else node.what),
            node.span,
            hints=(f"name what {'it' if len(values) == 1 else 'each number'} sets: `{{{named}}}`",) if whole else (),
        )
        return None
    variables: dict[str, Variable] = {}
    defaults: dict[str, dict[str, Setting]] = {}
    switches: dict[str, bool] = {}
    for key, value in node:
        try:
            read_entry(key, value, vocabulary, findings, variables, defaults, switches)
        except SpecError as error:
            take(error, findings)
    keys = {key.text: key.span for key, _ in node if key.text in variables or key.text in switches}
    return Binding(variables, defaults, switches, keys, node.span)


def read_entry(
    key: Scalar,
    value: Node,
    vocabulary: Vocabulary,
    findings: Findings,
    variables: dict[str, Variable],
    defaults: dict[str, dict[str, Setting]],
    switches: dict[str, bool],
) -> None:
    """Read one key of a binding or of the spec: a kind with defaults or a switch, a variable, or a switch."""
    split = vocabulary.split(key.text)
    if not split and isinstance(value, Mapped):  # no variable is a mapping
        split = vocabulary.added(key.text)
    if split and not split[1]:
        switch = _switch(value)
        if switch is None:
            kind_defaults(value, key, split[0], vocabulary, findings, defaults)
        else:
            switches[split[0]] = switch
    elif split:
        raise problem(
            pattern_codes.BINDING,
            f"`{key.text}` is a layer kind with a size and cannot name a variable",
            key.span,
            hints=(f"`{split[0]}: {{kernel: {split[1]}}}` sets a default",),
        )
    elif VARIABLE.match(key.text):
        variables[key.text] = UNREAD  # in case of an error
        variables[key.text] = read_variable(key, value, vocabulary, findings)
    else:
        switch = _switch(value)
        if switch is None:
            hints = foreign_defaults(key.text, value, vocabulary)
            raise problem(
                pattern_codes.BINDING,
                f"`{key.text}` is neither an UPPERCASE variable nor a layer kind nor a switch with true or false",
                key.span,
                hints=hints,
            )
        switches[key.text] = switch


def _switch(node: Node) -> bool | None:
    return node.text == "true" if isinstance(node, Scalar) and node.text in {"true", "false"} else None


def kind_defaults(
    node: Node, key: Scalar, kind: str, vocabulary: Vocabulary, findings: Findings, defaults: dict[str, dict[str, Setting]]
) -> None:
    """Read `CONV: {filters: 64}`."""
    if not isinstance(node, Mapped):
        what = f"`{node.text}`" if isinstance(node, Scalar) and node.text else "nothing" if isinstance(node, Scalar) else node.what
        options = ", ".join(vocabulary.options(kind)[:4])
        raise problem(
            codes.WRONG_TYPE,
            f"`{key.text}` takes a mapping of options (or true or false for an optional `{key.text}?`), not {what}",
            node.span,
            hints=(f"options are {options}",) if options else (),
        )
    defaults.setdefault(kind, {}).update(read_settings(node, kind, vocabulary, findings))


def take(error: SpecError, findings: Findings) -> None:
    """Move the diagnostics of an error to the findings."""
    for diagnostic in error.diagnostics:
        findings.add(diagnostic)
