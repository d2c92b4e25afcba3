"""The training step of a request, with or without checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import trainable
from cnncalc.analyses.figure import Figure
from cnncalc.analyses.training_memory import training
from cnncalc.layers.base import MEMORY, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.analyses.subject import Subject
    from cnncalc.analyses.training_memory import TrainingStep


def analyse(subject: Subject) -> TrainingStep:
    """Return the step, moment by moment."""
    if subject.setup.checkpoint:
        from cnncalc.analyses import checkpointing  # few ask for it

        return subject.of(checkpointing.analyse)[1].training
    return training(subject.network, subject.setup, (), subject.of(trainable.analyse))


def peak(subject: Subject) -> int:
    """Return the bytes of the largest moment for the batch."""
    return subject.of(analyse).peak(subject.batch).at(subject.batch)


def _step(value: Callable[[TrainingStep, int], int]) -> Callable[[Subject], int]:
    return lambda subject: value(subject.of(analyse), subject.batch)


FIGURES = (
    Figure(
        "memory.training.parameters",
        "bytes",
        "parameters during training",
        _step(lambda step, _: step.parameters),
        reads=(PARAMETERS,),
    ),
    Figure("memory.training.buffers", "bytes", "buffers during training", _step(lambda step, _: step.buffers), reads=(PARAMETERS,)),
    Figure(
        "memory.training.gradients",
        "bytes",
        "gradients of the parameters",
        _step(lambda step, _: step.gradients),
        reads=(PARAMETERS,),
    ),
    Figure(
        "memory.training.optimizer_state", "bytes", "state of the optimizer", _step(lambda step, _: step.state), reads=(PARAMETERS,)
    ),
    Figure(
        "memory.training.activations",
        "bytes",
        "volumes kept for backward, including those of the loss",
        _step(lambda step, batch: step.activations(batch)),
        better="less",
        reads=(PARAMETERS, MEMORY),
    ),
    Figure(
        "memory.training.batch", "bytes", "images and targets", _step(lambda step, batch: step.batch_per_image * batch), reads=()
    ),
    Figure(
        "memory.training.peak",
        "bytes",
        "the largest moment of a training step",
        lambda subject: subject.of(peak),
        better="less",
        synonyms=("memory.training",),
        reads=(PARAMETERS, MEMORY),
    ),
)
