"""`cnncalc conv`: one convolution by hand."""

from __future__ import annotations

import click

from cnncalc.cli._by_hand import common_options, run, window_options


@click.command("conv", short_help="One convolution by hand, with the formula filled in.")
@click.argument("input_", metavar="INPUT")
@click.option("-k", "--filters", required=True, metavar="K", help="Number of filters.")
@window_options
@click.option("-g", "--groups", metavar="G", help="Equal parts that depth and filters are split into.")
@click.option("--no-bias", is_flag=True, help="No bias.")
@common_options
def command(
    input_: str,
    filters: str,
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

    Example: cnncalc conv 227x227x3 -k 96 -f 11 -s 4 -p 0
    """
    given = {"kernel": kernel, "filters": filters, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return run("CONV", input_, {**given, "bias": "false" if no_bias else None}, format_, batch, dtype, rounding)
