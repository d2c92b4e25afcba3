"""`cnncalc lint`: advice on the design of specs, by the rules of thumb of the course notes and slides."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cnncalc.cli.validate import codes_of, specs
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cnncalc.text.diagnostic import Diagnostic


class Advised(NamedTuple):
    """One spec and the advice on it, or its errors where it is unusable."""

    spec: str
    diagnostics: tuple[Diagnostic, ...]
    usable: bool = True


@click.command("lint", short_help="Advice on a design: the notes' rules of thumb.")
@click.argument("paths", nargs=-1, required=True, metavar="SPEC…")
@click.option("--ignore", multiple=True, metavar="CODE", help="Leave out advice by its code, CNN301; several with commas.")
@click.option("--strict", is_flag=True, help="Advice fails: exit status 1.")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
)
def command(paths: tuple[str, ...], ignore: tuple[str, ...], strict: bool, format_: str) -> int:  # noqa: FBT001  click passes flags so
    """Give advice on the design of specs: files, folders of them, shipped names, inline patterns, or - for stdin.

    A spec silences advice with `ignore: [CNN301, CNN314]`; `cnncalc explain CNN301` gives the meaning and the reason.
    Rules of other packages run here only.

    Exit status: 0 also with advice, 1 with advice under --strict, 2 if a spec is unusable.
    """
    ignored = codes_of(ignore)
    advised = [_advised(spec, ignored) for path in paths for spec in specs(path)]
    if not advised:
        raise click.UsageError(f"no .yaml file in {', '.join(paths)}")
    if format_ == "json":
        _as_json(advised)
    else:
        _as_text(advised)
    if not all(each.usable for each in advised):
        return 2
    return int(strict and any(each.diagnostics for each in advised))


def _advised(spec: str, ignored: frozenset[str]) -> Advised:
    from cnncalc.request.request import Request
    from cnncalc.tasks.check import advice
    from cnncalc.text.diagnostic import SpecError
    from cnncalc.workspace.find import find

    try:
        return Advised(spec, advice(find(spec), Request(), ignored))
    except SpecError as error:
        return Advised(spec, error.diagnostics, usable=False)


def _as_text(advised: list[Advised]) -> None:
    from cnncalc.cli.output import complain, drawn, say

    for each in advised:
        if not each.usable:
            complain(each.diagnostics)
        elif each.diagnostics:
            say(drawn(each.diagnostics, sys.stdout) + "\n")
    say(summary(advised))


def summary(advised: list[Advised]) -> str:
    """Return `3 specs: advice on 2, 1 unusable (1 warning, 4 notes)`."""
    from cnncalc.text.suggest import many

    usable = [each for each in advised if each.usable]
    spoken = sum(bool(each.diagnostics) for each in usable)
    severities = [diagnostic.severity for each in usable for diagnostic in each.diagnostics]
    parts = [f"advice on {spoken}"] if spoken else ["no advice"] if usable else []
    parts += [f"{len(advised) - len(usable)} unusable"] if len(usable) < len(advised) else []
    found = ", ".join(many(severities.count(word), word) for word in ("warning", "note") if word in severities)
    return f"{many(len(advised), 'spec')}: {', '.join(parts)}" + (f" ({found})" if found else "")


def _as_json(advised: list[Advised]) -> None:
    from cnncalc.cli.output import say_json
    from cnncalc.reports.json import SCHEMA_VERSION, diagnostic_dict

    listed = [
        {"spec": each.spec, "usable": each.usable, "diagnostics": [diagnostic_dict(found) for found in each.diagnostics]}
        for each in advised
    ]
    usable = [found for each in advised if each.usable for found in each.diagnostics]
    totals = {f"{word}s": sum(found.severity == word for found in usable) for word in ("warning", "note")}
    text = summary(advised)
    say_json({"schema_version": SCHEMA_VERSION, "specs": listed, "summary": {"specs": len(advised), **totals, "text": text}})
