"""A transform in the user's own text: changed steps are rewritten in place, comments and layout stay.

The result is a proposal: the caller analyses it and compares it with the transformed graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.explicit import option_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern.frames import Bindings
from cnncalc.pattern.syntax import Binary, Branches, Group, LayerAtom, Negative, value_text
from cnncalc.spec.document import Mapped, Scalar, Sequenced
from cnncalc.spec.edit import Edit, end_of
from cnncalc.spec.write import Entry, entry_text
from cnncalc.text.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cnncalc.graph.graph import Graph
    from cnncalc.graph.graph import Node as Layered
    from cnncalc.layers.base import Layer
    from cnncalc.pattern.frames import Setting, Variable
    from cnncalc.pattern.syntax import Step, Value
    from cnncalc.spec.document import Node
    from cnncalc.spec.spec import Spec
    from cnncalc.text.source import Span
    from cnncalc.transforms.rewrite import Changes, Part


Defaults = dict[str, set[str]]
"""The options of a kind with defaults in the spec, each with the texts of all its defaults."""


class UneditableError(Exception):
    """The change cannot be expressed as edits of this spec; the argument is the reason."""


class Where(NamedTuple):
    """A layer's step, the step after it, and the repeated steps around it."""

    atom: LayerAtom
    step: Step
    following: Step | None
    around: tuple[Step, ...]


def steps_of(spec: Spec) -> list[Where]:
    """Return every layer that the spec writes, in its pattern and its blocks."""
    chains = [spec.steps, *(block.steps for block in spec.blocks.values())]
    return [where for chain in chains for where in _walk(chain, ())]


def _walk(chain: Sequence[Step], around: tuple[Step, ...]) -> Iterator[Where]:
    for at, step in enumerate(chain):
        inner = (*around, step) if step.count is not None else around
        if isinstance(step.atom, LayerAtom):
            yield Where(step.atom, step, chain[at + 1] if at + 1 < len(chain) else None, inner)
        elif isinstance(step.atom, Group):
            yield from _walk(step.atom.steps, inner)
        elif isinstance(step.atom, Branches):
            for branch in step.atom.chains:
                yield from _walk(branch, inner)


def edits(spec: Spec, graph: Graph, changes: Changes, layers: Node | None) -> list[Edit]:
    """Return the edits of the spec's text; UneditableError where the text does not allow them.

    `layers` is the node of an explicit list, if the spec has one.
    """
    found: dict[Span | None, list[int]] = {}
    for at, node in enumerate(graph.nodes):
        found.setdefault(node.origin.span, []).append(at)
    writer = _Writer(spec, graph, changes, found)
    wheres = [where for where in steps_of(spec) if any(at in changes for at in found.get(where.atom.span, ()))]
    if {at for where in wheres for at in found[where.atom.span]} != changes.keys():
        raise UneditableError("some of its steps are elsewhere")
    listed = [where for where in wheres if isinstance(where.atom.span.text, Source)]  # entries of `layers`; patterns are excerpts
    written = [_located(spec, span, text) for span, text in writer.run([where for where in wheres if where not in listed])]
    return written + [writer.entry(where, layers) for where in listed]


def _located(spec: Spec, span: Span, text: str) -> Edit:
    source, start, end = span.resolve()
    if source is not spec.source:
        raise UneditableError("the pattern comes from its base")
    return Edit(start, end, text)


def named(where: Where, name: str, layers: Node | None) -> Edit:
    """Return the edit that names an unnamed step or entry of `layers`."""
    span = where.atom.span
    if not isinstance(span.text, Source):
        _, start, _ = span.resolve()
        return Edit(start, start, f"{name}=")
    item = _item(where, layers)
    if isinstance(item, Scalar):
        return Edit(span.end, span.end, f": {{name: {name}}}")
    ((_, options),) = item if isinstance(item, Mapped) else ((item, item),)
    if not isinstance(options, Mapped):
        raise UneditableError(f"{name} would get another name")
    start = options.source.offset(*options.start)
    if options.source.text[start : start + 1] == "{":
        return Edit(start + 1, start + 1, f"name: {name}, " if options.items else f"name: {name}")
    return Edit(start, start, f"name: {name}\n{' ' * options.start[1]}")


def _item(where: Where, layers: Node | None) -> Node:
    """Return the entry of `layers` that a step was read from."""
    span = where.atom.span
    for item in layers.items if isinstance(layers, Sequenced) else []:
        if item.source is span.text and item.source.offset(*item.start) == span.start:
            return item
    raise UneditableError("an entry of `layers` is elsewhere")


class _Writer:
    def __init__(self, spec: Spec, graph: Graph, changes: Changes, found: Mapping[Span | None, list[int]]) -> None:
        self.graph = graph
        self.changes = changes
        self.found = found
        self.defaults = _defaults(spec)

    def run(self, wheres: Sequence[Where]) -> Iterator[tuple[Span, str]]:
        """Yield the edits: a step in its place, or a whole repeated group written out."""
        unrolled: list[Step] = []
        for where in wheres:
            ats = self.found[where.atom.span]
            texts = {self.text(where, at) for at in ats}
            if len(texts) == 1:
                yield self.edit(where, texts.pop())
            elif len(where.around) != 1 or len(ats) < 2:
                raise UneditableError("one step stands for several different layers")
            elif where.around[0] not in unrolled:
                unrolled.append(where.around[0])
                yield self.unrolled(where.around[0], [other for other in wheres if where.around[0] in other.around])

    def edit(self, where: Where, text: str) -> tuple[Span, str]:
        """Return the edit of one step; a dropped step takes the arrow behind it along."""
        if text:
            return where.atom.span, text
        if where.following is None or where.step.count is not None:
            raise UneditableError("a removed step is the last one")
        return where.step.span._replace(end=where.following.span.start), ""

    def unrolled(self, step: Step, wheres: Sequence[Where]) -> tuple[Span, str]:
        """Return a repeated group written out, once for each iteration."""
        body = step.atom.steps if isinstance(step.atom, Group) else (step,)
        first = step.atom.span if isinstance(step.atom, LayerAtom) else body[0].span
        inside = first._replace(end=first.end if isinstance(step.atom, LayerAtom) else body[-1].span.end)
        times = {len(self.found[where.atom.span]) for where in wheres}
        if len(times) != 1 or step.name:
            raise UneditableError("a repeated group has a name, or repeats inside")
        iterations: list[str] = []
        for at in range(times.pop()):
            pieces = [self.edit(where, self.text(where, self.found[where.atom.span][at])) for where in wheres]
            iterations.append(_spliced(inside, pieces))
        return step.span, " -> ".join(iterations)

    def entry(self, where: Where, layers: Node | None) -> Edit:
        """Return the edit of an entry of `layers`."""
        item, at = _item(where, layers), self.found[where.atom.span][0]
        source, last = item.source, end_of(item)
        line, start = source.offset(item.start[0], 0), source.offset(*item.start)
        parts = [entry_text(self.said(where, part, at, first=not i)) for i, part in enumerate(self.changes[at])]
        if parts:
            return Edit(start, source.offset(*last), f"\n{source.text[line:start]}".join(parts))
        return Edit(line, source.starts[last[0] + 1] if last[0] + 1 < len(source.starts) else len(source.text), "")

    def said(self, where: Where, part: Part, at: int, *, first: bool) -> Entry:
        """Return the entry of a new layer."""
        node, sources = self.graph.nodes[at], where.atom.sources or []
        options = tuple(needed(part.layer, self.defaults.get(part.layer.name(), {})))
        if not first:
            return Entry(part.layer.kind, part.name, options)
        share = self.graph.nodes[node.shared].name if node.shared >= 0 else ""
        return Entry(part.layer.kind, part.name, options, tuple(source.path for source in sources), share)

    def text(self, where: Where, at: int) -> str:
        """Return the step of a layer's place as a pattern writes it: `fc6=CONV7-4096(padding=0) -> RELU`."""
        chain = self.changes.get(at)
        if chain is None:
            raise UneditableError("only some of the layers of a step change")
        node = self.graph.nodes[at]
        parts = [self.layer(where, part, node, first=not i) for i, part in enumerate(chain)]
        text = " -> ".join(parts)
        repeated = where.step.optional or (where.step.count is not None and len(parts) > 1)
        return f"[{text}]" if repeated and len(parts) > 1 else text

    def layer(self, where: Where, part: Part, node: Layered, *, first: bool) -> str:
        """Return one new layer with its name."""
        layer = part.layer
        has_name = first and where.step.name and where.step.count is None
        needs = first and layer.shorthand.filters != ""
        name = "" if has_name or not needs else f"{part.name.rpartition('/')[2]}="
        share = f"share={self.graph.nodes[node.shared].name}" if first and node.shared >= 0 else ""
        filters = _filters(where.atom) if first and layer.kind == "conv" and where.atom.kind == "FC" else ""
        return f"{name}{step_text(layer, self.defaults.get(layer.name(), {}), filters, share)}"


def _spliced(inside: Span, pieces: Sequence[tuple[Span, str]]) -> str:
    """Return the source text of a span with some pieces replaced."""
    source, start, end = inside.resolve()
    text = source.text[start:end]
    located = [(*span.resolve()[1:], new) for span, new in pieces]
    for first, last, new in sorted(located, reverse=True):
        text = text[: first - start] + new + text[last - start :]
    return text


def _filters(atom: LayerAtom) -> str:
    """Return the units of an FC as its step writes them; empty where they come from elsewhere."""
    value = atom.filters
    for argument in atom.options:
        if argument.key in {"", "units", "filters", "K"}:
            value = argument.value
    return "" if value is None else _short(value)


def _short(value: Value) -> str:
    text = value_text(value)
    return f"({text})" if isinstance(value, Binary | Negative) else text


def needed(layer: Layer, defaults: Defaults) -> Iterator[tuple[str, str]]:
    """Yield the options that must be written: those that differ from the defaults of the kind or of the spec."""
    given = layer.given()
    one = set(option_text(getattr(layer, "kernel", 0))) <= set("1x")
    for option in layer.options:
        text = option_text(getattr(layer, option.name))
        text = "0" if option.name == "padding" and one and text == "same" else text
        others = defaults.get(option.name, set()) - {text}
        if option.name != "rounding" and (others or (option.name in given and option.name not in defaults)):
            yield option.name, text


def step_text(layer: Layer, defaults: Defaults, filters: str, share: str) -> str:
    """Return a layer with its short forms; options with defaults in the spec are always written."""
    short = layer.shorthand
    said = dict(needed(layer, defaults))
    size = option_text(getattr(layer, short.size)) if short.size else ""
    number = f"-{filters or option_text(getattr(layer, short.filters))}" if short.filters else ""
    stride = f"/{said[short.stride]}" if short.stride in said else ""
    options = [f"{name}={text}" for name, text in said.items() if name not in {short.size, short.filters, short.stride}]
    inside = ", ".join([*options, share] if share else options)
    return f"{layer.name()}{size}{number}{stride}" + (f"({inside})" if inside else "")


def _defaults(spec: Spec) -> dict[str, Defaults]:
    """Return, for each kind, the options with defaults in the spec or one of its bindings, as written."""
    found: dict[str, Defaults] = {}
    _collect(spec.root.defaults, found)
    for variable in spec.root.variables.values():
        if isinstance(variable, Bindings):
            _bound(variable, found)
    return found


def _bound(bindings: Bindings, found: dict[str, Defaults]) -> None:
    for binding in bindings.entries:
        _collect(binding.defaults, found)
        for variable in binding.variables.values():
            _inner(variable, found)


def _inner(variable: Variable, found: dict[str, Defaults]) -> None:
    if isinstance(variable, Bindings):
        _bound(variable, found)


def _collect(defaults: Mapping[str, Mapping[str, Setting]], found: dict[str, Defaults]) -> None:
    for kind, settings in defaults.items():
        for name, setting in settings.items():
            found.setdefault(kind, {}).setdefault(name, set()).add(value_text(setting.value))
