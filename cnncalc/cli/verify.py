"""`cnncalc verify`: runs the network on real arrays and checks every inferred shape against them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import asked, check_paths, located, requested

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from cnncalc.forward.outcome import RunOptions, Verified
    from cnncalc.kernels.conv import Algorithm
    from cnncalc.request.options import Given
    from cnncalc.request.request import Request
    from cnncalc.tasks.train import TrainOptions
    from cnncalc.text.diagnostic import Diagnostic
    from cnncalc.workspace.find import Found


_LONGEST_SHIFT = 10  # digits


@click.command("verify", short_help="Run the forward pass in NumPy and check every inferred shape.")
@click.argument("spec", required=False)
@click.option("--image", metavar="FILE", multiple=True, help="Run on a picture, resized and centre-cropped (needs Pillow).")
@click.option(
    "--array",
    metavar="FILE.npy|VALUES",
    multiple=True,
    help='Run on an array, or on values: "1 2 3; 4 5 6"; one for each of several inputs: left=x.npy.',
)
@click.option(
    "--weights",
    metavar="FILE.npz|NAME=VALUES",
    multiple=True,
    help='Weights from a file, `<layer>/weight`, or typed: conv1="1 2 3"; random unless given.',
)
@requested(
    "network",
    "optimizer",
    "weight_decay",
    "freeze",
    "norm",
    batch={"help": "Random images at a time."},
    dtype={"type": click.Choice(("float32", "float64")), "metavar": None, "help": "Type of all numbers."},
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of random images and weights.")
@click.option(
    "--algorithm",
    default="auto",
    show_default=True,
    type=click.Choice(("auto", "blocked", "direct", "winograd")),
    help="Algorithm of convolutions: winograd is faster and rounds more, direct is the definition.",
)
@click.option("--threads", default=0, metavar="N", type=click.IntRange(0), help="Threads to use; all processors unless given.")
@click.option("--layers", default="", metavar="A,B", help="Further layers whose values to keep.")
@click.option("--save", metavar="OUT.npz", help="Write the arrays of the outputs and of --layers.")
@click.option(
    "--print",
    "shown",
    metavar="[LAYER]",
    multiple=True,
    is_flag=False,
    flag_value="",
    help='Print the values of the outputs, or of a layer or a part of it: conv1, "conv1[:,:,0]", "conv1[3,4,:]".',
)
@click.option(
    "--digits", metavar="N", type=click.IntRange(1, 17), help="With --print: significant digits; all of them unless given."
)
@click.option("--sliding", is_flag=True, help="Compare one pass over a larger image with its crops, run one by one.")
@click.option(
    "--step", default=0, type=click.IntRange(0), metavar="N", help="With --sliding: crops N pixels apart, by shifted passes."
)
@click.option("--shift", metavar="DX[xDY]", help="Move the image by so many pixels, and say how much of each layer changes.")
@click.option("--backward", is_flag=True, help="Run the backward pass and hold every gradient against differences.")
@click.option(
    "--train", default=0, metavar="N", type=click.IntRange(0), help="Train N steps; the measured memory beside the predicted."
)
@click.option(
    "--loss",
    default="softmax",
    show_default=True,
    type=click.Choice(("softmax", "svm")),
    help="Loss of --backward and --train, on random classes.",
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="RATE", help="Learning rate; the optimizer's usual one.")
@click.option("--decay", type=click.FloatRange(0), metavar="LAMBDA", help="Weight decay, 0.0005 with --weight-decay.")
@click.option("--force", is_flag=True, help="Run even if the estimate exceeds the available memory.")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to print it."
)
def command(
    spec: str | None,
    image: tuple[str, ...],
    array: tuple[str, ...],
    weights: tuple[str, ...],
    seed: int,
    algorithm: Algorithm,
    threads: int,
    layers: str,
    save: str | None,
    shown: tuple[str, ...],
    digits: int | None,
    sliding: bool,  # noqa: FBT001  click passes flags so
    step: int,
    shift: str | None,
    backward: bool,  # noqa: FBT001
    train: int,
    loss: str,
    rate: float | None,
    decay: float | None,
    force: bool,  # noqa: FBT001
    format_: str,
    **given: Unpack[Given],
) -> int:
    """Run the forward pass of SPEC in NumPy; exit with 1 where a shape or a count is not as inferred.

    Example: cnncalc verify vgg16 --image cat.jpg
    """
    from cnncalc.cli.output import remind
    from cnncalc.forward.outcome import BadRunOptionError, RunOptions
    from cnncalc.forward.typed_values import is_typed
    from cnncalc.tasks.train import TrainOptions

    if spec is None and shown:  # `verify --print SPEC`
        *before, spec = shown
        shown = (*before, "")
    if spec is None:
        raise click.UsageError("Missing argument 'SPEC'.")
    chosen = asked(**given)
    names = tuple(name.strip() for name in layers.split(",") if name.strip())
    run_options = RunOptions(image, array, weights, seed, algorithm, threads, names, force, shown, digits)
    if step and not sliding:
        raise click.UsageError("--step belongs to --sliding")
    if sliding and (save or names or shown):
        raise click.UsageError("--sliding compares scores: it cannot be combined with --save, --print or --layers")
    if digits and not shown:
        raise click.UsageError("--digits belongs to --print")
    if shift and (save or names or shown or sliding):
        raise click.UsageError("--shift compares layers: it cannot be combined with --save, --print, --layers or --sliding")
    trains = backward or train
    if trains and (sliding or save or names or shown or shift):
        raise click.UsageError("--backward and --train cannot be combined with --sliding, --shift, --save, --print or --layers")
    if not trains and (used := [name for name, value in (("--rate", rate), ("--decay", decay)) if value is not None]):
        message = f"{used[0]} belongs to --train"
        raise click.UsageError(message)
    _check_folder(save)
    read = {f"the input {word}": word.rpartition("=")[2] for word in (*array, *image)}
    read |= {f"the weights {word}": word for word in weights}
    check_paths({"--save": save}, {"SPEC": spec, **{what: path for what, path in read.items() if not is_typed(path)}})
    found = located(spec)
    try:
        if trains:
            run = _train(found, chosen, run_options, TrainOptions(backward, train, loss, rate, decay), format_)
        elif shift:
            run = _shift(found, chosen, run_options, _pixels(shift), format_)
        elif sliding:
            run = _slide(found, chosen, run_options, step, format_)
        else:
            run = _verify(found, chosen, run_options, save, format_)
    except BadRunOptionError as error:
        raise click.UsageError(str(error)) from None
    remind(run[1], spec)
    return 0 if run[0] else 1


def _verify(
    found: Found, chosen: Request, run_options: RunOptions, save: str | None, format_: str
) -> tuple[bool, Sequence[Diagnostic]]:
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


def _slide(found: Found, chosen: Request, run_options: RunOptions, step: int, format_: str) -> tuple[bool, Sequence[Diagnostic]]:
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


def _train(
    found: Found, chosen: Request, run_options: RunOptions, options: TrainOptions, format_: str
) -> tuple[bool, Sequence[Diagnostic]]:
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


def _pixels(text: str) -> tuple[int, ...]:
    """Return the shift `1`, `1x0` or `-1x2`."""
    parts = text.split("x")
    if not all(part.removeprefix("-").isdecimal() and len(part) < _LONGEST_SHIFT for part in parts):
        raise click.UsageError(f"--shift is a number of pixels such as 1, or one for each axis, 1x-2, not {text!r}")
    return tuple(map(int, parts))


def _shift(
    found: Found, chosen: Request, run_options: RunOptions, shift: tuple[int, ...], format_: str
) -> tuple[bool, Sequence[Diagnostic]]:
    """Run the network on the image and on the moved image, and print how much of each layer changes."""
    from cnncalc.cli.output import note, say
    from cnncalc.reports import shifted as show
    from cnncalc.tasks.shifted import shifted
    from cnncalc.text.escape import json

    result = shifted(found, chosen, run_options, shift)
    for line in result.notes:
        note(line)
    say(json(show.as_dict(result)) if format_ == "json" else show.render(result))
    return True, result.report.diagnostics


def _check_folder(path: str | None) -> None:
    """Refuse a missing folder before the network runs, not after."""
    folder = os.path.dirname(path) or "." if path else "."  # noqa: PTH120
    if not os.path.isdir(folder):  # noqa: PTH112
        raise click.UsageError(f"--save: there is no folder {folder}")


def _save(path: str, result: Verified) -> None:
    """Write the outputs as an .npz file, in one step."""
    from cnncalc.reports.verify import results
    from cnncalc.transforms.weights import save
    from cnncalc.workspace.files import replace

    replace(path, lambda file: save(file, results(result)))
