"""`cnncalc conv`: one convolution by hand."""

from __future__ import annotations

import click

from cnncalc.cli._by_hand import common_options, run, window_options


@click.command("conv", short_help="One convolution by hand, with the formula filled in.")
@click.argument("input_", metavar="INPUT")
@click.option("-k", "--filters", metavar="K", help="Number of filters; 1 where only sizes are asked.")
@window_options
@click.option("-g", "--groups", metavar="G", help="Equal parts that depth and filters are split into.")
@click.option("--no-bias", is_flag=True, help="No bias.")
@common_options
def command(
    input_: str,
    filters: str | None,
    kernel: str | None,
    stride: str | None,
    padding: str | None,
    dilation: str | None,
    groups: str | None,
    no_bias: bool,  # noqa: FBT001  click passes flags so
    batch: int,
    dtype: str,
    rounding: str | None,
    format_: str,
) -> int:
    """Compute one convolution over INPUT (227x227x3): sizes, weights, im2col matrices, and other strides and paddings that fit.

    Without -k it has one filter. Example: cnncalc conv 227x227x3 -k 96 -f 11 -s 4 -p 0
    """
    from cnncalc.cli.output import note

    if filters is None:
        note("one filter: the width and height of the output are the same for any number of filters, -k K")
        filters = "1"
    given = {"kernel": kernel, "filters": filters, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return run("CONV", input_, {**given, "bias": "false" if no_bias else None}, format_, batch, dtype, rounding)
