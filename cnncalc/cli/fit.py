"""`cnncalc fit`: the largest batch that fits a memory."""

from __future__ import annotations

from typing import Any

import click

from cnncalc.cli.arguments import checked_mode, located, settings, training


@click.command("fit", short_help="The largest batch that fits a memory, and what limits it.")
@click.argument("spec")
@click.option("--memory", metavar="SIZE", help="12GiB (powers of 1024), 12GB (powers of 1000).")
@click.option("--device", metavar="NAME", help="A device, such as RTX 4090, H100 or STM32F746.")
@click.option("--batch", metavar="N", type=click.IntRange(1), help="The batch that is wanted; all ways are compared at it.")
@click.option("--input", "input_", metavar="SIZE", help="Another input size: 384x384x3.")
@click.option("--dtype", default="float32", show_default=True, metavar="TYPE", help="float16, bfloat16, float32 or float64.")
@click.option("--rounding", metavar="RULE", help="strict, floor, ceil or ceil_caffe; a layer's own rounding stays.")
@click.option("--outputs", multiple=True, metavar="NAME", help="Keep an auxiliary output that is left out otherwise.")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
)
@training
def command(spec: str, memory: str | None, device: str | None, batch: int | None, format_: str, **given: Any) -> int:
    """Print the largest batch of SPEC that fits, for inference and for each way of training, what limits it, and what helps."""
    from cnncalc.cli.output import note, say  # noqa: PLC0415
    from cnncalc.reports import fit as draw  # noqa: PLC0415
    from cnncalc.tasks.fit import fitted  # noqa: PLC0415

    if (memory is None) == (device is None):
        raise click.UsageError("say how much memory there is: either --memory 12GiB or --device NAME")
    chosen = settings(batch=batch or 1, device=memory or device, **given)
    with checked_mode():
        report, fit = fitted(located(spec), chosen, batch)
    if fit.device.note:
        note(fit.device.note)
    if format_ == "json":
        import json  # noqa: PLC0415

        say(json.dumps(draw.as_dict(report, fit), indent=2, ensure_ascii=False))
    else:
        say(draw.text(report, fit, wanted=batch is not None))
    return 0
