"""`verify --backward` and `--train`: the straight line up to the report, then training steps on real arrays and their proofs."""

from __future__ import annotations

import time
from math import inf, isfinite, nan
from typing import TYPE_CHECKING

from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.training_memory import training
from cnncalc.forward import codes
from cnncalc.forward.outcome import BadRunOptionError
from cnncalc.named_tuple import NamedTuple
from cnncalc.pipeline import report
from cnncalc.tasks import verify
from cnncalc.text.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.forward.outcome import RunOptions
    from cnncalc.forward.proof import Memory, Proved
    from cnncalc.forward.training import Plan, Taught
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found

LOSS_NAMES = ("softmax", "svm")
_LONGEST = 10  # digits of the number of a step
DECAY = 5e-4
"""The usual weight decay: Krizhevsky et al. 2012; Simonyan and Zisserman 2014."""


class TrainOptions(NamedTuple):
    """What is asked of a backward pass."""

    prove: bool = False
    """Whether gradients are held against central differences."""
    steps: int = 0
    """Steps to train; without any, one step shows the memory."""
    loss: str = "softmax"
    rate: str = ""
    """The learning rate, `0.1`, also with later ones, `0.1,0.01@30`: from step 30 on; empty: the usual one of the optimizer."""
    decay: float | None = None
    """The weight decay; None: the usual one, if the request has weight decay."""
    bias_rate: float = 1.0
    """What multiplies the learning rate of biases."""
    bias_decay: float = 1.0
    """What multiplies the weight decay of biases."""


def proved(
    found: Found,
    settings: Request,
    run_options: RunOptions,
    options: TrainOptions,
    *,
    start: Callable[[int], object] = lambda _: None,
    tell: Callable[[int], object] = lambda _: None,
) -> Proved:
    """Return a spec's backward pass. `start` receives the number of layers and steps, `tell` the number of finished ones.

    Raises SpecError for a network that cannot run or learns nothing, BadRunOptionError for options that do not fit.
    """
    from cnncalc.forward import proof  # only commands that run networks need NumPy

    verify.check(settings, run_options)
    told: Analysis = report(found, settings)
    verify.can_run(told.network)
    plan = _plan(told, settings, run_options, options)
    told, own = verify.sized(told, settings, run_options)
    batch = told.batch
    learns = trainable(told.network, plan.setup.frozen)
    if not any(learns.learned):
        raise SpecError([Diagnostic(codes.NOTHING_LEARNED, "error", "no layer of the network learns: nothing can be trained")])
    step = training(told.network, plan.setup, (), learns)
    peak = step.peak(batch).at(batch)
    notes = verify.enough_memory(peak, force=run_options.force, what="a training step")
    layers, rounds = len(told.network.nodes) if options.prove else 0, options.steps or 1
    begun = time.perf_counter()
    with verify.crew(run_options.threads):
        read = verify.images(told.inputs, settings, run_options, carried=own)
        _, weights = verify.stored(told, settings, run_options)
        start(layers + rounds)
        shown = proof.layers(told.network, weights, learns, plan, tell) if options.prove else []
        chain = proof.whole(told.network, weights, learns, plan, read) if options.prove else None
        taught = _train(told.network, weights, learns, plan, read, rounds, lambda done: tell(layers + done))
    predicted = training(told.network, plan.setup, (), learns, scratch=False).sizes(batch)
    memory: Memory = proof.Memory(taught[-1].moments, predicted, peak)
    seconds = time.perf_counter() - begun
    losses = [each.loss for each in taught] if options.steps else []
    return proof.Proved(told, shown, chain, memory, losses, plan, batch, seconds, notes)


def _plan(told: Analysis, settings: Request, run_options: RunOptions, options: TrainOptions) -> Plan:
    """Return how the network is trained; BadRunOptionError for an optimizer or a loss that cannot run."""
    from cnncalc.forward.losses import LOSSES
    from cnncalc.forward.training import Plan
    from cnncalc.forward.updates import UPDATES

    setup = told.setup
    if setup.optimizer not in UPDATES:
        message = f"{setup.optimizer} has a state of 8 bits, and a run has numbers of {settings.dtype}; adam takes the same steps"
        raise BadRunOptionError(message)
    for name, number in (("decay", options.decay), ("bias-rate", options.bias_rate), ("bias-decay", options.bias_decay)):
        if number is not None and not isfinite(number):
            raise BadRunOptionError(f"--{name} is a finite number, not {number}")
    decay = (DECAY if options.decay is None else options.decay) if setup.weight_decay or options.decay else 0.0
    rate, *later = _rates(options.rate) or [(1, UPDATES[setup.optimizer].rate)]
    return Plan(
        setup._replace(weight_decay=bool(decay)),
        LOSSES[options.loss],
        rate[1],
        decay,
        run_options.seed,
        tuple(later),
        options.bias_rate,
        options.bias_decay,
    )


def _rates(text: str) -> list[tuple[int, float]]:
    """Return the steps and learning rates of `0.1,0.01@30`; BadRunOptionError for anything else."""
    found: list[tuple[int, float]] = []
    for part in text.split(",") if text else ():
        rate, sign, step = part.strip().partition("@")
        since = int(step) if step.isdecimal() and len(step) < _LONGEST else 0 if sign else 1
        number = _number(rate)
        if not 0 < number < inf or since <= (found[-1][0] if found else 0) or (not found and since != 1):
            message = f"a learning rate is a number above 0, with later ones such as 0.1,0.01@30, not {text[:80]!r}"
            raise BadRunOptionError(message)
        found.append((since, number))
    return found


def _number(text: str) -> float:
    """Return a number, or NaN."""
    try:
        return float(text)
    except ValueError:
        return nan


def _train(
    network: Network,
    weights: Weights,
    learns: Trainable,
    plan: Plan,
    images: Sequence[Array],
    steps: int,
    tell: Callable[[int], object],
) -> list[Taught]:
    """Return the training steps on one batch."""
    from cnncalc.forward.data import random_classes
    from cnncalc.forward.training import Trainer

    trainer = Trainer(network, weights, learns, plan)
    classes = random_classes(network, len(images[0]), plan.seed)
    found: list[Taught] = []
    for done in range(steps):
        found.append(trainer.step(images, classes))
        tell(done + 1)
    return found
