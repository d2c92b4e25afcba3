"""The straight line: text -> Spec -> Graph -> InferredGraph -> results -> Report -> text."""

from __future__ import annotations

import contextlib
import gc
import os
import re
from typing import TYPE_CHECKING

from cnncalc.graph.build import Overrides, build
from cnncalc.graph.infer import infer
from cnncalc.graph.vocabulary import Kinds
from cnncalc.request.request import Request, request
from cnncalc.spec import codes
from cnncalc.spec.spec import Spec, from_document, from_pattern, merged
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.workspace.find import Found, find, find_base

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Unpack

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.fit import Change, Fit
    from cnncalc.graph.graph import Network
    from cnncalc.reports.report import Report
    from cnncalc.request.options import Given
    from cnncalc.spec.document import Mapped

_NAME = r"[\w][\w.+-]*"
_DEEPEST_BASE = 10


def analyze(spec: str | os.PathLike[str], **options: Unpack[Given]) -> Report:
    """Return the report of a spec: a path, a shipped name, or an inline pattern.

    `input` (`384x384x3`), `batch`, `dtype` (float16, bfloat16, float32, float64, int8), `rounding` (strict, floor, ceil,
    ceil_caffe) and `outputs` (names of auxiliary outputs to keep) override the spec. The others say how it is trained:
    `optimizer`, `autocast` (float16, bfloat16), `weight_decay`, names of layers or blocks to `freeze`, and whether batch
    norm and dropout are in `training` or in `eval` mode, and gradient checkpointing (`checkpoint`: auto, root, or a number of
    segments). `augmented` copies of each image, the `schedule` of inference (spec, best), a `timeline`, and a `device` (a name,
    or a size such as 12GiB) ask for further figures of memory.

    Raises SpecError for an unusable spec, with all diagnostics; ValueError for a bad option.
    """
    return report(find(os.fspath(spec)), request(**options))


def load(spec: str | os.PathLike[str]) -> Network:
    """Return the graph of a spec with every volume worked out. Raises SpecError for an unusable spec."""
    return read(find(os.fspath(spec)), Overrides(), Findings())[1]


def validate(spec: str | os.PathLike[str]) -> tuple[Diagnostic, ...]:
    """Return everything there is to say of a spec, its expectations and the rules' warnings included; nothing is raised."""
    try:
        return judged(find(os.fspath(spec)), Request())[0]
    except SpecError as error:
        return error.diagnostics


def lint(spec: str | os.PathLike[str], *, ignore: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    """Return the advice on the design of a spec, without the codes to `ignore`. Raises SpecError for an unusable spec."""
    return advice(find(os.fspath(spec)), Request(), ignore)


def report(found: Found, settings: Request, findings: Findings | None = None) -> Report:
    """Return the report of a text; SpecError when it is unusable."""
    return _spec_and_report(found, settings, findings or Findings())[1]


def _spec_and_report(found: Found, settings: Request, findings: Findings) -> tuple[Spec, Report]:
    with _uncollected():
        spec, network = read(found, settings.overrides, findings)
        return spec, _report(spec, network, settings, findings)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the garbage collector: it walks all nodes again and again while they are made, and none of them is garbage."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def checked(found: Found, settings: Request) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of a text, those of its expectations too; SpecError when it is unusable."""
    findings = Findings()
    _checked(found, settings, findings)
    return findings.sorted()


def judged(found: Found, settings: Request) -> tuple[tuple[Diagnostic, ...], int]:
    """Return all diagnostics of a text, the rules' warnings too, and how many notes of advice there are besides."""
    findings = Findings()
    notes = 0
    for diagnostic in _advice(*_checked(found, settings, findings), ()):
        if diagnostic.severity == "note":
            notes += 1
        else:
            findings.add(diagnostic)
    return findings.sorted(), notes


def advice(found: Found, settings: Request, ignore: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    """Return the advice on a design, and what is wrong with the spec's `ignore`; SpecError when the text is unusable."""
    from cnncalc.rules.lint import UNKNOWN  # noqa: PLC0415

    findings = Findings()
    spec, result = _spec_and_report(found, settings, findings)
    unknown = tuple(diagnostic for diagnostic in findings if diagnostic.code is UNKNOWN)
    return unknown + _advice(spec, result, ignore)


def _checked(found: Found, settings: Request, findings: Findings) -> tuple[Spec, Report]:
    from cnncalc.checks.expectations import expectations  # noqa: PLC0415  `analyze` does not check them

    spec, result = _spec_and_report(found, settings, findings)
    for diagnostic in expectations(result):
        findings.add(diagnostic)
    return spec, result


def _advice(spec: Spec, result: Analysis, ignore: Collection[str]) -> tuple[Diagnostic, ...]:
    from cnncalc.rules.design import Design  # noqa: PLC0415
    from cnncalc.rules.lint import lint as run  # noqa: PLC0415

    ignored = {*ignore, *(code.text for code in spec.ignored)}
    return run(Design(result.network, result.counts, result.fields), ignored)


def read(found: Found, overrides: Overrides, findings: Findings) -> tuple[Spec, Network]:
    """Return the spec and its network; warnings go to `findings`. Raises SpecError with everything that is wrong."""
    vocabulary = Kinds()
    spec = from_pattern(found.source, vocabulary) if found.inline else _document_spec(found, overrides, vocabulary, findings)
    graph = build(spec, overrides, vocabulary, findings)
    network = infer(graph, findings)
    findings.check()
    if network is None:  # a layer that is missing or does not fit has left an error
        raise SpecError(findings.sorted())
    return spec, network


def _document_spec(found: Found, overrides: Overrides, vocabulary: Kinds, findings: Findings) -> Spec:
    from cnncalc.spec.document import read as read_document  # noqa: PLC0415  an inline pattern needs no YAML

    document = _based(read_document(found.source, findings), found.folder, findings, (os.path.abspath(found.source.name),))  # noqa: PTH100
    spec = from_document(document, found.source, vocabulary, findings)
    if spec.ignored:
        from cnncalc.rules.lint import check_ignored  # noqa: PLC0415  few specs silence advice

        check_ignored([(code.text, code.span) for code in spec.ignored], findings)
    misspelt = any(diagnostic.code is codes.UNKNOWN_KEY for diagnostic in findings)
    if misspelt and spec.steps and spec.input is not None:
        _independent(spec, overrides, vocabulary, findings)
    if misspelt or not spec.steps:
        findings.check()  # what is missing now may just be misspelt: no cascade
    return spec


def _independent(spec: Spec, overrides: Overrides, vocabulary: Kinds, findings: Findings) -> None:
    """Find what else is wrong with a spec that has misspelt keys, other than values that those keys may have meant."""
    from cnncalc.pattern.codes import BAD_OPTION, UNKNOWN_VARIABLE  # noqa: PLC0415  on the way to an error

    others = Findings()
    infer(build(spec, overrides, vocabulary, others), others)
    for diagnostic in others:
        if diagnostic.code not in {BAD_OPTION, UNKNOWN_VARIABLE}:
            findings.add(diagnostic)


def _based(document: Mapped, folder: str, findings: Findings, seen: tuple[str, ...]) -> Mapped:
    """Return the document with its base, and the base's base, underneath."""
    from cnncalc.spec.document import Scalar, problem  # noqa: PLC0415
    from cnncalc.spec.document import read as read_document  # noqa: PLC0415

    node = document.get("base")
    if node is None:
        return document
    if not isinstance(node, Scalar) or not re.fullmatch(_NAME, node.text):
        raise problem(codes.BASE, "`base` is the name of a spec of the same folder, or of a shipped one", node.span)
    try:
        below = find_base(node.text, folder)
    except SpecError as error:
        raise SpecError([each._replace(span=node.span) for each in error.diagnostics]) from None
    path = os.path.abspath(below.source.name)  # noqa: PTH100
    if path in seen or len(seen) > _DEEPEST_BASE:
        raise problem(codes.BASE, f"`{node.text}` builds on this spec itself", node.span)
    return merged(document, _based(read_document(below.source, findings), below.folder, findings, (*seen, path)))


def _report(spec: Spec, network: Network, asked: Request, findings: Findings) -> Report:
    """Return the report, its counts worked out."""
    from cnncalc.analyses.stride_fit import stride_fit  # noqa: PLC0415
    from cnncalc.reports.report import Report  # noqa: PLC0415

    for diagnostic in stride_fit(network):
        findings.add(diagnostic)
    made = Report(
        network,
        asked,
        name=spec.name or _stem(spec),
        description=spec.description,
        source=spec.citation,
        diagnostics=findings.sorted(),
        expectations=spec.expectations,
    )
    made.counts  # noqa: B018  while the garbage collector is paused
    if asked.freeze:
        made.trainable  # noqa: B018  NothingToFreezeError for a name that nothing has
    return made


def fitted(found: Found, settings: Request, wanted: int | None = None) -> tuple[Report, Fit]:
    """Return the report of a text, and the largest batches that fit the device of the settings."""
    from cnncalc.analyses.fit import Question, fit  # noqa: PLC0415

    result = report(found, settings)
    device = result.request.device
    if device is None:
        message = "no device to fit"
        raise ValueError(message)
    changes = tuple(_changes(result.network))
    return result, fit(Question(result.network, result.counts, result.setup, device, wanted, changes))


def _changes(network: Network) -> Iterator[Change]:
    """Yield the network with the first layers that the notes propose."""
    from cnncalc.analyses.counts import counts  # noqa: PLC0415
    from cnncalc.analyses.fit import Change  # noqa: PLC0415
    from cnncalc.transforms.first_layer import COMPROMISES, coarser  # noqa: PLC0415

    for kernel, stride in COMPROMISES:
        changed = coarser(network, kernel, stride)
        if changed:
            yield Change(f"first layer {kernel}x{kernel} stride {stride}", changed, counts(changed))


def _stem(spec: Spec) -> str:
    """Return a name for a spec that has none: that of its file, or its pattern."""
    name = spec.source.name
    if name.startswith("<"):
        return " ".join(spec.source.text.split())[:60] if name == "<pattern>" else "stdin"
    return os.path.splitext(os.path.basename(name))[0]  # noqa: PTH119, PTH122


def spec_files(path: str) -> Iterator[str]:
    """Iterate over the specs of a folder, or over the path itself."""
    if not os.path.isdir(path):  # noqa: PTH112
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(folder, name) for name in sorted(files) if name.endswith((".yaml", ".yml")))  # noqa: PTH118
