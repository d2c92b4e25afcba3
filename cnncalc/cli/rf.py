"""`cnncalc rf`: receptive fields of all layers, or the exact pixels that one neuron sees."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import asked, find_layer, located, requested

if TYPE_CHECKING:
    from typing import Unpack

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.reports.rf import Sighting, Style
    from cnncalc.request.options import Given

PIPE_COLUMNS, PIPE_LINES = 80, 40  # size of a picture written to a pipe


@click.command("rf", short_help="Receptive fields, and the pixels that one neuron sees.")
@click.argument("spec")
@click.argument("layer", required=False)
@click.option("--at", metavar="X,Y", help="Which neuron of LAYER, from 0,0; the middle one unless given.")
@click.option("--of", metavar="NAME", help="The input of the pixels, for a network with several inputs.")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
)
@requested("input", "rounding", "outputs")
def command(spec: str, layer: str | None, at: str | None, of: str | None, format_: str, **given: Unpack[Given]) -> int:
    """Print the receptive field of every layer of SPEC, or draw the pixels that one neuron of LAYER sees.

    Example: cnncalc rf vgg16 conv3_1 --at 10,20
    """
    from cnncalc.cli.output import remind, say
    from cnncalc.pipeline import report
    from cnncalc.reports import rf as draw
    from cnncalc.text.escape import json

    if at is not None and layer is None:
        raise click.UsageError("--at names a neuron of a layer: cnncalc rf SPEC LAYER --at 3,4")
    result = report(located(spec), asked(**given))
    if layer is None:
        view = draw.in_one(result, _source(result, of))
        say(json(draw.as_dict(view)) if format_ == "json" else draw.render(view))
    else:
        sighting = _sighting(result, layer, at, of)
        if format_ == "json":
            say(json(draw.neuron_dict(result, sighting)))
        else:
            say(draw.neuron_text(result, sighting, style()))
    remind(result.diagnostics, spec)
    return 0


def _source(report: Analysis, of: str | None) -> int | None:
    """Return the node of a named input; None without a name."""
    if of is None:
        return None
    sources = dict(zip(report.inputs, report.network.inputs, strict=True))
    if of in sources:
        return sources[of]
    from cnncalc.text.suggest import did_you_mean, listed  # on the way to an error

    hint = did_you_mean(of, sources) or (f"{'inputs are' if len(sources) > 1 else 'the input is'} {listed(sources)}",)
    raise click.UsageError(f"--of: no input is named `{of[:80]}`; {hint[0]}")


def _sighting(report: Analysis, name: str, at: str | None, of: str | None) -> Sighting:
    from cnncalc.analyses.receptive_pixels import receptive_pixels
    from cnncalc.reports.rf import Sighting as Seen
    from cnncalc.reports.rf import in_one

    row = find_layer(report, name)
    neuron = tuple(side // 2 for side in row.output.size) if at is None else _place(at, row)
    source = _source(report, of)
    view = in_one(report, row.field.source if source is None else source)
    return Seen(row, neuron, receptive_pixels(report.network, report.rows.index(row), neuron, view.source), view)


def _place(text: str, row: Row) -> tuple[int, ...]:
    """Return the neuron of `3,4`; UsageError for a place outside the layer's output."""
    size = row.output.size
    words = text.split(",")
    wanted = (
        f"--at takes {len(size)} {'number' if len(size) == 1 else 'numbers'} from 0 to {','.join(str(side - 1) for side in size)}"
    )
    if len(words) != len(size) or not all(word.strip().isascii() and word.strip().isdigit() and len(word) < 19 for word in words):
        raise click.UsageError(f"{wanted}, not `{text[:80]}`")
    place = tuple(map(int, words))
    if any(at >= side for at, side in zip(place, size, strict=True)):
        raise click.UsageError(f"{row.name} is {row.output.text}: {wanted}, not `{text}`")
    return place


def style() -> Style:
    """Return the drawing style: the size of the window, and characters that the stream can encode."""
    import shutil

    from cnncalc.reports import rf as draw

    try:
        (draw.BLOCKS.shades + draw.BLOCKS.upper + draw.BLOCKS.lower).encode(sys.stdout.encoding or "ascii")
        signs = draw.BLOCKS
    except UnicodeEncodeError:
        signs = draw.ASCII
    columns, lines = shutil.get_terminal_size((PIPE_COLUMNS, PIPE_LINES))
    if not sys.stdout.isatty():
        return signs._replace(columns=PIPE_COLUMNS, lines=PIPE_LINES)
    return signs._replace(columns=max(columns, 20), lines=max(lines - 8, 10))
