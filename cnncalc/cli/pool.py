"""`cnncalc pool`: one pool by hand."""

from __future__ import annotations

import click

from cnncalc.cli._by_hand import common_options, run, window_options

KINDS = {"max": "POOL", "average": "AVGPOOL", "l2": "L2POOL"}


@click.command("pool", short_help="One pool by hand, and the share of activations it discards.")
@click.argument("input_", metavar="INPUT")
@window_options
@click.option("--kind", type=click.Choice(tuple(KINDS)), default="max", show_default=True, help="The value of each window.")
@common_options
def command(
    input_: str,
    kernel: str | None,
    stride: str | None,
    padding: str | None,
    dilation: str | None,
    kind: str,
    batch: int,
    dtype: str,
    rounding: str | None,
    format_: str,
) -> int:
    """Compute one pool over INPUT (224x224x64): sizes, the discarded share of activations, other strides and paddings that fit.

    Example: cnncalc pool 224x224x64 -f 2 -s 2
    """
    given: dict[str, object] = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return run(KINDS[kind], input_, given, format_, batch, dtype, rounding)
