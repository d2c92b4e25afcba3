"""Find the rules in this package and run them; a rule gives one diagnostic for each place of the text.

Rules of other packages run on request only: the search takes 40 ms, which `validate` avoids.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from typing import TYPE_CHECKING, cast

import cnncalc.rules
from cnncalc.text.diagnostic import Code, Diagnostic
from cnncalc.text.suggest import did_you_mean, listed, many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from cnncalc.extensions import Extension
    from cnncalc.rules.base import Finding, Rule
    from cnncalc.rules.design import Design
    from cnncalc.text.diagnostic import Findings
    from cnncalc.text.source import Span

UNKNOWN = Code(
    "CNN300",
    "`ignore` with an unknown code",
    "`ignore` silences advice, warnings and notes by their codes; there is no such code.",
    "A mistyped code would silence nothing. Errors stay, whatever `ignore` lists.",
    "ignore: [CNN31]",
    "Take the code that the hint proposes; `cnncalc explain codes` lists all codes, docs/advice.md those of advice.",
    "docs/advice.md",
)
_NAMED = 3  # layers named where the same advice holds for many


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return the rules, by code."""
    modules = [importlib.import_module(f"cnncalc.rules.{found.name}") for found in pkgutil.iter_modules(cnncalc.rules.__path__)]
    found = [cast("Rule", module) for module in modules if hasattr(module, "ADVICE")]
    return tuple(sorted(found, key=lambda rule: rule.ADVICE.number))


@functools.cache
def added_rules() -> tuple[Rule, ...]:
    """Return the rules of other packages, by code. Raises PluginError for a broken one."""
    from cnncalc import extensions  # for `lint`, and for codes that nobody here knows

    found: dict[str, Rule] = {}
    for extension in extensions.found(extensions.RULES):
        rule = _checked(extension.load(), extension)
        if rule.ADVICE.number in found:
            raise extension.problem(f"another rule has its code {rule.ADVICE.number}")
        found[rule.ADVICE.number] = rule
    return tuple(found[number] for number in sorted(found))


def _checked(made: object, extension: Extension) -> Rule:
    """Return what an extension points at; PluginError where it is no rule, or has a code of ours."""
    if missing := [name for name in ("ADVICE", "SEVERITY", "VALID", "INVALID", "advise") if not hasattr(made, name)]:
        raise extension.problem(f"a rule states {listed(missing)}")
    code: object = getattr(made, "ADVICE", None)
    if not isinstance(code, Code):
        raise extension.problem("ADVICE is a cnncalc.text.diagnostic.Code")
    rule = cast("Rule", made)
    if rule.SEVERITY not in {"warning", "note"}:
        raise extension.problem(f"SEVERITY is warning or note, not {rule.SEVERITY!r}")
    if not re.fullmatch(r"[A-Z]+[0-9]+", code.number) or code.number.startswith("CNN"):
        raise extension.problem(f"its code is {code.number!r}; it takes capitals and a number, and CNN is for the codes of cnncalc")
    return rule


def numbers() -> tuple[str, ...]:
    """Return the codes of the rules."""
    return tuple(rule.ADVICE.number for rule in rules())


def unknown(number: str) -> tuple[str, ...]:
    """Return a hint for a code that neither cnncalc nor the rules of other packages have; nothing for a known one."""
    if number in numbers():
        return ()
    from cnncalc.text.catalogue import codes  # most codes under `ignore` are those of rules

    if number in codes():
        return ()
    known = [*codes(), *(rule.ADVICE.number for rule in added_rules())]
    if number in known:
        return ()
    return did_you_mean(number, known) or (f"advice has the codes {numbers()[0]} to {numbers()[-1]}",)


def lint(design: Design, ignored: Collection[str] = (), *, added: bool = False) -> tuple[Diagnostic, ...]:
    """Return the findings of all rules except the ignored ones; by code, then in the order of computation.

    `added` also runs the rules of other packages, after ours.
    """
    found: list[Diagnostic] = []
    for rule in (*rules(), *(added_rules() if added else ())):
        if rule.ADVICE.number not in ignored:
            found += _folded(rule, rule.advise(design))
    return tuple(found)


def check_ignored(given: Iterable[tuple[str, Span]], findings: Findings) -> None:
    """Warn of unknown codes under `ignore`."""
    for number, span in given:
        if hints := unknown(number):
            findings.warning(UNKNOWN, f"`{number}` under `ignore` is not a code", span, label="not known", hints=hints)


def _folded(rule: Rule, findings: Iterable[Finding]) -> list[Diagnostic]:
    """Return a diagnostic for each place of the text, with the names of the other layers that it applies to."""
    by_place: dict[object, list[Finding]] = {}
    for finding in findings:
        span = finding.site.span(finding.field)
        by_place.setdefault(span if span is not None else finding.site.at, []).append(finding)
    return [_diagnostic(rule, same) for same in by_place.values()]


def _diagnostic(rule: Rule, same: Sequence[Finding]) -> Diagnostic:
    first = same[0]
    others = dict.fromkeys(finding.site.name for finding in same[1:])
    others.pop(first.site.name, None)
    notes = (*first.notes, f"it also holds for {_some(list(others))}") if others else first.notes
    span = first.site.span(first.field)
    return Diagnostic(rule.ADVICE, first.severity or rule.SEVERITY, first.message, span, first.label, notes, first.hints)


def _some(names: list[str]) -> str:
    """Return all of a few names, or the first ones and the number of further ones."""
    if len(names) <= _NAMED + 1:
        return listed(names)
    return f"{', '.join(names[:_NAMED])} and {many(len(names) - _NAMED, 'more layer')}"
