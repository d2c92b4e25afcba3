"""`cnncalc analyze`: the layer table of a spec."""

from __future__ import annotations

import sys

import click

from cnncalc.cli.arguments import located, overriding, settings

FORMATS = ("table", "notes", "json", "csv", "markdown")


@click.command("analyze")
@click.argument("spec")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print it.")
@click.option("--style", type=click.Choice(("notes",)), help="`--style notes` prints the table as the course notes do.")
@click.option("--all", "everything", is_flag=True, help="On a terminal: every layer on its own line, nothing folded.")
@overriding
def command(
    spec: str,
    format_: str,
    style: str | None,
    everything: bool,  # noqa: FBT001  click passes flags so
    input_: str | None,
    batch: int,
    dtype: str,
    rounding: str | None,
    outputs: tuple[str, ...],
) -> int:
    """Print output sizes, values, weights, MACs, memory and receptive fields of every layer of SPEC."""
    from cnncalc.cli.output import coloured, remind, say  # noqa: PLC0415
    from cnncalc.pipeline import report  # noqa: PLC0415

    result = report(located(spec), settings(input_, batch, dtype, rounding, outputs))
    kind = style or format_
    if kind == "table" and (sys.stdout.isatty() or coloured(sys.stdout)):
        from cnncalc.reports.table import show  # noqa: PLC0415  rich, on a terminal only

        show(result, everything=everything, colour=coloured(sys.stdout))
    else:
        say(rendered(kind, result))
    if kind != "json":
        remind(result.diagnostics, spec)
    return 0


def rendered(kind: str, result: object) -> str:
    """Return the report in one of the formats; only its renderer is imported."""
    import importlib  # noqa: PLC0415

    module = importlib.import_module(f"cnncalc.reports.{'plain' if kind == 'table' else kind}")
    text: str = module.render(result)
    return text
