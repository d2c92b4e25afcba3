"""`cnncalc compare`: two or more specs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import asked, checked_mode, requested

if TYPE_CHECKING:
    from typing import Unpack

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.reports.compare import Compared
    from cnncalc.request.options import Given
    from cnncalc.request.request import Request


@click.command("compare", short_help="Designs side by side: totals, ratios, the layers that differ.")
@click.argument("specs", nargs=-1, required=True, metavar="BASE SPEC…")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    show_default=True,
    help="How to print it; markdown suits a pull request.",
)
@click.option("--fail-on", multiple=True, metavar="LIMIT", help="Exit with 1 if a spec meets LIMIT: 'macs>+5%', 'params>140M'.")
@requested("network", "training", "augmented", "schedule", "device")
def command(specs: tuple[str, ...], format_: str, fail_on: tuple[str, ...], **given: Unpack[Given]) -> int:
    """Compare SPECs with BASE: totals, ratios, receptive fields, memory, and the layers that differ.

    Each is a file, a shipped name, an inline pattern, - for stdin, or a file of a git revision: main:specs/net.yaml.

    LIMIT is a figure (params, macs, values, memory.forward, …), a relation, and an amount: with a sign the change
    from BASE, else the figure itself; in % of BASE, or with K, M, G, KiB, MiB, GiB.

    Exit status: 0 fine, 1 a limit is broken, 2 a spec cannot be used (the others are shown).
    """
    from cnncalc.cli.output import remind

    if len(specs) < 2:
        raise click.UsageError("two specs are needed: cnncalc compare BASE SPEC")
    if list(specs).count("-") > 1:
        raise click.UsageError("only one spec can be - (stdin)")
    loaded = [(spec, _loaded(spec, asked(**given))) for spec in specs]
    usable = [(spec, report) for spec, report in loaded if report is not None]
    status = 2 if len(usable) < len(loaded) else 0
    if not usable:
        return status
    if fail_on and usable[0][0] != specs[0]:
        from cnncalc.cli.output import note

        note(f"{specs[0]} cannot be used, so no limit is checked")
        fail_on = ()
    compared = _compared(usable, fail_on)
    _show(compared, format_)
    for spec, report in usable:
        remind(report.diagnostics, spec, several=True)
    return status or int(bool(compared.failures()))


def _loaded(spec: str, options: Request) -> Analysis | None:
    """Return the report of a spec; None for an unusable spec, after printing its diagnostics."""
    from cnncalc.cli.output import complain, note
    from cnncalc.pipeline import report
    from cnncalc.text.diagnostic import SpecError
    from cnncalc.workspace.revision import find_anywhere

    try:
        found = find_anywhere(spec)
        if found.shipped:
            note(f"using the shipped spec {found.shipped} ({found.source.name})")
        with checked_mode():
            return report(found, options)
    except SpecError as error:
        complain(error.diagnostics)
        note(f"{spec} is left out of the comparison")
        return None


def _compared(usable: list[tuple[str, Analysis]], fail_on: tuple[str, ...]) -> Compared:
    from cnncalc.analyses.figures import by_any_name, find, values
    from cnncalc.checks.limits import limit, named
    from cnncalc.reports.compare import Compared as Made

    found = tuple(values(report) for _, report in usable)
    figures = dict(by_any_name())
    for name in filter(None, map(named, fail_on)):
        figure = find(name)
        if figure is not None and figure.name not in found[0]:  # from another package, or found by a search
            figures[name] = figure
            for each, (_, report) in zip(found, usable, strict=True):
                if (value := figure.total(report)) is not None:
                    each[figure.name] = value
    limited = {name: figure for name, figure in figures.items() if all(figure.name in each for each in found)}
    for text in fail_on:
        if (name := named(text)) in figures and name not in limited:
            message = f"`{text[:80]}`: {figures[name].needs}"
            raise click.UsageError(message)
    try:
        limits = tuple(limit(text, limited) for text in fail_on)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return Made(tuple(spec for spec, _ in usable), tuple(report for _, report in usable), found, limits)


def _show(compared: Compared, format_: str) -> None:
    from cnncalc.cli.output import say, say_json
    from cnncalc.reports import compare as draw

    if format_ == "json":
        say_json(draw.as_dict(compared))
    else:
        say(draw.markdown(compared) if format_ == "markdown" else draw.text(compared))
