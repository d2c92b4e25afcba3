"""The training step that a request asks for, with checkpoints or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import checkpointing, trainable
from cnncalc.analyses.training_memory import training

if TYPE_CHECKING:
    from cnncalc.analyses.subject import Subject
    from cnncalc.analyses.training_memory import TrainingStep


def analyse(subject: Subject) -> TrainingStep:
    """Return the step, moment by moment."""
    if subject.setup.checkpoint:
        return subject.of(checkpointing.analyse)[1].training
    return training(subject.network, subject.setup, (), subject.of(trainable.analyse))


def peak(subject: Subject) -> int:
    """Return the bytes of the largest moment for the batch."""
    return subject.of(analyse).peak(subject.batch).at(subject.batch)
