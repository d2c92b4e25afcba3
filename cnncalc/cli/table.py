"""`cnncalc table`: the layers of several networks in columns, aligned by stage."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import SETTINGS, asked, checked_mode, located, requested

if TYPE_CHECKING:
    from typing import Unpack

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.request.options import Given
    from cnncalc.workspace.find import Found

FORMATS = ("text", "markdown", "csv", "html", "latex", "json")
MOST = 100  # columns


@click.command("table", short_help="Networks in columns, aligned by stage, as the VGG paper prints its configurations.")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC…")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True, help="How to print it.")
@SETTINGS
@click.option("--vary", multiple=True, metavar="NAME=VALUES", help="A column for each value: N=1..3, C=16..64:16 or N=1,2,4.")
@requested("input", "rounding", "outputs")
def command(specs: tuple[str, ...], format_: str, settings: tuple[str, ...], vary: tuple[str, ...], **given: Unpack[Given]) -> int:
    """Print the layers of SPECs in columns: rows aligned by output size, weight layers above, parameters below.

    Example: cnncalc table vgg_a vgg_a_lrn vgg_b vgg_c vgg_d vgg_e

    With --vary, a column for each value of a variable: cnncalc table resnet18 --vary N4=1..3
    """
    from cnncalc.cli.output import remind, say, say_json
    from cnncalc.reports import columns

    if list(specs).count("-") > 1:
        raise click.UsageError("only one spec can be - (stdin)")
    chosen = asked(**given)
    made = list(_variants(specs, settings, vary))
    reports: list[Analysis] = []
    from cnncalc.pipeline import report

    for _, found in made:
        with checked_mode():
            reports.append(report(found, chosen))
    side = columns.side_by_side([name for name, _ in made], reports)
    if format_ == "json":
        say_json(columns.as_dict(side))
    elif format_ == "text":
        say(columns.text(side, _width()))
    else:
        say(columns.FORMS[format_](side))
    for (name, _), each in zip(made, reports, strict=True):
        remind(each.diagnostics, name, several=True)
    return 0


def _variants(specs: tuple[str, ...], settings: tuple[str, ...], vary: tuple[str, ...]) -> list[tuple[str, Found]]:
    """Return the name and the text of each column; UsageError for a bad variable."""
    from cnncalc.workspace.variants import choices, combinations, setting, variant

    try:
        fixed = dict(map(setting, settings))
        varied = combinations(list(map(choices, vary)))
        made: list[tuple[str, Found]] = []
        for spec in specs:
            found = located(spec)
            for values in varied:
                said = " ".join(f"{name}={value}" for name, value in values.items())
                name = said if said and len(specs) == 1 else f"{spec} {said}".rstrip()
                made.append((name, variant(found, {**fixed, **values})))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if len(made) > MOST:
        message = f"{len(made):,} columns are more than {MOST}"
        raise click.UsageError(message)
    return made


def _width() -> int | None:
    """Return the width of a terminal; None off a terminal, where nothing is cut."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
