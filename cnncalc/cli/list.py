"""`cnncalc list`: the shipped specs with their headline figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis

HEADS = ("name", "input", "output", "weight layers", "params", "MACs", "source")


@click.command("list", short_help="The shipped specs with their headline figures.")
@click.option(
    "--format", "format_", type=click.Choice(("table", "json")), default="table", show_default=True, help="How to print it."
)
@click.argument("words", nargs=-1, metavar="[WORD]…")
def command(words: tuple[str, ...], format_: str) -> int:
    """List the shipped specs; with WORDs, only specs with one of them in their name or source."""
    from cnncalc.cli.output import say, say_json
    from cnncalc.pipeline import analyze
    from cnncalc.workspace.find import shipped_names

    found = [(name, analyze(name)) for name in shipped_names()]
    chosen = [(name, report) for name, report in found if _matches(name, report, words)]
    if format_ == "json":
        say_json([_as_dict(name, report) for name, report in chosen])
    elif chosen:
        say("\n".join(_table(chosen)))
    else:
        raise click.UsageError(f"no shipped spec matches {' or '.join(words)}")
    return 0


def _matches(name: str, report: Analysis, words: tuple[str, ...]) -> bool:
    text = f"{name} {report.name} {report.source}".casefold()
    return not words or any(word.casefold() in text for word in words)


def _table(chosen: Sequence[tuple[str, Analysis]]) -> list[str]:
    from cnncalc.reports.plain import listed
    from cnncalc.reports.summary import sizes
    from cnncalc.reports.units import si

    rows = [
        (
            name,
            sizes(report),
            report.result.text,
            f"{_depth(report):,}",
            si(report.totals.params),
            si(report.totals.macs),
            report.source,
        )
        for name, report in chosen
    ]
    return listed([HEADS, *rows], right=(3, 4, 5))


def _depth(report: Analysis) -> int:
    from cnncalc.analyses.weight_layers import analyse

    return report.of(analyse).deepest


def _as_dict(name: str, report: Analysis) -> dict[str, object]:
    from cnncalc.reports.json import inputs_dict

    return {
        "name": name,
        "title": report.name,
        "source": report.source,
        **inputs_dict(report),
        "output": list(report.result.sides),
        "weight_layers": _depth(report),
        "params": report.totals.params,
        "macs": report.totals.macs,
    }
