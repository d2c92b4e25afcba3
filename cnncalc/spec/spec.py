"""The validated spec: the whole content of a file, ready for expansion."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern import codes as pattern_codes
from cnncalc.pattern.frames import UNREAD, Bindings, Frame, Unread, evaluate
from cnncalc.pattern.parser import parse_block, parse_header, parse_pattern
from cnncalc.pattern.usage import bound_names, used_names
from cnncalc.spec import codes
from cnncalc.spec.document import Mapped, Scalar, Sequenced, problem, quoting
from cnncalc.spec.values import VARIABLE, foreign_defaults, mapping, read_entry, read_volume, refuse_values, take, text, typed_text
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnncalc.maths.volume import Volume
    from cnncalc.pattern.frames import Evaluated, Setting, Variable
    from cnncalc.pattern.syntax import Block, Step
    from cnncalc.pattern.vocabulary import Vocabulary
    from cnncalc.spec.document import Node
    from cnncalc.text.source import Excerpt, Source, Span

T = TypeVar("T")
NO_INPUTS: Mapping[str, InputSize] = {}
ROUNDINGS = ("strict", "floor", "ceil", "ceil_caffe")
KEYS = (
    "name",
    "description",
    "source",
    "input",
    "inputs",
    "pattern",
    "layers",
    "blocks",
    "rounding",
    "array",
    "weights",
    "expect",
    "ignore",
    "base",
)


class Expectation(NamedTuple):
    """A figure that the spec must meet, as written."""

    key: Scalar
    node: Node


class InputSize(NamedTuple):
    """The size of a named input, and its place; the size is None if it could not be read, which has been reported."""

    size: Volume | None
    span: Span


class NamedValues(NamedTuple):
    """Values for an input, a layer or an array, as written."""

    name: str
    """Empty for the only input."""
    span: Span
    """The place of the name, or of the values where they have none."""
    text: Excerpt


class Carried(NamedTuple):
    """The values that a spec carries."""

    inputs: tuple[NamedValues, ...] = ()
    weights: tuple[NamedValues, ...] = ()


class Spec(NamedTuple):
    """A spec: `steps`, the frame and the blocks for their expansion, and the size of the input if given."""

    name: str
    description: str
    citation: str
    source: Source
    input: Volume | None
    input_span: Span | None
    steps: tuple[Step, ...]
    root: Frame
    blocks: dict[str, Block]
    rounding: str | None
    expectations: tuple[Expectation, ...]
    ignored: tuple[Scalar, ...] = ()
    """Codes of advice to silence, as written."""
    unread: bool = False
    """Whether a key is unknown, and may be a misspelling of a missing one."""
    unused: Mapping[str, Span] = MappingProxyType({})
    """Unused variables, switches and blocks."""
    inputs: Mapping[str, InputSize] = NO_INPUTS
    """The sizes of named inputs."""
    carried: Carried = Carried()

    @property
    def title(self) -> str:
        """Return the name of the spec, or else the name of its file, or its pattern."""
        name = self.source.name
        if self.name or not name.startswith("<"):
            return self.name or os.path.splitext(os.path.basename(name))[0]  # noqa: PTH119, PTH122  pathlib costs start-up
        return " ".join(self.source.text.split())[:60] if name == "<pattern>" else "stdin"


def from_pattern(source: Source, vocabulary: Vocabulary) -> Spec:
    """Return the spec of an inline pattern."""
    steps = parse_pattern(source, vocabulary)
    return Spec("", "", "", source, None, None, steps, Frame({}, {}, {}), {}, None, ())


def from_format(source: Source) -> Spec:
    """Return the spec of a file in a foreign format: it only records the origin of the network."""
    return Spec("", "", "", source, None, None, (), Frame({}, {}, {}), {}, None, ())


def from_document(document: Mapped, source: Source, vocabulary: Vocabulary, findings: Findings) -> Spec:
    """Return the spec of a YAML mapping. All independent errors go to `findings`; SpecError if nothing is left."""
    return _Reader(document, source, vocabulary, findings).read()


def merged(document: Mapped, base: Mapped) -> Mapped:
    """Return a spec built on a base: its keys replace or extend those of the base; `expect` is not inherited."""
    result = Mapped(document.source, document.start)
    result.end = document.end
    forms = {"pattern", "layers"} & document.items.keys()
    for name, pair in base.items.items():
        if name != "expect" and not (forms and name in {"pattern", "layers"}):
            result.items[name] = pair
    for name, (key, node) in document.items.items():
        before = result.items.get(name)
        below = before[1] if before else None
        result.items[name] = (key, _joined(node, _without(below, node) if name == "blocks" else below))
    result.items.pop("base", None)
    return result


def _without(below: Node | None, blocks: Node) -> Node | None:
    """Return the blocks of a base without those of the same names: a new block may take other parameters."""
    if not isinstance(below, Mapped) or not isinstance(blocks, Mapped):
        return below
    new = {_block_name(head) for head in blocks.items}
    result = Mapped(below.source, below.start)
    result.end = below.end
    result.items = {head: pair for head, pair in below.items.items() if _block_name(head) not in new}
    return result


def _block_name(head: str) -> str:
    """Return `STAGE` of `STAGE(C, N, S)`."""
    return head.partition("(")[0].strip()


def _joined(node: Node, before: Node | None) -> Node:
    """Return two mappings merged into one, or the new value."""
    if not isinstance(node, Mapped) or not isinstance(before, Mapped):
        return node
    result = Mapped(node.source, node.start)
    result.end = node.end
    result.items = {**before.items, **node.items}
    return result


class _Reader:
    def __init__(self, document: Mapped, source: Source, vocabulary: Vocabulary, findings: Findings) -> None:
        self.document = document
        self.source = source
        self.vocabulary = vocabulary
        self.findings = findings
        self.variables: dict[str, Variable] = {}
        self.defaults: dict[str, dict[str, Setting]] = {}
        self.switches: dict[str, bool] = {}
        self.unread = False

    def read(self) -> Spec:
        self.keys()
        volume = self.attempt(read_volume, "input")
        blocks = self.blocks()
        steps = self.steps(blocks)
        root = self.root()
        spec = Spec(
            self.text("name"),
            self.text("description"),
            self.text("source"),
            self.source,
            volume,
            self.span("input"),
            steps,
            root,
            blocks,
            self.attempt(self.rounding, "rounding"),
            self.expectations(),
            self.attempt(self.ignored, "ignore") or (),
            self.unread,
            inputs=self.attempt(self.inputs, "inputs") or {},
            carried=Carried(self.attempt(self.arrays, "array") or (), self.attempt(self.weights, "weights") or ()),
        )
        return spec if self.findings.failed else spec._replace(unused=self.unused(spec))

    def attempt(self, read: Callable[[Node], T], key: str) -> T | None:
        """Return the result of `read` for a key's value, or None; an error goes to the findings."""
        node = self.document.get(key)
        if node is None:
            return None
        try:
            return read(node)
        except SpecError as error:
            take(error, self.findings)
            return None

    def text(self, key: str) -> str:
        return self.attempt(lambda node: text(node, key), key) or ""

    def span(self, key: str) -> Span | None:
        node = self.document.get(key)
        return node.span if node else None

    def keys(self) -> None:
        """Sort the keys into known ones, kinds and variables; refuse the rest."""
        for key, node in self.document:
            if key.text in KEYS:
                continue
            try:
                if VARIABLE.match(key.text) and isinstance(node, Sequenced) and not self.vocabulary.split(key.text):
                    self.refuse_values(key, node)
                if self.vocabulary.split(key.text) or VARIABLE.match(key.text):
                    read_entry(key, node, self.vocabulary, self.findings, self.variables, self.defaults, self.switches)
                else:
                    self.unread = True
                    raise self.unknown(key, node)
            except SpecError as error:
                take(error, self.findings)

    def refuse_values(self, key: Scalar, node: Sequenced) -> None:
        """Refuse a list of numbers, without errors for what it would have set."""
        try:
            refuse_values(key, node, self.document, self.vocabulary)
        except SpecError:
            self.variables[key.text] = UNREAD
            self.unread = True
            raise

    def unknown(self, key: Scalar, node: Node) -> SpecError:
        kinds = self.vocabulary.kinds()
        owners = [kind for kind in ("CONV", "FC") if self.vocabulary.option(kind, key.text)]
        options = (f"options belong to a layer kind: `{owners[0]}: {{{key.text}: …}}`",) if owners else ()
        foreign = foreign_defaults(key.text, node, self.vocabulary) if isinstance(node, Mapped) else ()
        hints = options or foreign or did_you_mean(key.text, (*KEYS, *kinds))
        if not hints and isinstance(node, Mapped):
            own = [
                f"`{name}: {value.text}`"
                for name, (_, value) in node.items.items()
                if VARIABLE.match(name) and isinstance(value, Scalar)
            ]
            hints = (f"a variable is a key of its own at the top: {', '.join(own[:3])}",) if own else ()
        elif not hints and VARIABLE.match(key.text.upper()):
            hints = (f"variables are written in capitals: `{key.text.upper()}`",)
        return problem(codes.UNKNOWN_KEY, f"unknown key `{key.text}`", key.span, label="not known", hints=hints)

    def blocks(self) -> dict[str, Block]:
        """Return the named sub-patterns; headers are read first, as a block may call any other."""
        node = self.document.get("blocks")
        if node is None:
            return {}
        try:
            items = list(mapping(node, "blocks"))
        except SpecError as error:
            take(error, self.findings)
            return {}
        headers: list[tuple[tuple[str, tuple[str, ...], Span], Node]] = []
        found: dict[str, Block] = {}
        for key, body in items:
            try:
                headers.append((parse_header(key.excerpt(), self.vocabulary), body))
            except SpecError as error:
                take(_split_header(key) or error, self.findings)
                name = key.text.partition("(")[0].strip()
                found[name] = header_only((name, (), key.span))
        names = self.declared([header for header, _ in headers]) | found.keys()
        for header, body in headers:
            try:
                found[header[0]] = parse_block(header, self.pattern_text(body, header[0]), self.vocabulary, names)
            except SpecError as error:
                take(error, self.findings)
                found[header[0]] = header_only(header)
        return found

    def declared(self, headers: Sequence[tuple[str, tuple[str, ...], Span]]) -> set[str]:
        names: set[str] = set()
        for name, _, span in headers:
            if name in names:
                self.findings.error(codes.DUPLICATE_KEY, f"the block `{name}` is defined twice", span, label="the second time")
            names.add(name)
        return names

    def pattern_text(self, node: Node, what: str) -> Excerpt:
        """Return the text of a pattern; a list or a mapping is an unquoted pattern."""
        if isinstance(node, Scalar) and node.text.strip():
            return node.excerpt()
        line = node.source.line(node.start[0] + 1)
        if isinstance(node, Sequenced) and line[node.start[1] : node.start[1] + 1] == "-":
            hints = ("a list of layers has the key `layers`",) if what == "pattern" else ("write a pattern: `CONV3-16 -> RELU`",)
            raise problem(codes.WRONG_TYPE, f"`{what}` is a pattern, not a list", node.span, hints=hints)
        if isinstance(node, Scalar):
            raise problem(
                codes.WRONG_TYPE, f"`{what}` is empty", node.span, hints=("write a pattern such as `INPUT -> CONV3-64 -> FC-10`",)
            )
        raise problem(
            codes.WRONG_TYPE,
            f"`{what}` is a pattern, not {node.what}: YAML reads an unquoted bracket as one",
            node.span,
            hints=quoting(line) or ("quote the pattern",),
        )

    def steps(self, blocks: dict[str, Block]) -> tuple[Step, ...]:
        pattern, layers = self.document.get("pattern"), self.document.get("layers")
        if pattern is not None and layers is not None:
            self.findings.error(
                codes.MISSING,
                "a spec has either `pattern` or `layers`, not both",
                self.document.items["layers"][0].span,
                label="the second one",
            )
        try:
            if pattern is not None:
                return parse_pattern(self.pattern_text(pattern, "pattern"), self.vocabulary, blocks)
            if layers is not None:
                from cnncalc.spec.explicit import read_layers  # most specs are patterns

                return read_layers(layers, self.vocabulary, blocks, self.findings)
        except SpecError as error:
            take(error, self.findings)
        if pattern is None and layers is None and not self.findings.failed:
            self.findings.error(
                codes.MISSING,
                "the spec has neither `pattern` nor `layers`",
                self.document.span,
                hints=("write `pattern: INPUT -> CONV3-64 -> RELU -> FC-10`",),
            )
        return ()

    def root(self) -> Frame:
        """Return the frame of the spec's own variables; they may build on each other from top to bottom."""
        variables: dict[str, Evaluated | Bindings | Unread] = {}
        root = Frame(variables, self.defaults, self.switches, partial=self.unread)
        for name, value in self.variables.items():
            try:
                variables[name] = value if isinstance(value, Bindings | Unread) else evaluate(value, root)
            except SpecError as error:
                take(error, self.findings)
                variables[name] = UNREAD
        return root

    def rounding(self, node: Node) -> str:
        word = text(node, "rounding")
        if word in ROUNDINGS:
            return word
        raise problem(
            codes.WRONG_TYPE,
            f"`rounding` is one of {', '.join(ROUNDINGS)}, not `{word}`",
            node.span,
            hints=did_you_mean(word, ROUNDINGS),
        )

    def inputs(self, node: Node) -> dict[str, InputSize]:
        """Return the sizes of named inputs."""
        if self.document.get("input") is not None:
            self.findings.error(
                codes.MISSING,
                "a spec has either `input` or `inputs`, not both",
                self.document.items["inputs"][0].span,
                label="the second one",
            )
        found: dict[str, InputSize] = {}
        for key, value in mapping(node, "inputs"):
            found[key.text] = InputSize(None, key.span)
            try:
                found[key.text] = InputSize(read_volume(value), key.span)
            except SpecError as error:
                take(error, self.findings)
        return found

    def arrays(self, node: Node) -> tuple[NamedValues, ...]:
        """Return the values of the inputs."""
        if isinstance(node, Mapped):
            return self.weights(node, "array")
        return (NamedValues("", node.span, typed_text(node, "array")),)

    def weights(self, node: Node, key: str = "weights") -> tuple[NamedValues, ...]:
        """Return the values of a mapping."""
        return tuple(NamedValues(name.text, name.span, typed_text(value, name.text)) for name, value in mapping(node, key))

    def ignored(self, node: Node) -> tuple[Scalar, ...]:
        """Return the codes of advice to silence: one, or a list."""
        found: list[Scalar] = []
        for item in node.items if isinstance(node, Sequenced) else (node,):
            if not isinstance(item, Scalar) or item.is_null:
                raise problem(
                    codes.WRONG_TYPE,
                    f"`ignore` is a list of codes such as CNN301, not {'nothing' if isinstance(item, Scalar) else item.what}",
                    item.span,
                    hints=("`ignore: [CNN301, CNN314]`",),
                )
            found.append(item)
        return tuple(found)

    def expectations(self) -> tuple[Expectation, ...]:
        node = self.document.get("expect")
        if node is None:
            return ()
        try:
            return tuple(Expectation(key, value) for key, value in mapping(node, "expect"))
        except SpecError as error:
            take(error, self.findings)
            return ()

    def unused(self, spec: Spec) -> dict[str, Span]:
        """Return unused variables, switches and blocks, with a warning for each: often the pattern uses another name."""
        used = used_names(spec.steps, spec.blocks.values(), self.defaults, self.variables)
        given = {
            name: self.document.items[name][0].span for name in (*self.variables, *self.switches) if name in self.document.items
        }
        given |= {name: block.span for name, block in spec.blocks.items()}
        for variable in self.variables.values():
            given |= bound_names(variable)
        foreign = used - given.keys()
        found: dict[str, Span] = {}
        for name, span in given.items():
            if name not in used and span.resolve()[0] is self.source:  # a base may define names for other specs
                what = "block" if name in spec.blocks else "name" if name not in self.variables else "variable"
                hints = did_you_mean(name, foreign)
                self.findings.warning(pattern_codes.UNUSED, f"the {what} `{name}` is not used", span, label="not used", hints=hints)
                found[name] = span
        return found


def _split_header(key: Scalar) -> SpecError | None:
    """Return the error for `{A(N, M): …}`, which YAML splits at the comma; empty for the second half."""
    if "(" in key.text and ")" not in key.text:
        hint = 'quote it, `"A(N, M)": …`, or write each block in a line of its own, without braces'
        return problem(codes.WRONG_TYPE, f"YAML splits the name of the block at its comma: `{key.text}`", key.span, hints=(hint,))
    return SpecError([]) if ")" in key.text and "(" not in key.text else None


def header_only(header: tuple[str, tuple[str, ...], Span]) -> Block:
    """Return a block without steps, in place of one that could not be read."""
    from cnncalc.pattern.syntax import Block as Made  # only needed for errors

    name, parameters, span = header
    return Made(name, parameters, (), span, known=False)
