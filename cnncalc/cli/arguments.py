"""Options that several commands share, and how they are read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.pipeline import Options
    from cnncalc.workspace.find import Found


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


def training(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how the network is trained."""
    for decorate in (
        click.option("--checkpoint", metavar="WAY", help="Gradient checkpointing: auto, root, or a number of segments."),
        click.option(
            "--norm", default="training", show_default=True, metavar="MODE", help="Batch norm and dropout: training or eval."
        ),
        click.option("--freeze", multiple=True, metavar="NAME", help="A layer or block whose parameters are not trained."),
        click.option("--weight-decay", is_flag=True, help="Weight decay, which costs sgd and momentum a transient copy."),
        click.option("--autocast", metavar="TYPE", help="Activations in float16 or bfloat16, parameters in float32."),
        click.option("--optimizer", default="momentum", show_default=True, metavar="NAME", help="sgd, momentum, adam, …"),
    ):
        function = decorate(function)
    return function


def asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that ask for further figures of memory."""
    for decorate in (
        click.option("--timeline", is_flag=True, help="Draw the memory over a training step."),
        click.option("--device", metavar="NAME", help="Does it fit? A size such as 12GiB, or a name such as RTX 4090."),
        click.option("--schedule", default="spec", show_default=True, metavar="ORDER", help="Order of inference: spec or best."),
        click.option("--augmented", default=0, metavar="N", help="Augmented copies of each image that are kept beside it."),
    ):
        function = decorate(function)
    return function


@contextmanager
def checked_mode() -> Generator[None]:
    """Turn what is wrong with an option, but shows with the network only, into a usage error; our own bugs stay bugs."""
    try:
        yield
    except ValueError as error:
        from cnncalc.analyses.trainable import NothingToFreezeError  # noqa: PLC0415  on the way to an error

        if isinstance(error, NothingToFreezeError):
            raise click.UsageError(str(error)) from None
        raise


def settings(*, input_: str | None = None, **given: Any) -> Options:
    """Return checked options; a bad one is a usage error."""
    from cnncalc.pipeline import options  # noqa: PLC0415

    try:
        return options(input=input_, **given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def located(spec: str) -> Found:
    """Return the text that SPEC means; say on stderr when a shipped one was taken."""
    from cnncalc.cli.output import note  # noqa: PLC0415
    from cnncalc.workspace.find import find  # noqa: PLC0415

    found = find(spec)
    if found.shipped:
        note(f"using the shipped spec {found.shipped} ({found.source.name})")
    return found


def find_layer(report: Analysis, name: str) -> Row:
    """Return the layer of a name, or of a step's name; UsageError with what was meant, perhaps."""
    from cnncalc.text.suggest import did_you_mean  # noqa: PLC0415  on the way to an error, mostly

    rows = {name: report.rows[at] for name, at in report.network.graph.named.items()} | {row.name: row for row in report.rows}
    if name in rows:
        return rows[name]
    hint = did_you_mean(name, rows) or ("`cnncalc analyze` shows the names",)
    raise click.UsageError(f"no layer is named `{name[:80]}`; {hint[0]}")
