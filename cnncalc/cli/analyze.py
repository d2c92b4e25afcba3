"""`cnncalc analyze`: the layer table of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cnncalc.cli._analysis import show
from cnncalc.cli.arguments import SETTINGS, Named, asked, checked_mode, located, requested, with_settings
from cnncalc.reports import renderers

if TYPE_CHECKING:
    from typing import Unpack

    from cnncalc.request.options import Given
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found

_NO_CHART = ("csv", "notes")
FORMAT = Named(renderers.is_ours, renderers.names, renderers.added)


def _check_view(format_: str, style: str | None, *, everything: bool, depth: int | None, timeline: bool) -> None:
    """Refuse options of the view that would be lost without a word."""
    if style and format_ not in {renderers.DEFAULT, style}:
        raise click.UsageError(f"--style {style} and --format {format_} are two ways to print: give one of them")
    if timeline and (style or format_) in _NO_CHART:
        raise click.UsageError(f"--timeline is for table, json and markdown: {style or format_} shows no chart")
    if (lost := "--all" if everything else "--depth" if depth is not None else "") and (style or format_ != renderers.DEFAULT):
        raise click.UsageError(f"{lost} is for the table: {style or format_} shows every layer")


@click.command("analyze", short_help="The layer table: sizes, weights, MACs, memory, receptive fields.")
@click.argument("spec", required=False, metavar="SPEC")
@click.option("--format", "format_", type=FORMAT, default=renderers.DEFAULT, show_default=True, help="How to print it.")
@click.option("--style", type=click.Choice(("notes",)), help="`--style notes` prints the table as the course notes do.")
@click.option("--all", "everything", is_flag=True, help="Every layer on its own line, nothing folded; so is a pipe.")
@click.option("--depth", type=click.IntRange(0), help="Open blocks this deep; 0 on a terminal, all in a pipe, if not given.")
@click.option(
    "--sizes",
    is_flag=False,
    flag_value="",
    metavar="[FROM..TO]",
    help="List the input sizes that fit SPEC and the smallest, instead of the table.",
)
@SETTINGS
@requested("network", "training", "memory")
def command(
    spec: str | None,
    format_: str,
    style: str | None,
    everything: bool,  # noqa: FBT001  click passes flags so
    depth: int | None,
    sizes: str | None,
    settings: tuple[str, ...],
    **given: Unpack[Given],
) -> int:
    """Print output sizes, values, weights, MACs, memory and receptive fields of every layer of SPEC."""
    from cnncalc.pipeline import report

    _check_view(format_, style, everything=everything, depth=depth, timeline=given.get("timeline", False))
    if everything and depth is not None:
        raise click.UsageError("--all opens every block: leave out --depth")
    if spec is None:  # `--sizes vgg16` takes the spec for a range
        spec, sizes = sizes, ""
    if not spec:
        raise click.MissingParameter(param_type="argument", param_hint="'SPEC'")
    chosen = asked(**given)
    if sizes is not None:
        return _sizes(spec, with_settings(located(spec), settings), chosen, sizes, style or format_)
    with checked_mode():
        result = report(with_settings(located(spec), settings), chosen)
    return show(result, spec, style or format_, everything=everything, depth=depth)


def _sizes(spec: str, found: Found, chosen: Request, wanted: str, form: str) -> int:
    """Print the sizes that fit."""
    from cnncalc.cli.output import remind, say, say_json
    from cnncalc.reports import sizes as draw
    from cnncalc.tasks.sizes import listed, read_range

    if form not in {"table", "json"}:
        message = f"--sizes prints a table or JSON, not {form}"
        raise click.UsageError(message)
    try:
        bounds = read_range(wanted)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    result = listed(found, chosen, bounds)
    if form == "json":
        say_json(draw.as_dict(result.name, result.found))
    else:
        say(draw.text(result.name, result.found))
    remind(result.diagnostics, spec)
    return 0
