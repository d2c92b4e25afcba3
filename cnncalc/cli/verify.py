"""`cnncalc verify`: runs the network on real arrays and checks every inferred shape against them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import asked, check_paths, checked_mode, located, requested

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Unpack

    from cnncalc.kernels.conv import Algorithm
    from cnncalc.request.options import Given

_EXCLUDED = (
    ("--gradient", "--gradient prints gradients: it", ("--backward", "--train", "--shift", "--sliding", "--save", "--layers")),
    ("--backward", "--backward and --train", ("--sliding", "--shift", "--save", "--print", "--layers")),
    ("--train", "--backward and --train", ("--sliding", "--shift", "--save", "--print", "--layers")),
    ("--shift", "--shift compares layers: it", ("--save", "--print", "--layers", "--sliding")),
    ("--sliding", "--sliding compares scores: it", ("--save", "--print", "--layers")),
)
"""Options with what cannot be combined with them, and how a message begins."""
_BELONGS = (
    ("--step", ("--sliding",)),
    ("--digits", ("--print", "--gradient")),
    ("--loss", ("--train", "--backward")),
    ("--rate", ("--train", "--backward")),
    ("--decay", ("--train", "--backward")),
    ("--bias-rate", ("--train", "--backward")),
    ("--bias-decay", ("--train", "--backward")),
)
"""Options with those that they belong to."""


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
    "--digits",
    metavar="N",
    type=click.IntRange(1, 17),
    help="With --print or --gradient: significant digits; all of them unless given.",
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
    "--gradient",
    metavar="FILE.npy|VALUES",
    multiple=True,
    help="The gradient of the output: print those of the image and of the weights; one for each of several outputs: main=1 2 3.",
)
@click.option(
    "--loss",
    show_default="softmax",
    type=click.Choice(("softmax", "svm")),
    help="Loss of --backward and --train, on random classes.",
)
@click.option(
    "--rate", default="", metavar="RATE[,RATE@STEP]", help="Learning rate, and later ones: 0.1,0.01@30; the optimizer's usual one."
)
@click.option("--decay", type=click.FloatRange(0), metavar="LAMBDA", help="Weight decay, 0.0005 with --weight-decay.")
@click.option("--bias-rate", type=click.FloatRange(0), metavar="TIMES", help="What multiplies the rate of biases: Caffe's lr_mult.")
@click.option(
    "--bias-decay", type=click.FloatRange(0), metavar="TIMES", help="What multiplies the decay of biases: Caffe's decay_mult."
)
@click.option("--init", default="", metavar="HOW", help="Random weights to begin with: gaussian=0.01, he or constant=0.")
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
    gradient: tuple[str, ...],
    loss: str | None,
    rate: str,
    decay: float | None,
    bias_rate: float | None,
    bias_decay: float | None,
    init: str,
    force: bool,  # noqa: FBT001
    format_: str,
    **given: Unpack[Given],
) -> int:
    """Run the forward pass of SPEC in NumPy; exit with 1 where a shape or a count is not as inferred.

    Example: cnncalc verify vgg16 --image cat.jpg
    """
    from cnncalc.cli import _verify_modes as modes
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
    run_options = RunOptions(image, array, weights, seed, algorithm, threads, names, force, shown, digits, init)
    said = {"--gradient": gradient, "--backward": backward, "--train": train, "--shift": shift, "--sliding": sliding}
    said |= {"--save": save, "--print": shown, "--layers": names, "--step": step}
    details = {"--digits": digits, "--loss": loss, "--rate": rate or None, "--decay": decay}  # 0 is a value of them
    details |= {"--bias-rate": bias_rate, "--bias-decay": bias_decay}
    _check_together({option for option, value in said.items() if value} | {o for o, value in details.items() if value is not None})
    _check_folder(save)
    read = {f"the input {word}": word.rpartition("=")[2] for word in (*array, *image)}
    read |= {f"the gradient {word}": word.rpartition("=")[2] for word in gradient}
    read |= {f"the weights {word}": word for word in weights}
    check_paths({"--save": save}, {"SPEC": spec, **{what: path for what, path in read.items() if not is_typed(path)}})
    found = located(spec)
    try:
        with checked_mode():
            if gradient:
                run = modes.gradient(found, chosen, run_options, gradient, format_)
            elif backward or train:
                options = TrainOptions(
                    backward, train, loss or TrainOptions().loss, rate, decay, *_of_biases(bias_rate, bias_decay)
                )
                run = modes.train(found, chosen, run_options, options, format_)
            elif shift:
                run = modes.shift(found, chosen, run_options, shift, format_)
            elif sliding:
                run = modes.slide(found, chosen, run_options, step, format_)
            else:
                run = modes.forward(found, chosen, run_options, save, format_)
    except BadRunOptionError as error:
        raise click.UsageError(str(error)) from None
    remind(run[1], spec)
    return 0 if run[0] else 1


def _check_together(used: Collection[str]) -> None:
    """Refuse options that exclude each other, and those without the one that they belong to."""
    for option, owners in _BELONGS:
        if option in used and not any(owner in used for owner in owners):
            message = f"{option} belongs to {' and '.join(owners)}"
            raise click.UsageError(message)
    for option, begin, others in _EXCLUDED:
        if option in used and any(other in used for other in others):
            message = f"{begin} cannot be combined with {', '.join(others[:-1])} or {others[-1]}"
            raise click.UsageError(message)


def _of_biases(rate: float | None, decay: float | None) -> tuple[float, float]:
    """Return the multipliers of biases, 1 unless given."""
    return 1.0 if rate is None else rate, 1.0 if decay is None else decay


def _check_folder(path: str | None) -> None:
    """Refuse a missing folder before the network runs, not after."""
    folder = os.path.dirname(path) or "." if path else "."  # noqa: PTH120
    if not os.path.isdir(folder):  # noqa: PTH112
        raise click.UsageError(f"--save: there is no folder {folder}")
