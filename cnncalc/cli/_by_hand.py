"""The common part of `conv`, `pool` and `fc`: the options become a pattern of one layer, which is analysed as usual."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from cnncalc.cli.arguments import asked, requested
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.analyses.analysis import Analysis


_VALUE = re.compile(r"[\w.:-]+")  # one value: nothing that could continue the pattern


def window_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a window."""
    for decorate in (
        click.option("-d", "--dilation", metavar="D", help="Steps between the cells of the kernel; 1 is contiguous."),
        click.option("-p", "--padding", metavar="P", help="A number, one per axis (1x0), same, same_upper, valid, or sides (0:1)."),
        click.option("-s", "--stride", metavar="S", help="Step of the window; 2 or 2x1."),
        click.option("-f", "--kernel", metavar="F", help="Size of the window; 3 or 3x5."),
    ):
        function = decorate(function)
    return function


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every single-layer command."""
    for decorate in (
        click.option(
            "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
        ),
        requested("batch", "dtype", rounding={"help": "strict (default), floor, ceil or ceil_caffe."}),
    ):
        function = decorate(function)
    return function


def run(kind: str, input_: str, given: dict[str, object], format_: str, batch: int, dtype: str, rounding: str | None) -> int:
    """Print one layer; SpecError where it does not fit."""
    from cnncalc.analyses.one_layer import one_layer
    from cnncalc.cli.output import note, remind, say, say_json
    from cnncalc.pipeline import report
    from cnncalc.reports import one_layer as draw
    from cnncalc.text.source import Source
    from cnncalc.workspace.find import Found

    size = _size(kind, input_)
    for name, value in given.items():
        if value is not None and not _VALUE.fullmatch(str(value)):
            raise click.UsageError(f"{name} is a value such as 3 or 3x5, not {value!r}")
    options = ", ".join(f"{name}={value}" for name, value in given.items() if value is not None)
    pattern = f"INPUT[{size.text}] -> {kind}({options})"
    result: Analysis = report(Found(Source("<pattern>", pattern), inline=True), asked(batch=batch, dtype=dtype, rounding=rounding))
    typed = result.rows[-1].typed
    facts = one_layer(typed)
    if format_ == "json":
        say_json(draw.as_dict(result, facts))
    else:
        say(draw.text(result, facts))
    if set(str(given.get("dilation") or "")) - {"x"} == {"1"}:
        note("dilation 1 is an ordinary kernel, the course notes' dilation 0; their dilation 1, gaps of one cell, is -d 2")
    remind(result.diagnostics, f'"{pattern}"')
    return 0


def _size(kind: str, text: str) -> Volume:
    """Return the size of the input; UsageError for a bad one. A single number is a vector, which has no place for a window."""
    from cnncalc.request.sizes import volume

    try:
        size = volume(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if size.rank:
        return size
    if kind == "FC":
        return Volume((1, 1), size.depth)
    side = size.depth
    message = f"{text} is one number; write {side}x{side}x3 for an image, {side}x1 for a signal, with the depth last"
    raise click.UsageError(message)
