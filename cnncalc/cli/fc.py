"""`cnncalc fc`: one fully-connected layer by hand."""

from __future__ import annotations

import click

from cnncalc.cli._by_hand import common_options, run


@click.command("fc", short_help="One fully-connected layer by hand.")
@click.argument("input_", metavar="INPUT")
@click.option("-k", "--units", required=True, metavar="K", help="Number of neurons.")
@click.option("--no-bias", is_flag=True, help="No bias.")
@common_options
def command(
    input_: str,
    units: str,
    no_bias: bool,  # noqa: FBT001  click passes flags so
    batch: int,
    dtype: str,
    rounding: str | None,
    format_: str,
) -> int:
    """Compute one fully-connected layer over INPUT (7x7x512).

    Example: cnncalc fc 7x7x512 -k 4096
    """
    if input_.isascii() and input_.isdigit():  # a plain vector
        input_ = f"1x1x{input_}"
    return run("FC", input_, {"units": units, "bias": "false" if no_bias else None}, format_, batch, dtype, rounding)
