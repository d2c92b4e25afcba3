"""YAML to nodes that know where they stand.

The nodes are built from the event stream, without recursion: libyaml's own composer crashes on 200,000 nested brackets.
Scalars keep their text: YAML's traps (`1:30` is 90, `no` is false, `0x3` is 3) never spring.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import yaml

from cnncalc.spec import codes
from cnncalc.text.diagnostic import Code, Diagnostic, Findings, SpecError
from cnncalc.text.source import Excerpt, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST = 16 * 2**20  # bytes
DEEPEST = 100  # nested collections
MOST_NODES = 1_000_000  # with aliases followed
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar:
    """A text; `plain` when it was written without quotes on one line."""

    __slots__ = ("end", "source", "start", "style", "text")
    what = "a text"

    def __init__(self, source: Source, text: str, style: str, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.source = source
        self.text = text
        self.style = style
        self.start = start
        self.end = end

    @property
    def span(self) -> Span:
        """Return where it stands."""
        return Span(self.source, self.source.offset(*self.start), self.source.offset(*self.end))

    @property
    def is_null(self) -> bool:
        """Tell whether nothing was written."""
        return not self.style and self.text in {"", "~", "null"}

    def excerpt(self) -> Excerpt:
        """Return the text with a map of its characters to the file."""
        return Excerpt(self.text, self.source, self._locate)

    def _locate(self) -> Sequence[int]:
        span = self.span
        return locate(self.text, self.source.text, span.start, span.end, self.style)


class Sequenced:
    """A list of nodes."""

    __slots__ = ("end", "items", "source", "start")
    what = "a list"

    def __init__(self, source: Source, start: tuple[int, int]) -> None:
        self.source = source
        self.start = start
        self.end = start
        self.items: list[Node] = []

    @property
    def span(self) -> Span:
        """Return where it starts: a long list is not underlined to its end."""
        return _first_line(self.source, self.start, self.end)


class Mapped:
    """A mapping of texts to nodes, in order; duplicate keys have been reported and dropped."""

    __slots__ = ("end", "items", "source", "start")
    what = "a mapping"

    def __init__(self, source: Source, start: tuple[int, int]) -> None:
        self.source = source
        self.start = start
        self.end = start
        self.items: dict[str, tuple[Scalar, Node]] = {}

    @property
    def span(self) -> Span:
        """Return where it starts."""
        return _first_line(self.source, self.start, self.end)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        """Iterate over keys and values."""
        return iter(self.items.values())

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None."""
        found = self.items.get(key)
        return found[1] if found else None


Node = Scalar | Sequenced | Mapped


def _first_line(source: Source, start: tuple[int, int], end: tuple[int, int]) -> Span:
    first = source.offset(*start)
    last = source.offset(*end) if end[0] == start[0] else first + len(source.line(start[0] + 1)) - start[1]
    return Span(source, first, max(first, last))


def decode(name: str, data: bytes) -> Source:
    """Return the text of a file; SpecError when it is none."""
    if len(data) > LARGEST:
        raise problem(codes.TOO_MUCH, f"{name} is larger than {LARGEST // 2**20} MiB")
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise problem(
            codes.ENCODING,
            f"{name} is not text: byte {data[error.start]:#04x} in line {line} is not {encoding[:6].upper().rstrip('-')}",
        ) from None
    source = Source(name, text)
    if found := _CONTROL.search(text):
        message = f"the control character {ord(found.group()):#04x} has no place in a spec"
        raise problem(codes.ENCODING, message, Span(source, found.start(), found.end()))
    return source


def problem(code: Code, message: str, span: Span | None = None, *, label: str = "", hints: tuple[str, ...] = ()) -> SpecError:
    """Return an error with one diagnostic."""
    return SpecError([Diagnostic(code, "error", message, span, label, (), hints)])


def read(source: Source, findings: Findings) -> Mapped:
    """Return the mapping that a spec file is. Duplicate keys go to `findings`; SpecError for everything else."""
    root = _Composer(source, findings).compose()
    if not isinstance(root, Mapped):
        hint = (
            ('an inline pattern goes to `cnncalc analyze "INPUT[…] -> …"`',)
            if isinstance(root, Scalar) and "->" in root.text
            else ()
        )
        raise problem(
            codes.WRONG_TYPE,
            f"a spec is a mapping of keys to values, not {root.what}",
            root.span,
            hints=(*hint, "write `input: 224x224x3` and `pattern: …`"),
        )
    return root


class _Composer:
    """Builds nodes from events, with a stack of its own."""

    def __init__(self, source: Source, findings: Findings) -> None:
        self.source = source
        self.findings = findings
        self.stack: list[tuple[Sequenced | Mapped, Scalar | None]] = []
        self.anchors: dict[str, Node] = {}
        self.weights: dict[int, int] = {}
        self.open: set[int] = set()
        self.root: Node | None = None
        self.anchored: list[str | None] = []

    def compose(self) -> Node:
        try:
            for event in yaml.parse(self.source.text, Loader=_Loader):
                self.take(event)
        except yaml.YAMLError as error:
            raise yaml_problem(self.source, error) from None
        if self.root is None:
            raise problem(codes.MISSING, f"{self.source.name} is empty", hints=("write `input: 224x224x3` and `pattern: …`",))
        return self.root

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.check_tag(event)
            node = Scalar(self.source, event.value, event.style or "", _mark(event.start_mark), _mark(event.end_mark))
            self.name(event.anchor, node)
            self.put(node, 1)
        elif isinstance(event, yaml.MappingStartEvent):
            self.start(event, Mapped)
        elif isinstance(event, yaml.SequenceStartEvent):
            self.start(event, Sequenced)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.finish(event)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self.refuse("a spec is one YAML document; a second one starts here", event)

    def check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None and event.tag != "!":
            self.refuse(f"tags have no place in a spec: {event.tag}", event)

    def refuse(self, message: str, event: yaml.Event) -> NoReturn:
        raise problem(codes.FORBIDDEN, message, self.span(event))

    def span(self, event: yaml.Event) -> Span:
        return _first_line(self.source, _mark(event.start_mark), _mark(event.end_mark))

    def line(self, event: yaml.Event) -> str:
        return self.source.line(_mark(event.start_mark)[0] + 1)

    def name(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self.anchors[anchor] = node

    def start(self, event: yaml.CollectionStartEvent, kind: type[Mapped | Sequenced]) -> None:
        self.check_tag(event)
        if len(self.stack) >= DEEPEST:
            raise problem(codes.TOO_MUCH, f"nested more than {DEEPEST} levels deep", self.span(event))
        node = kind(self.source, _mark(event.start_mark))
        if self.stack and isinstance(self.stack[-1][0], Mapped) and self.stack[-1][1] is None:
            raise self.not_a_key(event, node)
        self.name(event.anchor, node)
        self.open.add(id(node))
        self.weights[id(node)] = 1
        self.stack.append((node, None))

    def not_a_key(self, event: yaml.Event, node: Node) -> SpecError:
        return problem(codes.YAML, f"{node.what} cannot be a key", self.span(event), hints=quoting(self.line(event)))

    def finish(self, event: yaml.Event) -> None:
        node, _ = self.stack.pop()
        node.end = _mark(event.end_mark)
        self.open.discard(id(node))
        self.put(node, self.weights[id(node)])

    def alias(self, event: yaml.AliasEvent) -> None:
        node = self.anchors.get(event.anchor or "")
        if node is None:
            hints = quoting(self.line(event))
            raise problem(
                codes.YAML,
                f"no anchor is named `{event.anchor}`",
                self.span(event),
                hints=hints or ("`*` starts an alias in YAML; quote a text that begins with it",),
            )
        if id(node) in self.open:
            self.refuse(f"the alias `{event.anchor}` contains itself", event)
        self.put(node, self.weights.get(id(node), 1))

    def put(self, node: Node, weight: int) -> None:
        """Give a finished node to the collection that is open."""
        if not self.stack:
            self.root = node
            return
        parent, key = self.stack[-1]
        total = self.weights[id(parent)] = self.weights[id(parent)] + weight
        if total > MOST_NODES:
            raise problem(codes.TOO_MUCH, f"more than {MOST_NODES:,} values, aliases followed", node.span)
        if isinstance(parent, Sequenced):
            parent.items.append(node)
        elif key is None:
            self.key(parent, node)
        else:
            self.stack[-1] = (parent, None)
            if key.text in parent.items:
                self.twice(parent.items[key.text][0], key)
            else:
                parent.items[key.text] = (key, node)

    def key(self, parent: Mapped, node: Node) -> None:
        if not isinstance(node, Scalar):
            raise problem(codes.YAML, f"{node.what} cannot be a key", node.span)
        if node.text == "<<" and not node.style:
            raise problem(
                codes.FORBIDDEN,
                "merge keys `<<` have no place in a spec",
                node.span,
                hints=("`base: name` builds on another spec",),
            )
        self.stack[-1] = (parent, node)

    def twice(self, first: Scalar, key: Scalar) -> None:
        line = first.span.line
        self.findings.error(
            codes.DUPLICATE_KEY,
            f"the key `{key.text}` stands twice",
            key.span,
            label="the second time",
            notes=(f"it stands in line {line} first",),
        )


def _mark(mark: object) -> tuple[int, int]:
    """Return line and column; PyYAML has two kinds of marks, one in C and one in Python."""
    return getattr(mark, "line", 0), getattr(mark, "column", 0)


def yaml_problem(source: Source, error: yaml.YAMLError) -> SpecError:
    """Return YAML's own complaint as a diagnostic, with a hint where a pattern should have been quoted."""
    mark = getattr(error, "problem_mark", None)
    opener = getattr(error, "context_mark", None)
    what = " ".join(str(getattr(error, "problem", None) or error).split())
    if mark is None:
        return problem(codes.YAML, f"the YAML cannot be read: {what}")
    context = getattr(error, "context", None) or ""
    hints = quoting(source.line(min(mark.line + 1, len(source.starts)))) or (
        quoting(source.line(opener.line + 1)) if opener else ()
    )
    if opener is not None and ("flow" in context or "quoted" in context):
        at = source.offset(opener.line, opener.column)
        bracket = source.text[at : at + 1]
        message = (
            f"`{bracket}` is never closed"
            if at < len(source.text) and bracket in "[{'\"" and _runs_out(source, mark)
            else f"the YAML cannot be read: {what}"
        )
        return problem(codes.YAML, message, Span(source, at, at + 1), label=context, hints=hints)
    at = source.offset(mark.line, mark.column)
    return problem(codes.YAML, f"the YAML cannot be read: {what}", Span(source, at, at + 1), label=context, hints=hints)


def _runs_out(source: Source, mark: yaml.Mark) -> bool:
    """Tell whether the trouble came at the end, or at the next key: the bracket was left open."""
    rest = source.text[source.offset(mark.line, mark.column) :]
    return not rest.strip() or rest.lstrip().startswith(":") or mark.column == 0


def quoting(line: str) -> tuple[str, ...]:
    """Return the hint to quote a pattern that starts with a bracket, with the line as it should be."""
    key, colon, value = line.partition(":")
    while colon and value[:1] not in {"", " "}:
        more, colon, value = value.partition(":")
        key = f"{key}:{more}"
    if not colon and line.lstrip().startswith("- "):
        key, colon, value = "- pattern", ":", line.lstrip()[2:]
    value = value.strip()
    looks = (
        value[:1] in {"[", "{", "*", "&", "|", ">"}
        and any(sign in value for sign in ("->", "→", "*", "|", "-"))
        and any(char.isupper() for char in value)
    )
    if not colon or not looks or value[:2] in {">-", "|-"} or len(value) == 1:
        return ()
    return (f'quote the pattern: `{key.strip()}: "{value}"`',)


def locate(value: str, text: str, start: int, end: int, style: str) -> list[int]:
    """Return for each character of a scalar's value, and for its end, the offset in the file that it was read from.

    White space in the value stands for any white space in the file; `''` for one quote; escapes for one character.
    """
    at = start + (style in {"'", '"'})
    if style in {"|", ">"}:
        at = text.find("\n", start, end) + 1 or end
    offsets: list[int] = []
    for char in value:
        if not char.isspace():
            while at < end and (text[at].isspace() or (style == '"' and text[at : at + 2] in {"\\\n", "\\\r"})):
                at += 1
        offsets.append(min(at, end))
        at += _width(text, at, style) if not char.isspace() or (at < end and text[at].isspace()) else 0
    return [*offsets, min(at, end)]


def _width(text: str, at: int, style: str) -> int:
    """Return how many characters of the file one character of the value takes."""
    if style == "'" and text[at : at + 2] == "''":
        return 2
    if style == '"' and text[at : at + 1] == "\\":
        return {"x": 4, "u": 6, "U": 10}.get(text[at + 1 : at + 2], 2)
    return 1
