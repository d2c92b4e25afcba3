"""`cnncalc why`: the formula behind any number, with numbers filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import asked, checked_mode, find_layer, located, requested

if TYPE_CHECKING:
    from typing import Unpack

    from cnncalc.request.options import Given


@click.command("why", short_help="The formula and the origin of any number.")
@click.argument("spec")
@click.argument("layer", required=False)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
)
@requested("network", "freeze")
def command(spec: str, layer: str | None, format_: str, **given: Unpack[Given]) -> int:
    """Explain the figures of a LAYER: formulas filled in, and where each hyperparameter comes from.

    Without LAYER, explain the totals: the sums by kind, and the figures that other tools print for the same network, and why.
    """
    from cnncalc.cli.output import remind, say, say_json
    from cnncalc.pipeline import read, report
    from cnncalc.reports import why
    from cnncalc.text.diagnostic import Findings

    found, options = located(spec), asked(**given)
    with checked_mode():
        result = report(found, options)
    if layer is None:
        from cnncalc.analyses.conventions.found import NOT_STATIC, counted

        sums = why.totals_dict if format_ == "json" else why.totals_text
        data: object = sums(result, counted(result), NOT_STATIC)
    else:
        row = find_layer(result, layer)
        text, _ = read(found, options.overrides, Findings())
        sized = not row.typed.inputs and bool(options.overrides.sizes.keys() & {"", row.name})
        overridden = frozenset(name for name, value in (("shape", sized), ("rounding", given.get("rounding"))) if value)
        draw = why.layer_dict if format_ == "json" else why.layer_text
        data = draw(result, row, text, overridden)
    if format_ == "json":
        say_json(data)
    else:
        say(str(data))
    remind(result.diagnostics, spec)
    return 0
