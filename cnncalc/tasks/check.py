"""`validate` and `lint`: the errors and warnings of a spec, its expectations included, and advice on its design."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cnncalc.checks.expectations import ARRAYS, expectations
from cnncalc.pipeline import read_and_report
from cnncalc.request.request import Request
from cnncalc.rules.design import Design
from cnncalc.rules.lint import lint as run
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.workspace.find import find

if TYPE_CHECKING:
    from collections.abc import Collection

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.spec.spec import Spec
    from cnncalc.workspace.find import Found


def validate(spec: str | os.PathLike[str]) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of a spec, including those of its expectations and the rules' warnings; never raises SpecError."""
    try:
        return judged(find(os.fspath(spec)), Request())[0]
    except SpecError as error:
        return error.diagnostics


def lint(spec: str | os.PathLike[str], *, ignore: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    """Return the advice on the design of a spec, without the codes to `ignore`. Raises SpecError for an unusable spec.

    The rules of other packages run too; PluginError for a broken one.
    """
    return advice(find(os.fspath(spec)), Request(), ignore)


def checked(found: Found, settings: Request) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of a text, including those of its expectations. Raises SpecError for an unusable text."""
    findings = Findings()
    _checked(found, settings, findings)
    return findings.sorted()


def judged(found: Found, settings: Request, ignore: Collection[str] = ()) -> tuple[tuple[Diagnostic, ...], int]:
    """Return all diagnostics of a text, including the rules' warnings, and the number of the rules' notes.

    Warnings and notes with the codes to `ignore` are left out. The rules are those of cnncalc itself.
    """
    findings = Findings()
    findings.silence(ignore)
    notes = 0
    for diagnostic in _advice(*_checked(found, settings, findings), ignore):
        if diagnostic.severity == "note":
            notes += 1
        else:
            findings.add(diagnostic)
    return findings.sorted(), notes


def advice(found: Found, settings: Request, ignore: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    """Return the warnings about a text, and the advice on its design. Raises SpecError for an unusable text."""
    findings = Findings()
    findings.silence(ignore)
    spec, result = read_and_report(found, settings, findings)
    warnings = [each for each in findings.sorted() if each.severity == "warning"]
    return (*warnings, *_advice(spec, result, ignore, added=True))


def _checked(found: Found, settings: Request, findings: Findings) -> tuple[Spec, Analysis]:
    spec, result = read_and_report(found, settings, findings)
    for diagnostic in expectations(result):
        findings.add(diagnostic)
    if result.carried or any(key.text == ARRAYS for key, _ in result.expectations):
        from cnncalc.tasks.check_arrays import check_arrays  # only specs that carry values are run

        for diagnostic in check_arrays(result):
            findings.add(diagnostic)
    return spec, result


def _advice(spec: Spec, result: Analysis, ignore: Collection[str] = (), *, added: bool = False) -> tuple[Diagnostic, ...]:
    ignored = {*ignore, *(code.text for code in spec.ignored)}
    return run(Design(result.network, result.counts, result.ungated), ignored, added=added)
