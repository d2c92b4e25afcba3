"""Options that several commands share, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.find import Found
    from cnncalc.pipeline import Options


def overriding(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say something else than the spec."""
    for decorate in (
        click.option("--outputs", multiple=True, metavar="NAME", help="Keep an auxiliary output that is left out otherwise."),
        click.option("--rounding", metavar="RULE", help="strict, floor, ceil or ceil_caffe; a layer's own rounding stays."),
        click.option(
            "--dtype", default="float32", show_default=True, metavar="TYPE", help="float16, bfloat16, float32, float64 or int8."
        ),
        click.option("--batch", default=1, show_default=True, metavar="N", help="Images at a time."),
        click.option("--input", "input_", metavar="SIZE", help="Another input size: 384x384x3."),
    ):
        function = decorate(function)
    return function


def settings(input_: str | None, batch: int, dtype: str, rounding: str | None, outputs: tuple[str, ...]) -> Options:
    """Return checked options; a bad one is a usage error."""
    from cnncalc.pipeline import options  # noqa: PLC0415

    try:
        return options(input=input_, batch=batch, dtype=dtype, rounding=rounding, outputs=outputs)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def located(spec: str) -> Found:
    """Return the text that SPEC means; say on stderr when a shipped one was taken."""
    from cnncalc.cli.output import note  # noqa: PLC0415
    from cnncalc.find import find  # noqa: PLC0415

    found = find(spec)
    if found.shipped:
        note(f"using the shipped spec {found.shipped} ({found.source.name})")
    return found
