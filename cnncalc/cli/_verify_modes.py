"""The modes of `cnncalc verify`: each runs a task, prints it, and returns whether it passed and the warnings."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.forward.outcome import RunOptions, Verified
    from cnncalc.request.request import Request
    from cnncalc.tasks.train import TrainOptions
    from cnncalc.text.diagnostic import Diagnostic
    from cnncalc.workspace.find import Found

    Outcome = tuple[bool, Sequence[Diagnostic]]

_LONGEST_SHIFT = 10  # digits


def forward(found: Found, chosen: Request, run_options: RunOptions, save: str | None, format_: str) -> Outcome:
    """Run and print the forward pass; return whether it passed, and the warnings."""
    from cnncalc.cli.output import note, say
    from cnncalc.reports import verify as show
    from cnncalc.reports.progress import Bar
    from cnncalc.tasks.verify import verified
    from cnncalc.text.escape import json

    with Bar("layers", shown=sys.stderr.isatty()) as bar:
        result = verified(found, chosen, run_options, start=bar.start, tell=bar.tell)
    for line in result.notes:
        note(line)
    if save:  # before the results are printed: whoever reads them may stop early
        _save(save, result)
    say(json(show.as_dict(result)) if format_ == "json" else show.render(result))
    if save:
        note(f"wrote {save}")
    return result.passed, result.report.diagnostics


def slide(found: Found, chosen: Request, run_options: RunOptions, step: int, format_: str) -> Outcome:
    """Run and print the dense evaluation; return whether it passed, and the warnings."""
    from cnncalc.cli.output import note, say
    from cnncalc.reports import verify as show
    from cnncalc.reports.progress import Bar
    from cnncalc.tasks.slide import slid
    from cnncalc.text.escape import json

    with Bar("crops", shown=sys.stderr.isatty()) as bar:
        result = slid(found, chosen, run_options, step, start=bar.start, tell=bar.tell)
    for line in result.notes:
        note(line)
    say(json(show.sliding_dict(result)) if format_ == "json" else show.sliding_text(result))
    return result.passed, result.diagnostics


def train(found: Found, chosen: Request, run_options: RunOptions, options: TrainOptions, format_: str) -> Outcome:
    """Run and print the backward pass; return whether it passed, and the warnings."""
    from cnncalc.cli.output import note, say
    from cnncalc.reports import backward as show
    from cnncalc.reports.progress import Bar
    from cnncalc.tasks.train import proved
    from cnncalc.text.escape import json

    with Bar("layers and steps", shown=sys.stderr.isatty()) as bar:
        result = proved(found, chosen, run_options, options, start=bar.start, tell=bar.tell)
    for line in result.notes:
        note(line)
    say(json(show.as_dict(result)) if format_ == "json" else show.render(result))
    return result.passed, result.report.diagnostics


def shift(found: Found, chosen: Request, run_options: RunOptions, by: str, format_: str) -> Outcome:
    """Run the network on the image and on the moved image, and print how much of each layer changes."""
    from cnncalc.cli.output import note, say
    from cnncalc.reports import shifted as show
    from cnncalc.tasks.shifted import shifted
    from cnncalc.text.escape import json

    result = shifted(found, chosen, run_options, _pixels(by))
    for line in result.notes:
        note(line)
    say(json(show.as_dict(result)) if format_ == "json" else show.render(result))
    return True, result.report.diagnostics


def _pixels(text: str) -> tuple[int, ...]:
    """Return the shift `1`, `1x0` or `-1x2`."""
    parts = text.split("x")
    if not all(part.removeprefix("-").isdecimal() and len(part) < _LONGEST_SHIFT for part in parts):
        raise click.UsageError(f"--shift is a number of pixels such as 1, or one for each axis, 1x-2, not {text!r}")
    return tuple(map(int, parts))


def gradient(found: Found, chosen: Request, run_options: RunOptions, values: Sequence[str], format_: str) -> Outcome:
    """Backpropagate the gradient of the output, and print those of the image and of the learned arrays."""
    from cnncalc.cli.output import note, say
    from cnncalc.reports import gradient as show
    from cnncalc.tasks.gradient import backpropagated
    from cnncalc.text.escape import json

    result = backpropagated(found, chosen, run_options, values)
    for line in result.notes:
        note(line)
    say(json(show.as_dict(result)) if format_ == "json" else show.render(result))
    return True, result.report.diagnostics


def _save(path: str, result: Verified) -> None:
    """Write the outputs as an .npz file, in one step."""
    from cnncalc.reports.verify import results
    from cnncalc.transforms.weights import save
    from cnncalc.workspace.files import replace

    replace(path, lambda file: save(file, results(result)))
