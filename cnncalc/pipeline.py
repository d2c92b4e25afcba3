"""The straight line: text -> Spec -> Graph -> Network -> Analysis -> text; one call for each arrow."""

from __future__ import annotations

import contextlib
import gc
import os
from typing import TYPE_CHECKING

from cnncalc.graph.build import Overrides, build
from cnncalc.graph.doubtful_sizes import DOUBTS, check_factors, check_sizes
from cnncalc.graph.infer import infer
from cnncalc.graph.vocabulary import Kinds
from cnncalc.request.request import Request, request
from cnncalc.spec.spec import Spec, from_document, from_pattern
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.workspace.find import Found, find

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from typing import Unpack

    from cnncalc.formats.base import Reader
    from cnncalc.graph.graph import Graph, Network
    from cnncalc.reports.report import Report
    from cnncalc.request.options import Given
    from cnncalc.text.diagnostic import Diagnostic
    from cnncalc.text.source import Span


def analyze(spec: str | os.PathLike[str], **options: Unpack[Given]) -> Report:
    """Return the report of a spec: a path, a shipped name, or an inline pattern.

    `input` (`384x384x3`, `(384, 384, 3)`; without the depth it keeps that of the spec), `batch`, `dtype` (float16, bfloat16,
    float32, float64, int8), `rounding` (strict, floor, ceil, ceil_caffe) and `outputs` (names of auxiliary outputs to keep)
    override the spec. Training options: `optimizer`, `autocast` (float16, bfloat16) by the operators of a device (`autocast_on`:
    cpu, cuda), `weight_decay`, names of layers or blocks to `freeze`, the mode of batch norm and dropout (`training` or `eval`),
    and gradient checkpointing (`checkpoint`: auto, root, or a number of segments). Further memory figures: `augmented` copies of
    each image, the `schedule` of inference (spec, best), a `timeline`, and a `device` (a name, or a size such as 12GiB).

    Raises SpecError for an unusable spec, with all diagnostics; ValueError for a bad option.
    """
    made = report(find(os.fspath(spec)), request(**options))
    _tell(made.diagnostics)
    return made


def load(spec: str | os.PathLike[str]) -> Network:
    """Return the graph of a spec with every volume inferred. Raises SpecError for an unusable spec."""
    findings = Findings()
    network = read(find(os.fspath(spec)), Overrides(), findings)[1]
    _tell(findings)
    return network


def _tell(diagnostics: Iterable[Diagnostic]) -> None:
    """Issue a Python warning for each doubt about a size: the figures may be those of another network."""
    for diagnostic in diagnostics:
        if diagnostic.code in DOUBTS:
            import warnings

            warnings.warn(f"{diagnostic.message} [{diagnostic.code.number}]", UserWarning, stacklevel=3)


def report(found: Found, asked: Request, findings: Findings | None = None) -> Report:
    """Return the report of a text. Raises SpecError for an unusable one."""
    return read_and_report(found, asked, findings or Findings())[1]


def read_and_report(found: Found, asked: Request, findings: Findings) -> tuple[Spec, Report]:
    """Return the spec and the report of a text; warnings go to `findings`. Raises SpecError for an unusable text."""
    with _uncollected():
        spec, network = read(found, asked.overrides, findings)
        return spec, _report(spec, network, asked, findings)


def read(found: Found, overrides: Overrides, findings: Findings) -> tuple[Spec, Network]:
    """Return the spec and its network; warnings go to `findings`. Raises SpecError with all errors."""
    spec, graph = built(found, overrides, findings)
    network = infer(graph, findings)
    findings.check()
    if network is None:  # a missing or misfitting layer has left an error
        raise SpecError(findings.sorted())
    check_factors(network, findings)
    return spec, network


def built(found: Found, overrides: Overrides, findings: Findings) -> tuple[Spec, Graph]:
    """Return the spec and its graph, before any volume is inferred; errors and warnings go to `findings`."""
    return _foreign(found, found.reader, overrides, findings) if found.reader else _spec(found, overrides, findings)


def _spec(found: Found, overrides: Overrides, findings: Findings) -> tuple[Spec, Graph]:
    """Return the spec of a text, and its graph."""
    vocabulary = Kinds()
    spec = from_pattern(found.source, vocabulary) if found.inline else _document_spec(found, vocabulary, findings)
    graph = build(spec, overrides, vocabulary, findings)
    check_sizes(graph, _places(spec, graph, overrides), findings)
    return spec, graph


def _places(spec: Spec, graph: Graph, overrides: Overrides) -> dict[str, Span | None]:
    """Return the places of the sizes of inputs that the steps do not give; None for sizes of the command line."""
    names = [node.name for node in graph.nodes if not node.inputs]
    given = overrides.sizes.keys()
    said = {name: spec.inputs[name].span if name in spec.inputs else spec.input_span for name in names}
    return {name: None if given & {"", name} else span for name, span in said.items()}


def _foreign(found: Found, reader: Reader, overrides: Overrides, findings: Findings) -> tuple[Spec, Graph]:
    """Return the graph of a file in a foreign format."""
    from cnncalc.graph.adapt import adapted  # most texts are specs
    from cnncalc.spec.spec import from_format

    graph = adapted(reader.read(found.data, found.source.name, findings), overrides, findings)
    if overrides.input is not None:  # a format has an order of axes of its own
        check_sizes(graph, {node.name: None for node in graph.nodes if not node.inputs}, findings)
    return from_format(found.source), graph


def _document_spec(found: Found, vocabulary: Kinds, findings: Findings) -> Spec:
    """Return the spec of a YAML text."""
    from cnncalc.spec.composer import read as read_document  # an inline pattern needs no YAML

    document = read_document(found.source, findings)
    if document.get("base") is not None:
        from cnncalc.workspace.base_specs import with_base  # few specs build on others

        document = with_base(document, found, findings)
    spec = from_document(document, found.source, vocabulary, findings)
    if spec.ignored:
        from cnncalc.rules.lint import check_ignored  # few specs silence anything

        check_ignored([(code.text, code.span) for code in spec.ignored], findings)
        findings.silence(code.text for code in spec.ignored)
    if not spec.steps:
        findings.check()  # nothing to build
    return spec


def _report(spec: Spec, network: Network, asked: Request, findings: Findings) -> Report:
    """Return the report, its counts computed."""
    from cnncalc.analyses.stride_fit import stride_fit
    from cnncalc.reports.report import Report

    replaced = asked.rounding not in {None, spec.rounding}
    for diagnostic in (*stride_fit(network, replaced=replaced), *_uncounted(network), *_not_overwritten(network, asked)):
        findings.add(diagnostic)
    made = Report(
        network,
        asked,
        name=spec.title,
        description=spec.description,
        source=spec.citation,
        diagnostics=findings.sorted(),
        expectations=spec.expectations,
        carried=spec.carried if any(spec.carried) else None,
    )
    made.counts  # noqa: B018  while the garbage collector is paused
    if asked.freeze:
        made.trainable  # noqa: B018  NothingToFreezeError for an unknown name
    return made


def _uncounted(network: Network) -> Iterator[Diagnostic]:
    """Yield a warning if some layers are operators that are not modelled."""
    if any(typed.layer.unknown() for typed in set(network.typed)):
        from cnncalc.analyses.not_counted import warnings  # few networks have any

        yield from warnings(network)


def _not_overwritten(network: Network, asked: Request) -> Iterator[Diagnostic]:
    """Yield a warning for each `overwrite=true` without effect."""
    if any("overwrite" in node.origin.options for node in network.nodes):
        from cnncalc.analyses.overwriting import overwriting  # few networks say it

        yield from overwriting(network, asked.training)


@contextlib.contextmanager
def _uncollected() -> Generator[None]:
    """Pause the garbage collector: it walks all nodes repeatedly while they are made, and none of them is garbage."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
