"""A YAML text to nodes, from its events and without recursion: libyaml's own composer crashes on 200,000 nested brackets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import yaml

from cnncalc.spec import codes
from cnncalc.spec.document import Mapped, Node, Scalar, Sequenced, first_line, problem, quoting
from cnncalc.text.source import Source, Span

if TYPE_CHECKING:
    from cnncalc.text.diagnostic import Findings, SpecError

DEEPEST = 100  # nested collections
MOST_NODES = 1_000_000  # with aliases expanded
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(source: Source, findings: Findings) -> Mapped:
    """Return the mapping in a spec file. Duplicate keys go to `findings`; SpecError for all other errors."""
    root = compose(source, findings)
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


def compose(source: Source, findings: Findings) -> Node:
    """Return the root node of a YAML text. Duplicate keys go to `findings`; SpecError for all other errors."""
    return _Composer(source, findings).compose()


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
            standard = not event.tag.startswith("!")  # of YAML itself, `!!int`: no text begins so
            hints = () if standard else _quoting(self.source, _mark(event.start_mark)[0])
            self.refuse(f"tags are not allowed in a spec: {event.tag}", event, hints)

    def refuse(self, message: str, event: yaml.Event, hints: tuple[str, ...] = ()) -> NoReturn:
        raise problem(codes.FORBIDDEN, message, self.span(event), hints=hints)

    def span(self, event: yaml.Event) -> Span:
        return first_line(self.source, _mark(event.start_mark), _mark(event.end_mark))

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
            hints = _quoting(self.source, _mark(event.start_mark)[0])
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
        """Add a finished node to the open collection."""
        if not self.stack:
            self.root = node
            return
        parent, key = self.stack[-1]
        total = self.weights[id(parent)] = self.weights[id(parent)] + weight
        if total > MOST_NODES:
            raise problem(codes.TOO_MUCH, f"more than {MOST_NODES:,} values with aliases expanded", node.span)
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
                "merge keys `<<` are not allowed in a spec",
                node.span,
                hints=("use `base: name` to build on another spec",),
            )
        self.stack[-1] = (parent, node)

    def twice(self, first: Scalar, key: Scalar) -> None:
        line = first.span.line
        self.findings.error(
            codes.DUPLICATE_KEY,
            f"the key `{key.text}` is given twice",
            key.span,
            label="the second time",
            notes=(f"it is first given in line {line}",),
        )


def _mark(mark: object) -> tuple[int, int]:
    """Return line and column; PyYAML has two kinds of marks, one in C and one in Python."""
    return getattr(mark, "line", 0), getattr(mark, "column", 0)


def yaml_problem(source: Source, error: yaml.YAMLError) -> SpecError:
    """Return an error from YAML as a diagnostic, with a hint if a pattern should have been quoted."""
    mark = getattr(error, "problem_mark", None)
    opener = getattr(error, "context_mark", None)
    what = " ".join(str(getattr(error, "problem", None) or error).split())
    if mark is None:
        return problem(codes.YAML, f"the YAML cannot be read: {what}")
    context = getattr(error, "context", None) or ""
    lines = [min(mark.line, len(source.starts) - 1), *([opener.line] if opener is not None else ())]
    hints = next((hint for at in lines if (hint := _quoting(source, at))), ())
    if opener is not None and ("flow" in context or "quoted" in context):
        at = source.offset(opener.line, opener.column)
        bracket = source.text[at : at + 1]
        message = (
            f"`{bracket}` is never closed"
            if at < len(source.text) and bracket in "[{'\"" and _runs_out(source, mark)
            else f"the YAML cannot be read: {what}"
        )
        return problem(codes.YAML, message, Span(source, at, min(at + 1, len(source.text))), label=context, hints=hints)
    at = source.offset(mark.line, mark.column)
    line = source.line(min(mark.line + 1, len(source.starts)))
    if "\t" in line[: len(line) - len(line.lstrip())]:
        hints = ("indent with spaces",)
        what, context = "a tab cannot indent a line", "a tab"
    return problem(
        codes.YAML, f"the YAML cannot be read: {what}", Span(source, at, min(at + 1, len(source.text))), label=context, hints=hints
    )


def _quoting(source: Source, line: int) -> tuple[str, ...]:
    """Return the hint to quote the free text or the pattern in a line, counted from 0."""
    from cnncalc.spec.unquoted import quoted_text  # only needed for errors

    return quoted_text(source, line) or quoting(source.line(line + 1))


def _runs_out(source: Source, mark: yaml.Mark) -> bool:
    """Return whether the error is at the end or at the next key: the bracket was left open."""
    rest = source.text[source.offset(mark.line, mark.column) :]
    return not rest.strip() or rest.lstrip().startswith(":") or mark.column == 0
