"""`cnncalc validate`: diagnostics and expectations of files and folders, for CI."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.text.diagnostic import Diagnostic


class Verdict(NamedTuple):
    """One spec and its diagnostics; `notes` counts the advice that only `cnncalc lint` shows."""

    spec: str
    diagnostics: tuple[Diagnostic, ...]
    notes: int = 0

    def count(self, severity: str) -> int:
        """Return the number of diagnostics of a severity."""
        return sum(diagnostic.severity == severity for diagnostic in self.diagnostics)

    def shown(self, *, verbose: bool) -> tuple[Diagnostic, ...]:
        """Return the errors and warnings, and with `verbose` the notes."""
        return tuple(each for each in self.diagnostics if verbose or each.severity != "note")


@click.command("validate", short_help="Diagnostics and expectations of files and folders, for CI.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Leave out warnings and notes by code, CNN311; several with commas.")
@click.option("-v", "--verbose", is_flag=True, help="Also show notes, such as strides rounded as the spec says.")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
)
def command(
    paths: tuple[str, ...],
    strict: bool,  # noqa: FBT001  click passes flags so
    ignore: tuple[str, ...],
    verbose: bool,  # noqa: FBT001
    format_: str,
) -> int:
    """Check specs: files, folders of them, shipped names, inline patterns, or - for stdin.

    A spec leaves out warnings and notes with `ignore: [CNN311]`.

    Exit status: 0 all valid, 1 a spec failed, 2 nothing to check.
    """
    ignored = codes_of(ignore)
    verdicts = [_verdict(spec, ignored) for path in paths for spec in specs(path)]
    if not verdicts:
        raise click.UsageError(f"no .yaml file in {', '.join(paths)}")
    if format_ == "json":
        _as_json(verdicts, strict=strict)
    else:
        _as_text(verdicts, strict=strict, verbose=verbose)
        _refer(verdicts, paths, verbose=verbose)
    return int(any(_failed(verdict, strict=strict) for verdict in verdicts))


def specs(path: str) -> Iterator[str]:
    """Iterate over the specs of a folder, or over the path itself."""
    from cnncalc.workspace.find import spec_files

    return spec_files(path)


def codes_of(given: tuple[str, ...]) -> frozenset[str]:
    """Return the codes of `--ignore CNN301 --ignore CNN302,CNN303`; UsageError for an unknown one."""
    from cnncalc.rules.lint import unknown

    wanted = [code.strip().upper() for word in given for code in word.split(",") if code.strip()]
    for code in wanted:
        if hint := unknown(code):
            message = f"--ignore {code[:80]} is not a code; {hint[0]}"
            raise click.UsageError(message)
    return frozenset(wanted)


def _verdict(spec: str, ignored: frozenset[str]) -> Verdict:
    from cnncalc.request.request import Request
    from cnncalc.tasks.check import judged
    from cnncalc.text.diagnostic import SpecError
    from cnncalc.workspace.find import find

    try:
        return Verdict(spec, *judged(find(spec), Request(), ignored))
    except SpecError as error:
        return Verdict(spec, error.diagnostics)


def _failed(verdict: Verdict, *, strict: bool) -> bool:
    return bool(verdict.count("error") or (strict and verdict.count("warning")))


def _as_text(verdicts: list[Verdict], *, strict: bool, verbose: bool) -> None:
    from cnncalc.cli.output import drawn, say

    for verdict in verdicts:
        if shown := verdict.shown(verbose=verbose):
            say(drawn(shown, sys.stdout) + "\n")
    say(summary(verdicts, strict=strict))


def _refer(verdicts: list[Verdict], paths: tuple[str, ...], *, verbose: bool) -> None:
    """Mention notes and advice on stderr: choices and matters of taste do not fail, and would hide the errors."""
    import shlex

    from cnncalc.cli.output import note

    words = " ".join(shlex.quote(path) for path in paths[:3]) + (" …" if len(paths) > 3 else "")
    if not verbose and (rounded := sum(verdict.count("note") for verdict in verdicts)):
        note(f"{_many(rounded, 'stride')} rounded as the spec says: cnncalc validate --verbose {words}")
    if notes := sum(verdict.notes for verdict in verdicts):
        note(f"{_many(notes, 'note')} of advice on the design: cnncalc lint {words}")


def summary(verdicts: list[Verdict], *, strict: bool) -> str:
    """Return `3 specs: 2 valid, 1 failed (4 errors, 2 warnings)`."""
    failed = sum(_failed(verdict, strict=strict) for verdict in verdicts)
    errors = sum(verdict.count("error") for verdict in verdicts)
    warnings = sum(verdict.count("warning") for verdict in verdicts)
    found = ", ".join(_many(count, what) for count, what in ((errors, "error"), (warnings, "warning")) if count)
    parts = ", ".join(f"{count} {what}" for count, what in ((len(verdicts) - failed, "valid"), (failed, "failed")) if count)
    return f"{_many(len(verdicts), 'spec')}: {parts}" + (f" ({found})" if found else "")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _as_json(verdicts: list[Verdict], *, strict: bool) -> None:
    from cnncalc.cli.output import say_json
    from cnncalc.reports.json import SCHEMA_VERSION, diagnostic_dict

    specs = [
        {
            "spec": verdict.spec,
            "valid": not _failed(verdict, strict=strict),
            "diagnostics": [diagnostic_dict(each) for each in verdict.diagnostics],
        }
        for verdict in verdicts
    ]
    totals = {severity + "s": sum(verdict.count(severity) for verdict in verdicts) for severity in ("error", "warning")}
    notes = sum(verdict.notes for verdict in verdicts)
    words = {"specs": len(verdicts), **totals, "notes": notes, "text": summary(verdicts, strict=strict)}
    say_json({"schema_version": SCHEMA_VERSION, "specs": specs, "summary": words})
