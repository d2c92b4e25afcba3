"""What training needs, storage by storage: the forward pass, what is kept, the backward sweep, the optimizer's step.

Every moment is `fixed + per image x batch` bytes, so one walk serves all batches, and the peak is convex in the batch.
The rules are those of docs/memory.md, measured on PyTorch 2.13 (eager).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analyses.optimizers import OPTIMIZERS, optimizer_memory
from cnncalc.analyses.storages import Storages, storages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.analyses.optimizers import Shape
    from cnncalc.graph.graph import InferredGraph
    from cnncalc.layers.base import Keeps, Tensor

TARGET_BYTES = 8  # an int64 class for each position of the output
SCALAR_BYTES = 4  # the loss, the weight it is divided by, and the gradient it starts from are float32 numbers


class Mode(NamedTuple):
    """How a network is trained."""

    optimizer: str = "momentum"
    weight_decay: bool = False
    frozen: Callable[[str], bool] | None = None
    """Tells by its name whether a layer's parameters are frozen."""
    norm_training: bool = True
    """Whether batch norms use the statistics of the batch, and dropout drops."""
    size: int = 4
    """Bytes per number of activations."""
    parameter_size: int = 4
    """Bytes per number of parameters, gradients and optimizer state."""
    cast_size: int = 0
    """Autocast: bytes per parameter of the copies in 16 bit."""


class Moment(NamedTuple):
    """Bytes at one point of a training step."""

    fixed: int
    per_image: int
    node: int
    phase: str
    """`forward`, `loss`, `backward` or `step`."""

    def at(self, batch: int) -> int:
        """Return the bytes for a batch."""
        return self.fixed + self.per_image * batch


class Training(NamedTuple):
    """A training step, moment by moment, and what it consists of."""

    moments: Sequence[Moment]
    parameters: int
    buffers: int
    gradients: int
    state: int
    kept_fixed: int
    kept_per_image: int
    batch_per_image: int
    kept: Sequence[int]
    """The nodes whose storages are kept for backward."""

    def peak(self, batch: int) -> Moment:
        """Return the largest moment for a batch."""
        return max(self.moments, key=lambda moment: moment.fixed + moment.per_image * batch)

    def activations(self, batch: int) -> int:
        """Return the bytes that are kept for backward, the loss's among them; images and targets apart."""
        return self.kept_fixed + self.kept_per_image * batch


def training(inferred: InferredGraph, mode: Mode) -> Training:
    """Return the memory of one training step with cross entropy on each output."""
    return _Sweep(inferred, mode).run()


class _Gradient:
    """A gradient's storage: its bytes per image, and how many gradients are it or a part of it."""

    __slots__ = ("bytes", "holders")

    def __init__(self, bytes_: int) -> None:
        self.bytes = bytes_
        self.holders = 1


class _Sweep:
    def __init__(self, inferred: InferredGraph, mode: Mode) -> None:
        self.inferred = inferred
        self.mode = mode
        self.nodes = inferred.graph.nodes
        self.tensors = [self._tensors(at) for at in range(len(self.nodes))]
        self.learned = [self._learned(at) for at in range(len(self.nodes))]
        self.learning = self._learning()
        self.run_storages: Storages = storages(inferred, self.learning, training=mode.norm_training)
        self.fixed = 0
        self.live = 0
        self.moments: list[Moment] = []
        self.kept_fixed = 0
        self.kept_live = 0
        self.kept_count = [0] * len(self.nodes)
        self.gradients: list[tuple[_Gradient, bool] | None] = [None] * len(self.nodes)

    # facts

    def _tensors(self, at: int) -> tuple[Tensor, ...]:
        known, node = self.inferred.known[at], self.nodes[at]
        assert known is not None  # noqa: S101  an incomplete graph ends in SpecError before any analysis
        return known.layer.weights(known.inputs[0]) if known.inputs and node.shared < 0 else ()

    def _learned(self, at: int) -> int:
        """Return how many of the node's numbers get a gradient."""
        if self.mode.frozen is not None and self.mode.frozen(self.nodes[at].name):
            return 0
        return sum(tensor.numbers.value for tensor in self.tensors[at] if tensor.role != "buffer")

    def _learning(self) -> list[bool]:
        """Return which outputs depend on something that learns: only they have a backward step."""
        learning: list[bool] = []
        for at, node in enumerate(self.nodes):
            source = node.shared if node.shared >= 0 else at
            learning.append(bool(self.learned[source]) or any(learning[each] for each in node.inputs))
        return learning

    # the step

    def run(self) -> Training:
        size = self.mode.parameter_size
        numbers = sum(tensor.numbers.value for tensors in self.tensors for tensor in tensors if tensor.role != "buffer")
        parameters = numbers * size
        buffers = sum(
            tensor.numbers.value * (tensor.fixed_bytes or size)
            for tensors in self.tensors
            for tensor in tensors
            if tensor.role == "buffer"
        )
        gradients = sum(self.learned) * size
        cost = optimizer_memory(OPTIMIZERS[self.mode.optimizer], self._shapes(), size, weight_decay=self.mode.weight_decay)
        image = self.run_storages.values[0] * self.mode.size
        targets = TARGET_BYTES * sum(self._positions(output.at) for output in self.inferred.graph.outputs)
        self.fixed = parameters + buffers + cost.state + numbers * self.mode.cast_size
        self.live = image + targets
        self._forward()
        kept_fixed, kept_live, kept = self.kept_fixed, self.kept_live, self._kept_nodes()
        self._losses()
        self._backward()
        step = parameters + buffers + gradients + cost.state + cost.transient
        self.moments.append(Moment(step, image + targets, len(self.nodes) - 1, "step"))
        loss_fixed, loss_live = self._loss_kept()
        return Training(
            self.moments,
            parameters,
            buffers,
            gradients,
            cost.state,
            kept_fixed + loss_fixed,
            kept_live + loss_live,
            image + targets,
            kept,
        )

    def _shapes(self) -> list[Shape]:
        return [
            tensor.shape
            for at, tensors in enumerate(self.tensors)
            for tensor in tensors
            if tensor.role != "buffer" and self.learned[at]
        ]

    def _positions(self, at: int) -> int:
        known = self.inferred.known[at]
        assert known is not None  # noqa: S101  an incomplete graph ends in SpecError before any analysis
        return known.output.values // known.output.depth

    def moment(self, node: int, phase: str, extra: int = 0) -> None:
        self.moments.append(Moment(self.fixed, self.live + extra, node, phase))

    def _forward(self) -> None:
        """Allocate each output while its inputs live; then free what nobody needs any more."""
        run, size = self.run_storages, self.mode.size
        waiting = list(run.readers)
        for output in self.inferred.graph.outputs:
            waiting[run.of[output.at]] += 1  # the caller holds the result
        waiting[0] += 1  # and the image
        for at, node in enumerate(self.nodes):
            own = run.of[at]
            if own == at and at:
                self.live += run.values[at] * size
            extra = 0
            if self.learning[at]:
                self._keep(at)
            else:
                extra = run.keeps[at].work_bytes
            self.moment(at, "forward", extra)
            for each in node.inputs:
                storage = run.of[each]
                waiting[storage] -= 1
                self._free(storage, waiting)
            if own == at:
                self._free(at, waiting)
        self.waiting = waiting

    def _keep(self, at: int) -> None:
        """Count what backward needs of this node."""
        run, fact = self.run_storages, self.run_storages.keeps[at]
        for storage in self._kept_storages(at):
            self.kept_count[storage] += 1
            if self.kept_count[storage] == 1 and storage:
                self.kept_live += run.values[storage] * self.mode.size
        fixed, extra = self._extra(fact)
        self.live += extra
        self.fixed += fixed
        self.kept_live += extra
        self.kept_fixed += fixed

    def _extra(self, fact: Keeps) -> tuple[int, int]:
        """Return the bytes that are kept beside inputs and outputs: once, and for each image."""
        size = self.mode.parameter_size
        return fact.statistics * size, fact.values * self.mode.size + fact.image_bytes + fact.image_statistics * size

    def _kept_storages(self, at: int) -> list[int]:
        run, fact = self.run_storages, self.run_storages.keeps[at]
        found = [run.of[each] for each in self.nodes[at].inputs] if fact.inputs else []
        return [*found, run.of[at]] if fact.output else found

    def _kept_nodes(self) -> list[int]:
        return [at for at, count in enumerate(self.kept_count) if count and at]

    def _free(self, storage: int, waiting: list[int]) -> None:
        if storage and not waiting[storage] and not self.kept_count[storage]:
            self.live -= self.run_storages.values[storage] * self.mode.size

    # the loss

    def _loss_size(self) -> int:
        """Return bytes per number of the loss, which half precision works out in float32."""
        return max(4, self.mode.size)

    def _loss_kept(self) -> tuple[int, int]:
        """Return what the losses keep: log-probabilities, and the number each is divided by."""
        outputs = self.inferred.graph.outputs
        return SCALAR_BYTES * len(outputs), self._loss_size() * sum(self.run_storages.values[output.at] for output in outputs)

    def _losses(self) -> None:
        """Work out cross entropy on each output, and start the backward pass from its gradient."""
        for output in self.inferred.graph.outputs:
            self.fixed += 2 * SCALAR_BYTES  # the loss and the weight it is divided by
            logs = self.run_storages.values[output.at] * self._loss_size()
            self.live += logs
            self.moment(output.at, "loss")
        self.fixed += SCALAR_BYTES  # the gradient of the loss itself
        for output in reversed(self.inferred.graph.outputs):
            logs = self.run_storages.values[output.at] * self._loss_size()
            gradient = self.run_storages.values[output.at] * self.mode.size
            self.live += 2 * logs
            self.moment(output.at, "loss")
            self.live -= 3 * logs
            self.fixed -= SCALAR_BYTES
            self.live += gradient
            if self.learning[output.at]:
                self.give(output.at, _Gradient(gradient), view=False)
            else:
                self.live -= gradient

    # backward

    def _backward(self) -> None:
        """Walk back in exact reverse order; each step allocates all its gradients before it frees anything."""
        for at in range(len(self.nodes) - 1, 0, -1):
            held = self.gradients[at]
            if held is None or not self.learning[at]:
                continue
            new = self._allocate(at, held[0])
            self.moment(at, "backward", self.run_storages.keeps[at].gradient_values * self.mode.size)
            self.gradients[at] = None
            self._release(held[0])
            self._forget(at)
            for source, gradient, view in new:
                self.give(source, gradient, view=view)

    def _allocate(self, at: int, given: _Gradient) -> list[tuple[int, _Gradient, bool]]:
        """Return the gradients of the inputs that need one; the parameters' are allocated with them."""
        fact = self.run_storages.keeps[at]
        self.fixed += self.learned[at] * self.mode.parameter_size
        new: list[tuple[int, _Gradient, bool]] = []
        for source in self.nodes[at].inputs:
            if not self.learning[source]:
                continue
            if fact.gradient in {"same", "views"}:
                given.holders += 1
                new.append((source, given, fact.gradient == "views" or fact.storage == "view"))
                continue
            values = self.run_storages.values[at if fact.gradient == "products" else source]
            self.live += values * self.mode.size
            new.append((source, _Gradient(values * self.mode.size), False))
        return new

    def _forget(self, at: int) -> None:
        """Free what the node kept."""
        fixed, extra = self._extra(self.run_storages.keeps[at])
        self.live -= extra
        self.fixed -= fixed
        for storage in self._kept_storages(at):
            self.kept_count[storage] -= 1
            self._free(storage, self.waiting)

    def give(self, node: int, gradient: _Gradient, *, view: bool) -> None:
        """Hand a gradient to a node's output; a second one is added to the first."""
        size = self.run_storages.values[node] * self.mode.size
        if gradient.bytes > size and not view:  # a product is reduced to what was spread
            reduced = _Gradient(size)
            self.live += size
            self._release(gradient)
            gradient = reduced
        first = self.gradients[node]
        if first is None:
            self.gradients[node] = (gradient, view)
        elif first[0].holders == 1 and not first[1]:
            self._release(gradient)
        else:
            self.live += size
            self.moment(node, "backward")
            self._release(first[0])
            self._release(gradient)
            self.gradients[node] = (_Gradient(size), False)

    def _release(self, gradient: _Gradient) -> None:
        gradient.holders -= 1
        if not gradient.holders:
            self.live -= gradient.bytes
