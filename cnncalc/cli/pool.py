"""`cnncalc pool`: one pool by hand."""

from __future__ import annotations

import click

from cnncalc.cli._by_hand import common_options, run, window_options

KINDS = {"max": "POOL", "average": "AVGPOOL", "l2": "L2POOL"}


@click.command("pool", short_help="One pool by hand, and the share of activations it discards.")
@click.argument("input_", metavar="INPUT")
@window_options
@click.option("--kind", type=click.Choice(tuple(KINDS)), default="max", show_default=True, help="The value of each window.")
@click.option(
    "--count-padding/--no-count-padding",
    default=None,
    help="With --kind average: whether padding counts as zeros (the default), or only the real pixels of a window count.",
)
@common_options
def command(
    input_: str,
    kernel: str | None,
    stride: str | None,
    padding: str | None,
    dilation: str | None,
    kind: str,
    count_padding: bool | None,  # noqa: FBT001  click passes flags so
    batch: int,
    dtype: str,
    rounding: str | None,
    format_: str,
) -> int:
    """Compute one pool over INPUT (224x224x64): sizes, the discarded share of activations, other strides and paddings that fit.

    Example: cnncalc pool 224x224x64 -f 2 -s 2
    """
    given: dict[str, object] = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    if count_padding is not None:
        if kind != "average":
            raise click.UsageError("--count-padding and --no-count-padding belong to --kind average")
        given["count_padding"] = str(count_padding).lower()
    return run(KINDS[kind], input_, given, format_, batch, dtype, rounding)
