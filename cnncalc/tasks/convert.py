"""`convert`: text -> Spec -> Graph -> another Graph -> text, which is read again and held against the graph.

What comes out is the user's own text with some steps changed wherever that says it all, and the `layers` form otherwise.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cnncalc.checks.expectations import check_expectations
from cnncalc.graph.build import Overrides
from cnncalc.graph.explicit import entries
from cnncalc.graph.infer import complete
from cnncalc.graph.resize import resized
from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern.codes import NO_INPUT, UNUSED
from cnncalc.pipeline import read, report
from cnncalc.request.request import Request
from cnncalc.spec.document import Mapped, Scalar
from cnncalc.spec.document import read as read_document
from cnncalc.spec.edit import Edit, edited, end_of, without_entries, without_key
from cnncalc.spec.spec import Expectation
from cnncalc.spec.write import Entry, Kept, flow, layers_text, quoted
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.text.source import Source
from cnncalc.transforms import codes
from cnncalc.transforms.conv_to_fc import conv_to_fc
from cnncalc.transforms.equivalence import differences, misnamed
from cnncalc.transforms.fc_to_conv import fc_to_conv
from cnncalc.transforms.pool_to_conv import pool_to_conv
from cnncalc.transforms.rewrite import rewritten
from cnncalc.transforms.source_edits import CannotEditError, edits, named, steps_of
from cnncalc.workspace.find import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.graph.graph import Network
    from cnncalc.maths.volume import Volume
    from cnncalc.spec.document import Node
    from cnncalc.spec.spec import Spec
    from cnncalc.transforms.rewrite import Changes

ROUNDS = 6  # of clearing away what a change leaves unused; each takes something away


class Wishes(NamedTuple):
    """What to do with a network."""

    fc_to_conv: bool = False
    pool_to_conv: bool = False
    conv_to_fc: str = ""
    """The name of a layer."""
    to_layers: bool = False
    input: Volume | None = None
    """The size that the written spec gets. A conversion is made at the spec's own."""
    folder: str = ""
    """Where the result will stand, for its `base`."""

    @property
    def changing(self) -> bool:
        """Tell whether the network itself is to change."""
        return self.fc_to_conv or self.pool_to_conv or bool(self.conv_to_fc)


class Stage(NamedTuple):
    """One transform: the network before it, and what it changes."""

    before: Network
    changes: Changes


class Converted(NamedTuple):
    """A converted network, as text and as a graph."""

    text: str
    own: Network
    """The network as it was, with the outputs that are left out otherwise."""
    stages: tuple[Stage, ...]
    final: Network
    dropped: tuple[str, ...]
    """Expectations that no longer hold, and are not in the text."""
    reason: str = ""
    """Why it is not the user's own text; empty where it is, or where nobody asked for it."""

    @property
    def needed(self) -> set[str]:
        """Return the names of the layers that the outputs without a name need."""
        graph = self.own.graph
        waiting = [output.at for output in graph.outputs if not output.name] or [len(graph.nodes) - 1]
        found: set[int] = set()
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += graph.nodes[at].inputs
        return {graph.nodes[at].name for at in found}


def convert(found: Found, wishes: Wishes) -> Converted:
    """Return the converted network. Raises SpecError for an unusable spec, and where the conversion is impossible."""
    spec, own = _loaded(found, wishes)
    stages, final = _staged(spec, own, wishes)
    if wishes.input is not None:
        final = _resized(own, final, wishes.input, sliding=wishes.fc_to_conv)
    folder, reason = wishes.folder or found.folder, ""
    if wishes.changing and not wishes.to_layers:
        try:
            text, dropped = InPlaceEditor(_as_document(found), stages, final, wishes, folder).write()
        except CannotEditError as error:
            reason = str(error)
        else:
            return Converted(text, own, stages, final, dropped)
    text, dropped = _as_layers(spec, own, final, folder)
    return Converted(text, own, stages, final, dropped, reason)


def _loaded(found: Found, wishes: Wishes) -> tuple[Spec, Network]:
    """Return the spec and its graph with every output, at its own size where the network is to change."""
    overrides = Overrides(None if wishes.changing else wishes.input)
    try:
        spec, own = read(found, overrides, Findings())
    except SpecError as error:
        if wishes.input is None or all(each.code is not NO_INPUT for each in error.diagnostics):
            raise
        overrides = Overrides(wishes.input)
        spec, own = read(found, overrides, Findings())
    return _with_outputs(found, spec, own, overrides)


def _with_outputs(found: Found, spec: Spec, own: Network, overrides: Overrides) -> tuple[Spec, Network]:
    """Return the graph with the outputs that are left out otherwise, unless they do not fit at this size."""
    if not own.graph.left_out:
        return spec, own
    try:
        return read(found, overrides._replace(outputs=own.graph.left_out), Findings())
    except SpecError:
        return spec, own


def _staged(spec: Spec, own: Network, wishes: Wishes) -> tuple[tuple[Stage, ...], Network]:
    """Apply the transforms one after the other."""
    transforms: list[Callable[[Network], Changes]] = []
    if wishes.pool_to_conv:
        transforms.append(lambda graph: pool_to_conv(graph, spec.rounding))
    if wishes.fc_to_conv:
        transforms.append(lambda graph: fc_to_conv(graph, spec.rounding))
    if wishes.conv_to_fc:
        transforms.append(lambda graph: conv_to_fc(graph, wishes.conv_to_fc))
    stages: list[Stage] = []
    current = own
    for transform in transforms:
        changes = transform(current)
        stages.append(Stage(current, changes))
        current = complete(rewritten(current.graph, changes))
    return tuple(stages), current


def _resized(own: Network, final: Network, size: Volume, *, sliding: bool) -> Network:
    """Return the network at another input size. SpecError where it does not fit, or cannot slide."""
    image = own.image
    if sliding and (size.rank != image.rank or any(map(int.__lt__, size.size, image.size))):
        hints = (f"use an image of at least {image.text}",)
        message = f"the converted network cannot slide over {size.text}: it was made for {image.text}"
        raise SpecError([Diagnostic(codes.SLIDING, "error", message, hints=hints)])
    return complete(resized(final.graph, size))


def _as_document(found: Found) -> Found:
    """Return an inline pattern as the YAML that says the same."""
    if not found.inline:
        return found
    return Found(Source(found.source.name, f"pattern: {quoted(found.source.text)}\n"), folder=".")


# the `layers` form


def _as_layers(spec: Spec, own: Network, final: Network, folder: str) -> tuple[str, tuple[str, ...]]:
    """Return the text in the `layers` form, and the expectations that it cannot keep."""
    head = [
        ("name", spec.name),
        ("description", spec.description),
        ("source", spec.citation),
        ("input", final.image.text),
        ("rounding", spec.rounding or ""),
    ]
    layers = list(entries(final.graph, spec.rounding)) or [Entry("input")]
    bare = Found(Source("<converted>", layers_text(head, layers, ())), folder=folder)
    check(bare, final)
    kept, dropped = _kept(spec, own, report(bare, Request()))
    return layers_text(head, layers, kept, [code.text for code in spec.ignored]), dropped


def check(found: Found, wanted: Network) -> None:
    """Hold a written text against the graph that it shall say; a difference is a bug of ours."""
    for difference in _differences(found, wanted, all_names=True):
        message = f"the layers form is not the same network: {difference}"
        raise AssertionError(message)


def _differences(found: Found, wanted: Network, *, all_names: bool) -> Iterator[str]:
    outputs = tuple(output.name for output in wanted.outputs if output.name)
    _, network = read(found, Overrides(outputs=outputs), Findings())
    return differences(wanted, network, all_names=all_names)


def _kept(spec: Spec, own: Network, result: Analysis) -> tuple[list[Kept], tuple[str, ...]]:
    """Return the expectations that still hold, and the words of those that do not."""
    names = {path: own.graph.nodes[at].name for path, at in own.graph.named.items()}
    names |= {node.name: node.name for node in own.graph.nodes}
    kept: list[Kept] = []
    dropped: list[str] = []
    for key, node in spec.expectations:
        if key.text == "shapes" and isinstance(node, Mapped):
            pairs = [(names.get(name.text, name.text), name, value) for name, value in node]
            held = [(name, flow(value)) for name, old, value in pairs if _shape_holds(key, old, name, value, result)]
            dropped += [f"shape of {name.text}" for name, _ in node if names.get(name.text, name.text) not in dict(held)]
            kept += [Kept(key.text, tuple(held))] if held else []
        elif holds(Expectation(key, node), result):
            kept.append(Kept(key.text, node))
        else:
            dropped.append(f"{key.text}: {flow(node)}")
    return kept, tuple(dropped)


def _shape_holds(key: Scalar, old: Scalar, name: str, value: object, result: Analysis) -> bool:
    """Tell whether one of the expected shapes holds, under the name that the layer has now."""
    single = Mapped(key.source, old.start)
    single.items = {name: (Scalar(old.source, name, "", old.start, old.end), value)}  # type: ignore[dict-item]
    return holds(Expectation(key, single), result)


def holds(expectation: Expectation, result: Analysis) -> bool:
    """Tell whether an expectation holds for a report."""
    return not check_expectations(result, (expectation,)).failed


# the user's own text


class InPlaceEditor:
    """Changes the text of a spec where it stands; CannotEditError where its words do not allow it."""

    def __init__(self, found: Found, stages: tuple[Stage, ...], final: Network, wishes: Wishes, folder: str) -> None:
        self.found = found
        self.stages = stages
        self.final = final
        self.wishes = wishes
        self.folder = folder
        self.dropped: list[str] = []

    def write(self) -> tuple[str, tuple[str, ...]]:
        """Return the text, and the expectations that it no longer holds."""
        if len(self.stages) != 1 or self.wishes.conv_to_fc:
            raise CannotEditError("the changes overlap" if len(self.stages) > 1 else "a single layer becomes two")
        try:
            text = self.with_names(self.changes())
            text = self.cleared(self.expecting(text))
            self.verify(text)
        except SpecError:
            raise CannotEditError("the changed text would not be the same network") from None
        return text, tuple(self.dropped)

    def changes(self) -> list[Edit]:
        """Return the edits of the pattern and of the input's size."""
        spec, own = self.reread(self.found.source, self.found.folder)
        document = read_document(self.found.source, Findings())
        found = edits(spec, own.graph, self.stages[0].changes, document.get("layers"))
        if self.wishes.input is not None:
            found.append(self.sized(spec, document.get("input"), self.wishes.input.text))
        return found

    def sized(self, spec: Spec, node: Node | None, size: str) -> Edit:
        """Return the edit of the input's size: under `input`, or in the pattern, `INPUT[32x32x3]`."""
        if node is not None:
            return Edit(node.source.offset(*node.start), node.source.offset(*end_of(node)), size)
        for where in steps_of(spec):
            if where.atom.kind == "INPUT" and where.atom.options:
                source, start, end = where.atom.options[0].value.span.resolve()
                if source is self.found.source:
                    return Edit(start, end, size)
        raise CannotEditError("the size of the input stands elsewhere")

    def reread(self, source: Source, folder: str) -> tuple[Spec, Network]:
        """Return the spec and the graph of a text, every output included."""
        found = Found(source, folder=folder)
        spec, own = read(found, Overrides(), Findings())
        return _with_outputs(found, spec, own, Overrides())

    def with_names(self, changes: list[Edit]) -> str:
        """Return the changed text; layers with weights that would get other names by themselves are named."""
        source = Source("<converted>", _apply(self.found.source, changes))
        spec, now = self.reread(source, self.folder)
        if len(now.graph.nodes) != len(self.final.graph.nodes):
            raise CannotEditError("it would have other layers")
        found = [(at, name) for at, name, _ in misnamed(self.final, now)]
        if not found:
            return source.text
        spans = [node.origin.span for node in now.graph.nodes]
        layers = read_document(source, Findings()).get("layers")
        more = []
        for at, name in found:
            wheres = [where for where in steps_of(spec) if where.atom.span == spans[at]]
            if len(wheres) != 1 or wheres[0].step.name or spans.count(spans[at]) > 1:
                raise CannotEditError(f"{name} would get another name")
            more.append(named(wheres[0], name.rpartition("/")[2], layers))
        return _apply(source, more)

    def expecting(self, text: str) -> str:
        """Return the text without the expectations that no longer hold."""
        source = Source("<converted>", text)
        document = read_document(source, Findings())
        node = document.get("expect")
        if not isinstance(node, Mapped):
            return text
        result = report(Found(source, folder=self.folder), Request())
        gone = [(key, value) for key, value in node if key.text != "shapes" and not holds(Expectation(key, value), result)]
        names = [key.text for key, _ in gone]
        self.dropped += [f"{key.text}: {flow(value)}" for key, value in gone]
        removals: list[Edit] = []
        if isinstance(shapes := node.get("shapes"), Mapped):
            key = node.items["shapes"][0]
            lost = [name.text for name, value in shapes if not _shape_holds(key, name, name.text, value, result)]
            self.dropped += [f"shape of {name}" for name in lost]
            if len(lost) == len(shapes.items):
                names.append("shapes")
            else:
                removals = without_entries(shapes, lost)
        if len(names) == len(node.items):
            return _apply(source, [without_key(*document.items["expect"])])
        return _apply(source, removals + without_entries(node, names))

    def cleared(self, text: str) -> str:
        """Return the text without the variables and defaults that nothing uses any more."""
        findings = Findings()
        read(self.found, Overrides(), findings)
        before = {each.message for each in findings if each.code is UNUSED}
        kinds = {node.origin.kind for node in self.stages[0].before.graph.nodes}
        for _ in range(ROUNDS):
            source = Source("<converted>", text)
            document, findings = read_document(source, Findings()), Findings()
            spec, _ = read(Found(source, folder=self.folder), Overrides(), findings)
            new = [each.span for each in findings if each.code is UNUSED and each.message not in before]
            unused = {span.resolve()[1] for span in new if span is not None}
            written = {where.atom.kind for where in steps_of(spec)}
            removals = [
                without_key(key, value)
                for key, value in document
                if key.span.start in unused or (key.text in kinds and key.text not in written)
            ]
            if not removals:
                break
            text = _apply(source, removals)
        return text

    def verify(self, text: str) -> None:
        """Hold the text against the graph that it shall say."""
        for difference in _differences(Found(Source("<converted>", text), folder=self.folder), self.final, all_names=False):
            raise CannotEditError(difference)


def _apply(source: Source, changes: list[Edit]) -> str:
    """Return the text with its changes; CannotEditError where they overlap."""
    ordered = sorted(changes)
    if any(one.end > other.start for one, other in itertools.pairwise(ordered)):
        raise CannotEditError("the changes overlap")
    return edited(source, changes)
