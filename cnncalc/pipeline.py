"""The straight line: text -> Spec -> Graph -> InferredGraph -> results -> Report -> text."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from cnncalc.find import Found, find, find_base
from cnncalc.graph.build import Overrides, build, split_names
from cnncalc.graph.infer import infer
from cnncalc.graph.vocabulary import Kinds
from cnncalc.spec import codes
from cnncalc.spec.spec import Spec, from_document, from_pattern, merged
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.graph import InferredGraph
    from cnncalc.maths.volume import Volume
    from cnncalc.reports.report import Report
    from cnncalc.spec.document import Mapped

_NAME = re.compile(r"[\w][\w.+-]*\Z")
_DEEPEST_BASE = 10


def analyze(
    spec: str | os.PathLike[str],
    *,
    input: str | None = None,
    batch: int = 1,
    dtype: str = "float32",
    rounding: str | None = None,
    outputs: tuple[str, ...] | list[str] = (),
) -> Report:
    """Return the report of a spec: a path, a shipped name, or an inline pattern.

    `input` (`384x384x3`), `batch`, `dtype` (float16, bfloat16, float32, float64, int8), `rounding` (strict, floor, ceil,
    ceil_caffe) and `outputs` (names of auxiliary outputs to keep) override the spec.

    Raises SpecError for an unusable spec, with all diagnostics; ValueError for a bad option.
    """
    return report(find(os.fspath(spec)), options(input=input, batch=batch, dtype=dtype, rounding=rounding, outputs=tuple(outputs)))


def load(spec: str | os.PathLike[str]) -> InferredGraph:
    """Return the graph of a spec with every volume worked out. Raises SpecError for an unusable spec."""
    findings = Findings()
    _, inferred = inferred_graph(find(os.fspath(spec)), Overrides(), findings)
    findings.check()
    return inferred


def validate(spec: str | os.PathLike[str]) -> tuple[Diagnostic, ...]:
    """Return everything there is to say of a spec, its expectations included; nothing is raised."""
    try:
        return checked(find(os.fspath(spec)), Options())
    except SpecError as error:
        return error.diagnostics


class Options:
    """What the command line says instead of the spec, checked."""

    __slots__ = ("batch", "dtype", "overrides")

    def __init__(self, batch: int = 1, dtype: str = "float32", overrides: Overrides | None = None) -> None:
        self.batch = batch
        self.dtype = dtype
        self.overrides = overrides or Overrides()


def options(
    *, input: str | None = None, batch: int = 1, dtype: str = "float32", rounding: str | None = None, outputs: tuple[str, ...] = ()
) -> Options:
    """Return checked options; ValueError names the bad one."""
    from cnncalc.analyses.memory import BYTES  # noqa: PLC0415

    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch < 10**18:
        message = f"batch is an integer from 1, not {batch!r}"
        raise ValueError(message)
    for what, value, known in (("dtype", dtype, tuple(BYTES)), ("rounding", rounding, ("strict", "floor", "ceil", "ceil_caffe"))):
        if value is not None and value not in known:
            message = f"{what} is one of {', '.join(known)}, not {value!r}"
            raise ValueError(message)
    return Options(batch, dtype, Overrides(None if input is None else volume(input), rounding, split_names(outputs)))


def volume(text: str) -> Volume:
    """Return the volume of `384x384x3`; ValueError otherwise."""
    from cnncalc.maths.volume import Volume  # noqa: PLC0415

    if re.fullmatch(r"[0-9]{1,18}(x[0-9]{1,18}){1,3}", text):
        *size, depth = map(int, text.split("x"))
        if min(*size, depth) >= 1:
            return Volume(tuple(size), depth)
    message = f"input is a size such as 224x224x3 (width x height x depth), not {text!r}"
    raise ValueError(message)


def report(found: Found, settings: Options, findings: Findings | None = None) -> Report:
    """Return the report of a text; SpecError when it is unusable."""
    findings = findings or Findings()
    spec, inferred = inferred_graph(found, settings.overrides, findings)
    findings.check()
    return _report(spec, inferred, settings, findings)


def checked(found: Found, settings: Options) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of a text, those of its expectations too; SpecError when it is unusable."""
    from cnncalc.analyses.expectations import expectations  # noqa: PLC0415  `analyze` does not check them

    findings = Findings()
    result = report(found, settings, findings)
    for diagnostic in expectations(result):
        findings.add(diagnostic)
    return findings.sorted()


def inferred_graph(found: Found, overrides: Overrides, findings: Findings) -> tuple[Spec, InferredGraph]:
    """Return the spec and its graph; everything that is wrong goes to `findings`."""
    vocabulary = Kinds()
    spec = from_pattern(found.source, vocabulary) if found.inline else _document_spec(found, vocabulary, findings)
    graph = build(spec, overrides, vocabulary, findings)
    return spec, infer(graph, findings)


def _document_spec(found: Found, vocabulary: Kinds, findings: Findings) -> Spec:
    from cnncalc.spec.document import read  # noqa: PLC0415  an inline pattern needs no YAML

    document = _based(read(found.source, findings), found.folder, findings, (os.path.abspath(found.source.name),))  # noqa: PTH100
    spec = from_document(document, found.source, vocabulary, findings)
    if any(diagnostic.code is codes.UNKNOWN_KEY or diagnostic.code is codes.MISSING for diagnostic in findings) or not spec.steps:
        findings.check()  # what is missing now may just be misspelt: no cascade
    return spec


def _based(document: Mapped, folder: str, findings: Findings, seen: tuple[str, ...]) -> Mapped:
    """Return the document with its base, and the base's base, underneath."""
    from cnncalc.spec.document import Scalar, problem, read  # noqa: PLC0415

    node = document.get("base")
    if node is None:
        return document
    if not isinstance(node, Scalar) or not _NAME.match(node.text):
        raise problem(codes.BASE, "`base` is the name of a spec of the same folder, or of a shipped one", node.span)
    try:
        below = find_base(node.text, folder)
    except SpecError as error:
        raise SpecError([each._replace(span=node.span) for each in error.diagnostics]) from None
    path = os.path.abspath(below.source.name)  # noqa: PTH100
    if path in seen or len(seen) > _DEEPEST_BASE:
        raise problem(codes.BASE, f"`{node.text}` builds on this spec itself", node.span)
    return merged(document, _based(read(below.source, findings), below.folder, findings, (*seen, path)))


def _report(spec: Spec, inferred: InferredGraph, settings: Options, findings: Findings) -> Report:
    """Run the analyses."""
    from cnncalc.analyses.counts import counts  # noqa: PLC0415
    from cnncalc.analyses.memory import memory  # noqa: PLC0415
    from cnncalc.analyses.receptive_field import receptive_fields  # noqa: PLC0415
    from cnncalc.analyses.stride_fit import stride_fit  # noqa: PLC0415
    from cnncalc.reports.report import Report  # noqa: PLC0415

    for diagnostic in stride_fit(inferred):
        findings.add(diagnostic)
    counted = counts(inferred)
    first = inferred.known[0]
    assert first is not None  # noqa: S101  an incomplete graph has raised SpecError
    return Report(
        spec.name or _stem(spec),
        spec.description,
        spec.citation,
        settings.batch,
        settings.dtype,
        inferred,
        counted,
        memory(counted.totals, first.output, settings.batch, settings.dtype),
        receptive_fields(inferred),
        findings.sorted(),
        spec.expectations,
    )


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
