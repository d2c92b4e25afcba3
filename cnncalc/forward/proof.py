"""The proofs of a backward pass: the gradients of each layer, those of the whole network, and its memory moment by moment."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward.backward_check import Check, Pass, check, spread
from cnncalc.forward.data import random_classes
from cnncalc.forward.run import arrays_of
from cnncalc.forward.training import Lesson, Trainer
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.forward.losses import Classes
    from cnncalc.forward.training import Measured, Plan
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array

IMAGES = 2
"""Images for the check of one layer: statistics of a batch need more than one."""
LARGE = 200_000
"""Values of a volume from which one image is enough for the check of a layer."""
LAYER_TOLERANCE = 2e-3
"""The largest error of one layer."""
NETWORK_TOLERANCE = 2e-2
"""The largest error of a whole network, where more values cross the corner of a rectifier."""
STEP = 1e-9
"""The largest change of a weight: small enough that few activations cross the corner of a rectifier."""
FAINT = 1e-2
"""The norm of a gradient, as a part of the largest one, below which an array weighs less in the derivative of the network."""

NOISE = 0.01
"""What is added to the images of the network's check, so that two copies of one image differ."""


class LayerProof(NamedTuple):
    """The gradients of a layer beside central differences."""

    learned: tuple[str, ...]
    """The learned arrays that have a gradient, beside its inputs."""
    check: Check | None
    """None for an input of the network."""

    @property
    def passed(self) -> bool:
        """Return whether the gradients agree, or there are none."""
        return self.check is None or self.check.error <= LAYER_TOLERANCE


class Memory(NamedTuple):
    """The live bytes of a training step, measured and predicted, moment by moment."""

    measured: Sequence[Measured]
    predicted: Sequence[int]
    """Without the scratch of layers' own steps, which is another one in each framework."""
    peak: int
    """The predicted peak with that scratch."""

    @property
    def differences(self) -> list[tuple[Measured, int]]:
        """Return the moments that were predicted otherwise, as far as both go."""
        pairs = zip(self.measured, self.predicted, strict=False)
        return [(moment, told) for moment, told in pairs if moment.bytes != told]

    @property
    def passed(self) -> bool:
        """Return whether every moment is as predicted."""
        return len(self.measured) == len(self.predicted) and not self.differences

    @property
    def largest(self) -> Measured:
        """Return the largest moment measured, the first of equal ones."""
        return max(self.measured, key=lambda moment: moment.bytes)


class Proved(NamedTuple):
    """A backward pass with its proofs, and the losses of the steps that trained."""

    report: Analysis
    layers: Sequence[LayerProof]
    """Empty where only training was asked for."""
    network: Check | None
    memory: Memory
    losses: Sequence[float]
    plan: Plan
    batch: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether all gradients agree, and all memory is as predicted."""
        gradients = self.network is None or self.network.error <= NETWORK_TOLERANCE
        return all(layer.passed for layer in self.layers) and gradients and self.memory.passed


def layers(network: Network, weights: Weights, learns: Trainable, plan: Plan, tell: Callable[[int], object]) -> list[LayerProof]:
    """Return the proof of each layer on random inputs of float64; layers with equal facts are computed once."""
    known: dict[object, LayerProof] = {}
    found: list[LayerProof] = []
    for at, (node, typed) in enumerate(zip(network.nodes, network.typed, strict=True)):
        if not node.inputs:
            found.append(LayerProof((), None))
        else:
            proof = known.get(typed)
            if proof is None:
                proof = known[typed] = _layer(network, at, weights, learns, plan)
            found.append(proof)
        tell(at + 1)
    return found


def _layer(network: Network, at: int, weights: Weights, learns: Trainable, plan: Plan) -> LayerProof:
    """Return the proof of one layer; its weights are those of the network."""
    node, typed = network.nodes[at], network.typed[at]
    arrays = {name: array.astype(np.float64) for name, array in arrays_of(network.nodes, network.typed, weights, at).items()}
    owner = node.shared if node.shared >= 0 else at
    names = [tensor.name for tensor in learns.tensors[owner] if tensor.role != "buffer"]
    learned = [*(["weight"] if node.tied >= 0 else []), *names]
    fact = typed.layer.keeps(typed.inputs, typed.output, training=plan.setup.norm_training)
    alone = typed.layer.keeps_for(fact.otherwise or fact, typed.inputs, [True] * len(typed.inputs), learns=bool(learned))
    rng = np.random.default_rng([plan.seed, zlib.crc32(typed.layer.text().encode())])
    run = Pass(typed.layer, plan.setup.norm_training, plan.seed)
    images = 1 if max(each.values for each in (*typed.inputs, typed.output)) > LARGE else IMAGES
    inputs = [rng.standard_normal((images, *reversed(each.size), each.depth)) for each in typed.inputs]
    with np.errstate(all="ignore"):
        if not np.isfinite(run.run(inputs, arrays).output).all():  # a function of numbers above zero, such as a logarithm
            inputs = [np.abs(each) + 0.5 for each in inputs]
        return LayerProof(tuple(learned), check(run, inputs, arrays, learned, alone, rng))


def whole(network: Network, weights: Weights, learns: Trainable, plan: Plan, images: Sequence[Array]) -> Check:
    """Return the derivative of the loss along a random direction of all learned arrays, in float64, on a few of the images."""
    wide: Weights = {at: {name: array.astype(np.float64) for name, array in arrays.items()} for at, arrays in weights.items()}
    rng = np.random.default_rng([plan.seed, 2])
    few = [np.resize(image[:IMAGES], (IMAGES, *image.shape[1:])).astype(np.float64) for image in images]
    few = [image + NOISE * rng.standard_normal(image.shape) for image in few]
    return _along(Trainer(network, wide, learns, plan), few, random_classes(network, IMAGES, plan.seed))


def _along(trainer: Trainer, images: Sequence[Array], classes: Sequence[Classes]) -> Check:
    """Return the derivative of the loss along a random direction of all learned arrays."""
    with trainer.alone():
        lesson = Lesson(trainer, images, classes)
        lesson.forward()
        lesson.losses()
        lesson.backward()
        grads = lesson.grads
        del lesson
        norms = {name: float(np.linalg.norm(array)) for name, array in grads.items()}
        least = FAINT * max(norms.values(), default=1.0) or 1.0
        scales = {name: 1 / max(norm, least) for name, norm in norms.items()}
        ways = _ways(trainer, scales)
        derivative = sum(scales[name] * float(np.vdot(grads[name], way)) for name, way in zip(scales, ways, strict=True))
        del ways
        grads.clear()
        step = STEP / max(scales.values(), default=1.0)
        return Check(derivative, _difference(trainer, scales, step, images, classes), len(scales))


def _ways(trainer: Trainer, names: Mapping[tuple[int, str], float]) -> list[Array]:
    """Return a random direction of each array, the same in each call."""
    seed = trainer.plan.seed
    return [
        spread(np.random.default_rng([seed, at, zlib.crc32(name.encode())]), trainer.weights[at][name].shape) for at, name in names
    ]


def _difference(
    trainer: Trainer,
    scales: Mapping[tuple[int, str], float],
    step: float,
    images: Sequence[Array],
    classes: Sequence[Classes],
) -> float:
    """Return the central difference of the loss along the direction; the weights are as before afterwards."""

    def move(by: float) -> None:
        for (at, name), way in zip(scales, _ways(trainer, scales), strict=True):
            trainer.weights[at][name] += by * scales[at, name] * way

    def loss() -> float:
        lesson = Lesson(trainer, images, classes)
        lesson.forward()
        return lesson.losses()

    move(step)
    above = loss()
    move(-2 * step)
    below = loss()
    move(step)
    return (above - below) / (2 * step)
