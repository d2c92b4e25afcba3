"""The gradients of a network, from a given gradient of its output: of its images, of each volume, of each learned array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward.losses import LOSSES
from cnncalc.forward.training import Lesson, Plan, Trainer
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.forward.selection import Part
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.request.training import Training


class Gradients(NamedTuple):
    """The gradients of a backward pass; zeros where the given gradients do not depend on a number."""

    volumes: Mapping[int, Array]
    """By node."""
    arrays: Mapping[tuple[int, str], Array]
    """By the node that stores an array, and its name."""


class Backpropagated(NamedTuple):
    """A network's gradients, as they are shown."""

    report: Analysis
    parts: Sequence[Part]
    left_out: Sequence[str]
    """The names of gradients that are not shown because they are many."""
    batch: int
    seed: int
    digits: int | None
    notes: tuple[str, ...] = ()


def everywhere(learns: Trainable) -> Trainable:
    """Return the trainable layers with a backward step for every layer: the gradient of the image is wanted, too."""
    return learns._replace(depends=[True] * len(learns.depends))


def learned_arrays(learns: Trainable) -> list[tuple[int, str]]:
    """Return the nodes and names of the arrays that are learned."""
    pairs = enumerate(zip(learns.tensors, learns.learned, strict=True))
    return [(at, tensor.name) for at, (own, numbers) in pairs if numbers for tensor in own if tensor.role != "buffer"]


def gradients(
    network: Network,
    weights: Weights,
    learns: Trainable,
    setup: Training,
    images: Sequence[Array],
    slopes: Mapping[int, Array],
    volumes: Collection[int],
    seed: int = 0,
) -> Gradients:
    """Return the gradients of the learned arrays and of these volumes, from the gradients of outputs by their nodes."""
    plan = Plan(setup._replace(optimizer="sgd"), LOSSES["softmax"], 0.0, 0.0, seed)
    trainer = Trainer(network, weights, everywhere(learns), plan)
    trainer.count = 1
    with trainer.alone():
        lesson = Lesson(trainer, [image.copy() for image in images], ())
        lesson.watch(volumes)
        lesson.forward()
        lesson.start({at: slope.copy() for at, slope in slopes.items()})
        lesson.backward()
        batch, dtype = images[0].shape[0], images[0].dtype
        found: dict[int, Array] = {}
        for at in volumes:
            volume, slope = network.typed[at].output, lesson.watched[at]
            found[at] = np.zeros((batch, *reversed(volume.size), volume.depth), dtype) if slope is None else slope
        arrays = {
            (at, name): lesson.grads[at, name] if (at, name) in lesson.grads else np.zeros_like(trainer.weights[at][name])
            for at, name in learned_arrays(learns)
        }
    return Gradients(found, arrays)
