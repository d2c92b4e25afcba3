"""A training step on real arrays: forward, loss, backward, the optimizer's step; and its live bytes at each moment.

The step follows the data alone. A volume lives until its last reader has run, or until the backward step of a layer that keeps it;
nothing here reads the predicted timeline. The bytes are those of arrays that Python has not freed (`Live`): volumes, what layers
keep, gradients, parameters, the optimizer's state, the loss. The scratch of a kernel is not among them, since every framework has
other kernels.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import numpy as np

from cnncalc.analyses.storages import storages
from cnncalc.forward.backward_check import kept, reduced
from cnncalc.forward.live import Live, memory_of
from cnncalc.forward.run import arrays_of, flips, transposed
from cnncalc.forward.updates import UPDATES, Step
from cnncalc.kernels.parallel import by_products
from cnncalc.layers.base import How, Wanted
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from cnncalc.analyses.trainable import Trainable
    from cnncalc.forward.losses import Classes, Loss
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.layers.base import Kept, Tensor
    from cnncalc.request.training import Training

SCALAR = np.float32


class Measured(NamedTuple):
    """The live bytes at one moment of a training step."""

    node: int
    phase: str
    """`forward`, `loss`, `backward` or `step`."""
    bytes: int


class Taught(NamedTuple):
    """A training step."""

    loss: float
    moments: Sequence[Measured]


class Plan(NamedTuple):
    """How a network is trained on arrays."""

    setup: Training
    loss: Loss
    rate: float
    """The learning rate at first."""
    decay: float
    """Weight decay; 0 for none."""
    seed: int
    later: tuple[tuple[int, float], ...] = ()
    """Steps, from 1, and the learning rates from each of them on."""
    bias_rate: float = 1.0
    """What multiplies the learning rate of biases and shifts (Caffe's `lr_mult`)."""
    bias_decay: float = 1.0
    """What multiplies the weight decay of biases and shifts (Caffe's `decay_mult`)."""

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, from 1."""
        return [self.rate, *(rate for since, rate in self.later if since <= step)][-1]


class _Gradient:
    """A gradient and the memory it lies in; `holders` counts the gradients in that memory."""

    __slots__ = ("holders",)

    def __init__(self) -> None:
        self.holders = 1


class _Given(NamedTuple):
    """The gradient of a node's output."""

    array: Array
    memory: _Gradient
    view: bool


_New = tuple[int, _Given]
"""A gradient for a node."""
_Named = tuple[tuple[int, str], "Array"]
"""A gradient of a learned array, with the node and the name of that."""


class Trainer:
    """A network with its weights, gradients and optimizer; `step` trains it on one batch."""

    def __init__(self, network: Network, weights: Weights, learns: Trainable, plan: Plan) -> None:
        self.network = network
        self.nodes, self.typed = network.nodes, network.typed
        self.plan = plan
        self.learns = learns
        self.live = Live()
        self.weights = {at: _stored(arrays, network.typed[at].tensors) for at, arrays in weights.items()}
        self.live.track(*(array for arrays in self.weights.values() for array in arrays.values()))
        self.learned = [
            (at, tensor.name)
            for at, tensors in enumerate(learns.tensors)
            if learns.learned[at]
            for tensor in tensors
            if tensor.role != "buffer"
        ]
        self.roles = {(at, tensor.name): tensor.role for at, tensors in enumerate(learns.tensors) for tensor in tensors}
        self.update = UPDATES[plan.setup.optimizer]
        self.state = [self.update.state(self.weights[at][name]) for at, name in self.learned]
        self.live.track(*(array for arrays in self.state for array in arrays))
        self.places = storages(network, learns.depends, learns.learned, training=plan.setup.norm_training)
        self.count = 0

    def step(self, images: Sequence[Array], classes: Sequence[Classes]) -> Taught:
        """Train on a batch: images for each input, classes for each output. The arrays are the caller's and live all the while."""
        self.count += 1
        with self.alone():
            return self._step(images, classes)

    @contextmanager
    def alone(self) -> Generator[None]:
        """Run kernels on this thread: helpers would hold arrays for an instant after their work."""
        with by_products(), np.errstate(all="ignore"):
            yield

    def _step(self, images: Sequence[Array], classes: Sequence[Classes]) -> Taught:
        lesson = Lesson(self, images, classes)
        lesson.forward()
        value = lesson.losses()
        lesson.backward()
        lesson.forget()
        self._move(lesson)
        return Taught(value, lesson.moments)

    def _move(self, lesson: Lesson) -> None:
        """Take the optimizer's step; the gradients end with it."""
        most = self.live.bytes

        def hold(arrays: Sequence[Array]) -> None:
            nonlocal most
            self.live.track(*arrays)
            most = max(most, self.live.bytes)

        names = [name for name in self.learned if name in lesson.grads]
        state = [state for state, name in zip(self.state, self.learned, strict=True) if name in lesson.grads]
        parameters = [self.weights[at][name] for at, name in names]
        gradients = [lesson.grads[name] for name in names]
        rate, plan = self.plan.rate_at(self.count), self.plan
        biases = [self.roles[name] == "bias" for name in names]
        rates = [rate * plan.bias_rate if bias else rate for bias in biases]
        decays = [plan.decay * plan.bias_decay if bias else plan.decay for bias in biases]
        self.update.step(Step(parameters, gradients, state, self.count, rates, decays, hold))
        lesson.moments.append(Measured(len(self.nodes) - 1, "step", most))

    def arrays(self, at: int) -> Mapping[str, Array]:
        """Return the arrays of a node, or those of the nodes whose weights it takes."""
        return arrays_of(self.nodes, self.typed, self.weights, at)


def _stored(arrays: Mapping[str, Array], tensors: Sequence[Tensor]) -> dict[str, Array]:
    """Return the arrays of a layer as they are stored; counters are integers of 8 bytes."""
    counters = {tensor.name for tensor in tensors if tensor.fixed_bytes}
    return {name: cast("Array", array.astype(np.int64)) if name in counters else array for name, array in arrays.items()}


class Lesson:
    """One pass forward and back."""

    def __init__(self, trainer: Trainer, images: Sequence[Array], classes: Sequence[Classes]) -> None:
        self.trainer = trainer
        self.network, self.live = trainer.network, trainer.live
        self.nodes, self.typed = self.network.nodes, self.network.typed
        self.depends, self.learned = trainer.learns.depends, trainer.learns.learned
        self.places = trainer.places
        self.classes = classes
        self.live.track(*images, *classes)
        self.volumes: dict[int, Array] = dict(zip(self.network.inputs, images, strict=True))
        self.waiting = [0] * len(self.nodes)
        for node in self.nodes:
            for each in node.inputs:
                self.waiting[each] += 1
        for at in (*self.network.inputs, *(output.at for output in self.network.outputs)):
            self.waiting[at] += 1  # the caller holds images and results
        self.kept: dict[int, Kept] = {}
        self.gradients: dict[int, _Given] = {}
        self.grads: dict[tuple[int, str], Array] = {}
        self.moments: list[Measured] = []
        self.scalars: list[Array] = []
        self.watched: dict[int, Array | None] = {}
        """The nodes whose gradients are to be remembered, and these."""

    def moment(self, node: int, phase: str) -> None:
        """Record the live bytes."""
        self.moments.append(Measured(node, phase, self.live.bytes))

    # forward

    def forward(self) -> None:
        """Run each node once."""
        for at, node in enumerate(self.nodes):
            if node.inputs:
                self._run(at)
            self.moment(at, "forward")
            for each in node.inputs:
                self._read(each)
            if not self.waiting[at]:
                del self.volumes[at]

    def _read(self, at: int) -> None:
        """Let go of a volume that has been read for the last time."""
        self.waiting[at] -= 1
        if not self.waiting[at]:
            del self.volumes[at]

    def _run(self, at: int) -> None:
        """Compute a volume, and hold what the layer keeps of it."""
        inputs = tuple(self.volumes[each] for each in self.nodes[at].inputs)
        fact, plan = self.places.keeps[at], self.trainer.plan
        overwrites = self.places.of[at] != at and self.places.facts[at].storage == "in place"
        chance = np.random.default_rng([plan.seed, self.trainer.count, at]) if plan.setup.norm_training else None
        how = How("auto", (overwrites, *(False,) * (len(inputs) - 1)), (), chance, self._wanted(at))
        passed = self.typed[at].layer.train(inputs, self.trainer.arrays(at), how)
        output = self._placed(passed.output, inputs, overwrites=overwrites)
        self.live.track(output)
        self.volumes[at] = output
        if self.depends[at]:
            self.live.track(*passed.saved.values())
            self.kept[at] = kept(fact, inputs, passed._replace(output=output), overwritten=overwrites)

    def _placed(self, output: Array, inputs: Sequence[Array], *, overwrites: bool) -> Array:
        """Return an output in memory of its own size, or in that of the input that it overwrites."""
        if any(memory_of(output) is memory_of(each) for each in inputs):
            return output
        if overwrites:
            np.copyto(inputs[0], output.reshape(inputs[0].shape))
            return inputs[0].reshape(output.shape)
        return output if memory_of(output).nbytes == output.nbytes else output.copy()

    # the loss

    def start(self, slopes: Mapping[int, Array]) -> None:
        """Start the backward pass from given gradients of outputs, by their nodes, in place of a loss."""
        for at, slope in slopes.items():
            self.live.track(slope)
            self.give(at, _Given(slope, _Gradient(), view=False))

    def losses(self) -> float:
        """Compute the loss of each output, and start the backward pass from its gradient; return the sum."""
        outputs = list(zip(self.network.outputs, self.classes, strict=True))
        held: list[tuple[Array, Array]] = []
        total = sum(self._loss(output.at, classes, held) for output, classes in outputs)
        self.scalars.append(np.ones((), SCALAR))
        self.live.track(self.scalars[-1])
        for output, classes in reversed(outputs):
            self._loss_back(output.at, classes, held)
        return total

    def _loss(self, at: int, classes: Classes, held: list[tuple[Array, Array]]) -> float:
        """Compute the loss of an output; what it keeps, and its divisor, go to `held`."""
        loss = self.trainer.plan.loss
        logs = loss.keep(self.volumes[at].reshape(*classes.shape, -1), classes)
        value = float(loss.value(logs, classes).mean(dtype=np.float64))
        held.append((logs, np.array(classes.size, SCALAR)))
        self.scalars.append(np.array(value, SCALAR))
        self.live.track(*held[-1], self.scalars[-1])
        self.moment(at, "loss")
        return value

    def _loss_back(self, at: int, classes: Classes, held: list[tuple[Array, Array]]) -> None:
        """Compute the gradient of an output; what its loss keeps ends here."""
        logs, _ = held[-1]
        inner = self.trainer.plan.loss.inner(logs, classes)
        outer = self.trainer.plan.loss.outer(logs, inner)
        self.live.track(inner, outer)
        self.moment(at, "loss")
        held.pop()
        if self.depends[at]:
            del logs, inner
            self.give(at, _Given(outer.reshape(self.volumes[at].shape), _Gradient(), view=False))

    # backward

    def backward(self) -> None:
        """Walk back in exact reverse order."""
        for at in range(len(self.nodes) - 1, 0, -1):
            if self.depends[at] and self.nodes[at].inputs:
                self._back(at)
        for at in self.network.inputs:
            if at in self.gradients:
                self._see(at, self.gradients[at])

    def _back(self, at: int) -> None:
        """Run the backward step of a node, and hand the gradients on to its inputs."""
        given = self.gradients.get(at)
        if given is None:  # nothing that learns reads it
            self.kept.pop(at, None)
            return
        self._see(at, given)
        new, own = self._gradients(at, given)
        smaller = self._first_reduced(at, new)
        self.moment(at, "backward")
        for name, gradient in own:
            self.grads[name] += gradient
        own.clear()
        if smaller is not None:
            new[smaller[0]][1].memory.holders -= 1
            new[smaller[0]] = smaller[1]
            del smaller
        del self.gradients[at]
        given.memory.holders -= 1
        self.kept.pop(at, None)
        del given
        while new:
            self.give(*new.pop(0))

    def _first_reduced(self, at: int, new: Sequence[_New]) -> tuple[int, _New] | None:
        """Return the first of the new gradients that is larger than its input, summed to the size of the input.

        It is summed before the step of the node has ended, unless the node only hands on the gradient of its output.
        """
        if self.places.keeps[at].gradient in {"same", "views"}:
            return None
        for index, (source, each) in enumerate(new):
            if each.array.shape != self._shape(source, each):
                return index, (source, self._reduced(source, each))
        return None

    def _gradients(self, at: int, given: _Given) -> tuple[list[_New], list[_Named]]:
        """Return the gradients of a node's inputs, and those of weights that are to be added to earlier ones."""
        node = self.nodes[at]
        arrays = self.trainer.arrays(at)
        found = self.typed[at].layer.backward(self.kept[at], given.array, arrays, self._wanted(at))
        new: list[_New] = []
        for source, gradient in zip(node.inputs, found.inputs, strict=True):
            if gradient is None or not self.depends[source]:
                continue
            if memory_of(gradient) is memory_of(given.array):
                given.memory.holders += 1
                new.append((source, _Given(gradient, given.memory, view=gradient is not given.array)))
            else:
                owned = gradient if memory_of(gradient).nbytes == gradient.nbytes else gradient.copy()
                self.live.track(owned)
                new.append((source, _Given(owned, _Gradient(), view=False)))
        return new, self._own(at, found.weights)

    def _wanted(self, at: int) -> Wanted:
        """Return the gradients that the backward step of a node computes."""
        node = self.nodes[at]
        learns = any(self.learned[each] for each in (*node.owners, at))
        return Wanted(tuple(self.depends[each] for each in node.inputs), weights=learns)

    def _own(self, at: int, found: Mapping[str, Array]) -> list[_Named]:
        """Hold the gradients of learned arrays; return those that an earlier one of the same array waits for."""
        node = self.nodes[at]
        waiting: list[_Named] = []
        for name, gradient in found.items():
            owner = node.shared if node.shared >= 0 else at
            array = gradient
            if node.tied >= 0 and name == "weight":
                owner, array = node.tied, transposed(gradient, flips=flips(self.typed[node.tied].layer))
            if not self.learned[owner]:
                continue
            array = array if memory_of(array).nbytes == array.nbytes else array.copy()
            self.live.track(array)
            if (owner, name) in self.grads:
                waiting.append(((owner, name), array))
            else:
                self.grads[owner, name] = array
        return waiting

    def watch(self, nodes: Iterable[int]) -> None:
        """Remember the gradients of these nodes' outputs."""
        self.watched.update(dict.fromkeys(nodes))

    def _see(self, at: int, given: _Given) -> None:
        """Remember a gradient that is watched, in the size of the volume."""
        if at in self.watched:
            self.watched[at] = reduced(given.array, self._shape(at, given)).copy()

    def _shape(self, at: int, gradient: _Given) -> tuple[int, ...]:
        """Return the shape of a node's output."""
        volume = self.typed[at].output
        return (gradient.array.shape[0], *reversed(volume.size), volume.depth)

    def _reduced(self, at: int, gradient: _Given) -> _Given:
        """Return the gradient of a spread input, summed to its size."""
        smaller = reduced(gradient.array, self._shape(at, gradient))
        self.live.track(smaller)
        return _Given(smaller, _Gradient(), view=False)

    def give(self, at: int, gradient: _Given) -> None:
        """Add a gradient to a node's output; a second one is added to the first, in place where nothing else needs that."""
        if gradient.array.shape != self._shape(at, gradient) and not gradient.view:
            gradient.memory.holders -= 1
            gradient = self._reduced(at, gradient)
        first = self.gradients.get(at)
        if first is None:
            self.gradients[at] = gradient
            return
        if first.memory.holders == 1 and not first.view:
            np.add(first.array, gradient.array, out=first.array)
        else:
            both = first.array + gradient.array
            self.live.track(both)
            self.moment(at, "backward")
            first.memory.holders -= 1
            self.gradients[at] = _Given(both, _Gradient(), view=False)
        gradient.memory.holders -= 1

    def forget(self) -> None:
        """Let go of the results and the loss."""
        self.scalars.clear()
        self.volumes.clear()
        self.gradients.clear()
