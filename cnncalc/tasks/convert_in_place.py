"""A conversion in the user's own text: steps change in place, comments and layout stay."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cnncalc.checks.expectations import check_expectations
from cnncalc.graph.build import Overrides
from cnncalc.named_tuple import NamedTuple
from cnncalc.pipeline import read, report
from cnncalc.request.request import Request
from cnncalc.spec.composer import read as read_document
from cnncalc.spec.document import Mapped, Scalar
from cnncalc.spec.edit import Edit, edited, end_of, without_entries, without_key
from cnncalc.spec.spec import Expectation
from cnncalc.spec.write import flow
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.source import Source
from cnncalc.transforms.equivalence import differences, misnamed
from cnncalc.transforms.source_edits import UneditableError, edits, named, steps_of
from cnncalc.workspace.find import Found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.graph.graph import Network
    from cnncalc.maths.volume import Volume
    from cnncalc.spec.document import Node
    from cnncalc.spec.spec import Spec
    from cnncalc.transforms.rewrite import Changes
    from cnncalc.workspace.find import Place

ROUNDS = 6  # of removing unused definitions; each round removes at least one


class Stage(NamedTuple):
    """One transform: the network before it, and its changes."""

    before: Network
    changes: Changes


class InPlaceEditor:
    """Edits the text of a spec in place; UneditableError where the text does not allow it.

    `found` is a YAML text, `final` the network that the result must describe, `sizes` the new sizes of inputs by name, `place`
    the destination of the result, to find its `base`.
    """

    def __init__(self, found: Found, stage: Stage, final: Network, sizes: Mapping[str, Volume], place: Place | None) -> None:
        self.found = found
        self.stage = stage
        self.final = final
        self.sizes = sizes
        self.place = place
        self.dropped: list[str] = []

    def write(self) -> tuple[str, tuple[str, ...]]:
        """Return the text, and the expectations that no longer hold."""
        try:
            text = self.with_names(self.changes())
            text = self.cleared(self.expecting(text))
            self.verify(text)
        except SpecError:
            raise UneditableError("the changed text would not be the same network") from None
        return text, tuple(self.dropped)

    def changes(self) -> list[Edit]:
        """Return the edits of the pattern and of the input's size."""
        spec, own = self.reread(self.found.source, self.found.place)
        document = read_document(self.found.source, Findings())
        found = edits(spec, own.graph, self.stage.changes, document.get("layers"))
        inputs = document.get("inputs")
        for name, size in self.sizes.items():
            node = inputs.get(name) if isinstance(inputs, Mapped) else None if name else document.get("input")
            found.append(self.sized(spec, node, name, size.text))
        return found

    def sized(self, spec: Spec, node: Node | None, name: str, size: str) -> Edit:
        """Return the edit of an input's size: under `input` or `inputs`, or in the pattern, `left=INPUT[32x32x3]`."""
        if node is not None:
            return Edit(node.source.offset(*node.start), node.source.offset(*end_of(node)), size)
        for where in steps_of(spec):
            if where.atom.kind == "INPUT" and where.atom.options and name in {"", where.step.name}:
                source, start, end = where.atom.options[0].value.span.resolve()
                if source is self.found.source:
                    return Edit(start, end, size)
        raise UneditableError("the size of the input is set elsewhere")

    def reread(self, source: Source, place: Place | None) -> tuple[Spec, Network]:
        """Return the spec and the graph of a text, every output included."""
        found = Found(source, place=place)
        spec, own = read(found, Overrides(), Findings())
        return with_outputs(found, spec, own, Overrides())

    def with_names(self, changes: list[Edit]) -> str:
        """Return the changed text; layers with weights whose default names would change are named explicitly."""
        source = Source("<converted>", _apply(self.found.source, changes))
        spec, now = self.reread(source, self.place)
        if len(now.graph.nodes) != len(self.final.graph.nodes):
            raise UneditableError("it would have other layers")
        found = [(at, name) for at, name, _ in misnamed(self.final, now)]
        if not found:
            return source.text
        spans = [node.origin.span for node in now.graph.nodes]
        layers = read_document(source, Findings()).get("layers")
        more: list[Edit] = []
        for at, name in found:
            wheres = [where for where in steps_of(spec) if where.atom.span == spans[at]]
            if len(wheres) != 1 or wheres[0].step.name or spans.count(spans[at]) > 1:
                raise UneditableError(f"{name} would get another name")
            more.append(named(wheres[0], name.rpartition("/")[2], layers))
        return _apply(source, more)

    def expecting(self, text: str) -> str:
        """Return the text without the expectations that no longer hold."""
        source = Source("<converted>", text)
        document = read_document(source, Findings())
        node = document.get("expect")
        if not isinstance(node, Mapped):
            return text
        result = report(Found(source, place=self.place), Request())
        gone = [(key, value) for key, value in node if key.text != "shapes" and not holds(Expectation(key, value), result)]
        names = [key.text for key, _ in gone]
        self.dropped += [f"{key.text}: {flow(value)}" for key, value in gone]
        removals: list[Edit] = []
        if isinstance(shapes := node.get("shapes"), Mapped):
            key = node.items["shapes"][0]
            lost = [name.text for name, value in shapes if not shape_holds(key, name, name.text, value, result)]
            self.dropped += [f"shape of {name}" for name in lost]
            if len(lost) == len(shapes.items):
                names.append("shapes")
            else:
                removals = without_entries(shapes, lost)
        if len(names) == len(node.items):
            return _apply(source, [without_key(*document.items["expect"])])
        return _apply(source, removals + without_entries(node, names))

    def cleared(self, text: str) -> str:
        """Return the text without the variables and defaults that are no longer used."""
        before = read(self.found, Overrides(), Findings())[0].unused
        kinds = {node.origin.kind for node in self.stage.before.graph.nodes}
        for _ in range(ROUNDS):
            source = Source("<converted>", text)
            document = read_document(source, Findings())
            spec, _ = read(Found(source, place=self.place), Overrides(), Findings())
            unused = {span.resolve()[1] for name, span in spec.unused.items() if name not in before}
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
        """Compare the text with the graph that it must describe; UneditableError where they differ."""
        for difference in differences_of(Found(Source("<converted>", text), place=self.place), self.final, all_names=False):
            raise UneditableError(difference)


def _apply(source: Source, changes: list[Edit]) -> str:
    """Return the text with its changes; UneditableError where they overlap."""
    ordered = sorted(changes)
    if any(one.end > other.start for one, other in itertools.pairwise(ordered)):
        raise UneditableError("the changes overlap")
    return edited(source, changes)


def with_outputs(found: Found, spec: Spec, own: Network, overrides: Overrides) -> tuple[Spec, Network]:
    """Return the graph including the outputs that are left out by default, unless they do not fit at this size."""
    if not own.graph.left_out:
        return spec, own
    try:
        return read(found, overrides._replace(outputs=own.graph.left_out), Findings())
    except SpecError:
        return spec, own


def differences_of(found: Found, wanted: Network, *, all_names: bool) -> Iterator[str]:
    """Yield the differences between the network of a text and another one, in words."""
    outputs = tuple(output.name for output in wanted.outputs if output.name)
    _, network = read(found, Overrides(outputs=outputs), Findings())
    return differences(wanted, network, all_names=all_names)


def shape_holds(key: Scalar, old: Scalar, name: str, value: object, result: Analysis) -> bool:
    """Return whether one of the expected shapes holds, under the current name of the layer."""
    single = Mapped(key.source, old.start)
    single.items = {name: (Scalar(old.source, name, "", old.start, old.end), value)}  # type: ignore[dict-item]
    return holds(Expectation(key, single), result)


def holds(expectation: Expectation, result: Analysis) -> bool:
    """Return whether an expectation holds for a report."""
    return not check_expectations(result, (expectation,)).failed
