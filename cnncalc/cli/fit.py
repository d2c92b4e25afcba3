"""`cnncalc fit`: the largest batch that fits in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import asked, checked_mode, located, requested

if TYPE_CHECKING:
    from typing import Unpack

    from cnncalc.request.options import Given


@click.command("fit", short_help="The largest batch that fits in memory, and what limits it.")
@click.argument("spec")
@click.option("--memory", metavar="SIZE", help="12GiB (powers of 1024), 12GB (powers of 1000).")
@requested(
    "network",
    batch={"default": None, "type": click.IntRange(1), "help": "The batch to train with; all ways are compared at it."},
    device={"help": "A device, such as RTX 4090, H100 or STM32F746."},
)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
)
@requested("training", "devices", "split")
def command(spec: str, memory: str | None, format_: str, **given: Unpack[Given]) -> int:
    """Print the largest batch of SPEC that fits, for inference and for each way of training, what limits it, and what helps."""
    from cnncalc.cli.output import note, remind, say, say_json
    from cnncalc.reports import fit as draw
    from cnncalc.tasks.fit import by_powers_of_1024, fitted

    batch, device = given.get("batch"), given.get("device")
    if (memory is None) == (device is None):
        raise click.UsageError("give the available memory: either --memory 12GiB or --device NAME")
    given["batch"], given["device"] = batch or 1, memory or device
    chosen = asked(**given)
    with checked_mode():
        report, fit = fitted(located(spec), chosen, batch)
    if fit.device.note:
        note(f"{fit.device.note}: {by_powers_of_1024(report, fit)}")
    if format_ == "json":
        say_json(draw.as_dict(report, fit))
    else:
        say(draw.text(report, fit, wanted=batch is not None))
    remind(report.diagnostics, spec)
    return 0
