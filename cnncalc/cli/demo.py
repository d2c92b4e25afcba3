"""`cnncalc demo`: the arithmetic of one window, with its numbers."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import asked, check_paths, located, requested

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Unpack

    from cnncalc.arithmetic.window import Stage
    from cnncalc.maths.volume import Volume
    from cnncalc.reports.sheet import Room, Sheet
    from cnncalc.reports.sheet_text import Paint
    from cnncalc.request.options import Given
    from cnncalc.tasks.demo import Shown

FORMATS = {".svg": "svg", ".md": "markdown"}
PIPE_COLUMNS = 100
MOST_WINDOWS = 500
"""The most windows that --all prints."""


@click.command("demo", short_help="The arithmetic of one window: products, sum and bias, with numbers.")
@click.argument("spec")
@click.argument("layer", required=False, default="")
@click.option("--at", metavar="X,Y[,K]", default="", help="Which number of the output, from 0,0,0; of filter 0 without K.")
@click.option("--all", "every", is_flag=True, help="Every window, one after another.")
@click.option("--play", is_flag=True, help="Step through the windows on a terminal: space or n, p, arrows, q.")
@click.option("--matrix", type=click.Choice(("im2col", "sparse")), help="The layer as a product of matrices, filled in.")
@click.option("--show", metavar="PART", multiple=True, help="Print a part of X, V, W0 or b instead: 'X[2,3,:]', 'V[:,:,0]'.")
@click.option(
    "--array",
    "--values",
    "array",
    metavar="FILE.npy|VALUES",
    multiple=True,
    help='The input, as a file or typed: "1 2 3; 4 5 6"; small integers unless given. Several: left=x.npy.',
)
@click.option(
    "--weights",
    metavar="FILE.npz|NAME=VALUES",
    multiple=True,
    help='Weights from a file, `<layer>/weight`, or typed: conv1="1 2 3"; small integers unless given.',
)
@requested("input", "rounding", "outputs")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the small integers.")
@click.option("-o", "--output", metavar="FILE", help="Write a file; .svg and .md set the format.")
@click.option("--format", "format_", type=click.Choice(("text", "markdown", "svg")), help="How to draw it; text unless given.")
def command(
    spec: str,
    layer: str,
    at: str,
    every: bool,  # noqa: FBT001  click passes flags so
    play: bool,  # noqa: FBT001
    matrix: str | None,
    show: tuple[str, ...],
    array: tuple[str, ...],
    weights: tuple[str, ...],
    seed: int,
    output: str | None,
    format_: str | None,
    **given: Unpack[Given],
) -> int:
    """Show how one number of LAYER's output is computed: window, filter, products, their sum, the bias.

    LAYER is the first one with a window unless given. The network runs up to it, in float64.

    Example: cnncalc demo "INPUT[5x5x3] -> CONV3-2/2(padding=1)" --at 1,0
    """
    from cnncalc.cli.output import note, remind
    from cnncalc.forward.outcome import BadRunOptionError, RunOptions
    from cnncalc.forward.typed_values import is_typed
    from cnncalc.reports.demo_volume import BadPartError
    from cnncalc.tasks.demo import shown

    _check_modes(every=every, play=play, at=at, matrix=matrix, show=show, drawn=bool(output or format_))
    read = {f"the input {word}": word.rpartition("=")[2] for word in array} | {f"the weights {word}": word for word in weights}
    check_paths({"--output": output}, {"SPEC": spec, **{what: path for what, path in read.items() if not is_typed(path)}})
    if play:
        _check_terminal()
    found = located(spec)
    given["dtype"] = "float64"  # holds sums of integers exactly
    data = RunOptions(array=array, weights=weights, seed=seed)
    try:
        result = shown(found, asked(**given), layer, data, windowed=not show)
        for line in result.notes:
            note(line)
        if play:
            _play(result, at)
        else:
            _print(_sheets(result, at, matrix, show, every=every, room=_room(output)), output, format_)
    except (BadRunOptionError, BadPartError) as error:
        raise click.UsageError(str(error)) from None
    remind(result.report.diagnostics, spec)
    return 0


def _check_modes(*, every: bool, play: bool, at: str, matrix: str | None, show: Sequence[str], drawn: bool) -> None:
    """Refuse options that exclude each other."""
    asked_for = [name for name, is_on in (("--all", every), ("--play", play), ("--matrix", matrix), ("--show", show)) if is_on]
    if len(asked_for) > 1:
        raise click.UsageError(f"{asked_for[0]} and {asked_for[1]} exclude each other")
    if at and (every or show):
        raise click.UsageError(
            f"--at names one window; {'--all shows all of them' if every else '--show prints a part of a volume'}"
        )
    if play and drawn:
        raise click.UsageError("--play draws on the terminal; --all writes all windows to a file")


def _check_terminal() -> None:
    """Refuse to play without a terminal. Raises SpecError."""
    from cnncalc.arithmetic import codes
    from cnncalc.cli._play import problem
    from cnncalc.text.diagnostic import Diagnostic, SpecError

    if reason := problem():
        hints = ("--all prints every window one after another, --at one of them",)
        raise SpecError([Diagnostic(codes.NO_TERMINAL, "error", f"--play needs a terminal: {reason}", hints=hints)])


def _room(output: str | None) -> Room:
    """Return the room of a picture: the columns of the terminal, or of a pipe."""
    import shutil

    from cnncalc.reports.sheet import Room

    columns = shutil.get_terminal_size((PIPE_COLUMNS, 24)).columns if sys.stdout.isatty() and not output else PIPE_COLUMNS
    return Room(max(columns, 20))


def _sheets(result: Shown, at: str, matrix: str | None, show: Sequence[str], *, every: bool, room: Room) -> Iterator[Sheet]:
    """Yield the sheets asked for."""
    from cnncalc.arithmetic.window import places
    from cnncalc.reports import demo

    stage = result.stage
    if show:
        yield from (demo.volume_sheet(part, stage, result.name, room) for part in show)
    elif every:
        _check_number(stage, result.name)
        yield from (demo.window_sheet(stage, place, result.name, room) for place in places(stage.output))
    elif matrix:
        yield demo.matrix_sheet(matrix, stage, _place(at, result), result.name, room)
    else:
        yield demo.window_sheet(stage, _place(at, result), result.name, room)


def _check_number(stage: Stage, name: str) -> None:
    """Refuse to print thousands of windows. Raises SpecError."""
    from cnncalc.arithmetic import codes
    from cnncalc.text.diagnostic import Diagnostic, SpecError

    count = stage.output.values
    if count > MOST_WINDOWS:
        message = f"{name} has {count:,} windows, and --all prints at most {MOST_WINDOWS}"
        hints = ("--play steps through them, --at shows one, and a smaller --input has fewer",)
        raise SpecError([Diagnostic(codes.TOO_MANY, "error", message, hints=hints)])


def _place(text: str, result: Shown) -> tuple[int, ...]:
    """Return the place of `1,0` or `1,0,1`; UsageError for one outside of the output."""
    output = result.stage.output
    words = [word.strip() for word in text.split(",")] if text else ["0"] * output.rank
    if len(words) == 1 and output.is_vector():  # a layer without positions: the filter alone
        words = ["0"] * output.rank + words if text else words
    words += ["0"] * (output.rank + 1 - len(words) if len(words) == output.rank else 0)
    numbers = [int(word) if word.isascii() and word.isdigit() and len(word) < 19 else -1 for word in words]
    if len(words) != output.rank + 1 or any(not 0 <= at < side for at, side in zip(numbers, output.sides, strict=True)):
        raise click.UsageError(f"{result.name} is {output.text}: {_wanted(output)}, not `{text[:80]}`")
    return tuple(numbers)


def _wanted(output: Volume) -> str:
    """Return `--at takes x,y or x,y,filter, with x from 0 to 2, y from 0 to 2, filter from 0 to 1`."""
    names = {0: [], 1: ["x"], 2: ["x", "y"], 3: ["x", "y", "time"]}[output.rank]
    ranges = [f"{name} from 0 to {side - 1}" for name, side in zip((*names, "filter"), output.sides, strict=True)]
    forms = [",".join(names)] * bool(names) + [",".join((*names, "filter"))]
    return f"--at takes {' or '.join(forms)}, with {', '.join(ranges)}"


def _print(sheets: Iterator[Sheet], output: str | None, format_: str | None) -> None:
    """Print sheets, or write them to a file."""
    from cnncalc.cli.output import note, say, say_file
    from cnncalc.workspace.files import replace

    ending = os.path.splitext(output)[1].lower() if output else ""  # noqa: PTH122
    form = format_ or FORMATS.get(ending, "text")
    if output:
        text = _text(list(sheets), form, PIPE_COLUMNS, None) + "\n"
        replace(output, lambda file: file.write(text.encode()))
        note(f"wrote {output}")
    elif form == "svg":
        say_file(_text(list(sheets), form, 0, None))
    else:
        paint, columns = _paint(), _room(None).columns
        for at, sheet in enumerate(sheets):
            if at:
                say("")
            say(_text([sheet], form, columns, paint))


def _text(sheets: Sequence[Sheet], form: str, columns: int, paint: Paint | None) -> str:
    """Return sheets in a format."""
    from cnncalc.reports import sheet_markdown, sheet_svg, sheet_text

    if form == "svg":
        return sheet_svg.render(sheets)
    if form == "markdown":
        return "\n\n".join(map(sheet_markdown.render, sheets))
    return "\n\n".join(sheet_text.render(sheet, columns, paint) for sheet in sheets)


def _paint() -> Paint | None:
    """Return the painter of stdout; None without colours."""
    from cnncalc.cli.output import coloured, painter

    return painter(sys.stdout) if coloured(sys.stdout) else None


def _play(result: Shown, at: str) -> None:
    """Step through the windows of a layer. Raises SpecError for a terminal that is too small for the first picture."""
    from cnncalc.arithmetic import codes
    from cnncalc.arithmetic.window import order, place_at
    from cnncalc.cli._play import needed, play, terminal_size
    from cnncalc.reports import demo, sheet_text
    from cnncalc.reports.sheet import ROOMS
    from cnncalc.text.diagnostic import Diagnostic, SpecError

    stage, paint = result.stage, _paint()

    def draw(frame: int, columns: int, lines: int) -> Sequence[str]:
        """Return the lines of a frame, with less of the volumes in less room."""
        found: Sequence[str] = ()
        for room in ROOMS:
            sheet = demo.window_sheet(stage, place_at(stage.output, frame), result.name, room._replace(columns=columns))
            found = sheet_text.lines(sheet, max(columns, 20), paint)
            if len(found) <= lines:
                break
        return found

    first, size = order(stage.output, _place(at, result)), terminal_size()
    want = needed(draw(first, size.columns, size.lines - 1))
    if not size.holds(want):
        message = f"the picture needs a terminal of {want.columns}x{want.lines}, and this one is {size.columns}x{size.lines}"
        raise SpecError(
            [Diagnostic(codes.SMALL_TERMINAL, "error", message, hints=("without --play it is printed, however long it is",))]
        )
    play(stage.output.values, first, draw)
