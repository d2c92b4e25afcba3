"""The memory of training, storage by storage: the forward pass, kept volumes, the backward sweep, the optimizer's step.

Every moment is `fixed + per image x batch` bytes, so one walk serves all batches, and the peak is convex in the batch.
docs/memory.md describes the rules, measured on PyTorch 2.13 (eager).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.precision import WHOLE, precision
from cnncalc.analyses.storages import Storages, storages
from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.weight_copies import WeightCopies
from cnncalc.layers.base import float_bytes
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.optimizers import OPTIMIZERS, optimizer_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.cut_points import Segment
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.graph.graph import Network
    from cnncalc.layers.base import Tensor
    from cnncalc.request.optimizers import Shape
    from cnncalc.request.training import Training

    _Part = tuple[int, bool]
TARGET_BYTES = 8  # an int64 class for each position of the output
SCALAR_BYTES = 4  # float32 numbers: the loss, its divisor, and the initial gradient


class Moment(NamedTuple):
    """Bytes at one point of a training step."""

    fixed: int
    per_image: int
    node: int
    phase: str
    """`forward`, `loss`, `recompute`, `backward` or `step`."""

    def at(self, batch: int) -> int:
        """Return the bytes for a batch."""
        return self.fixed + self.per_image * batch


class TrainingStep(NamedTuple):
    """A training step, moment by moment (columns: fixed and per image bytes, node, phase), and its parts."""

    fixed: Sequence[int]
    per_image: Sequence[int]
    nodes: Sequence[int]
    phases: Sequence[str]
    parameters: int
    buffers: int
    gradients: int
    state: int
    kept_fixed: int
    kept_per_image: int
    batch_per_image: int
    kept: Sequence[int]
    """The nodes with storages kept for the backward pass."""
    kept_so_far: Sequence[int]
    """Bytes per image kept after each node."""
    left: tuple[int, int]
    """The live memory after the backward pass: fixed bytes, and bytes per image."""

    @property
    def moments(self) -> list[Moment]:
        """Return the moments, in order."""
        return [Moment(*each) for each in zip(self.fixed, self.per_image, self.nodes, self.phases, strict=True)]

    def sizes(self, batch: int) -> list[int]:
        """Return the bytes at each moment for a batch."""
        return [fixed + per_image * batch for fixed, per_image in zip(self.fixed, self.per_image, strict=True)]

    def peak(self, batch: int) -> Moment:
        """Return the largest moment for a batch, the first of equal ones."""
        sizes = self.sizes(batch)
        at = sizes.index(max(sizes))
        return Moment(self.fixed[at], self.per_image[at], self.nodes[at], self.phases[at])

    def activations(self, batch: int) -> int:
        """Return the bytes kept for the backward pass, including those of the loss, without images and targets."""
        return self.kept_fixed + self.kept_per_image * batch


def training(
    network: Network,
    setup: Training,
    segments: Sequence[Segment] = (),
    learns: Trainable | None = None,
    *,
    scratch: bool = True,
) -> TrainingStep:
    """Return the memory of one training step with cross entropy on each output; `segments` are checkpointed.

    With accumulated gradients, it is the last micro-batch: the sums of the gradients live from its start. Without `scratch`, what a
    layer allocates and frees again within its own step is left out.
    """
    return _Sweep(network, setup, segments, learns or trainable(network, setup.frozen), scratch=scratch).run()


def with_optimizer(step: TrainingStep, learns: Trainable, setup: Training) -> TrainingStep:
    """Return the step with another optimizer: its state is permanent, its transient copies are at the end."""
    shapes = _shapes(learns.tensors, learns.learned)
    cost = optimizer_memory(OPTIMIZERS[setup.optimizer], shapes, setup.parameter_size, weight_decay=setup.weight_decay)
    more = cost.state - step.state
    fixed = [each + more for each in step.fixed]
    fixed[-1] = step.parameters + step.buffers + step.gradients + cost.state + cost.transient
    return step._replace(fixed=fixed, state=cost.state, left=(step.left[0] + more, step.left[1]))


def _shapes(tensors: Sequence[tuple[Tensor, ...]], learned: Sequence[int]) -> list[Shape]:
    """Return the shapes of the trained tensors."""
    trained = (each for each, numbers in zip(tensors, learned, strict=True) if numbers)
    return [tensor.shape for each in trained for tensor in each if tensor.role != "buffer"]


class _Gradient:
    """A storage of gradients: its bytes per image, and the number of gradients in it."""

    __slots__ = ("bytes", "holders")

    def __init__(self, bytes_: int) -> None:
        self.bytes = bytes_
        self.holders = 1


class _Sweep:
    def __init__(
        self, network: Network, setup: Training, segments: Sequence[Segment], learns: Trainable, *, scratch: bool = True
    ) -> None:
        self.network = network
        self.setup = setup
        self.scratch = scratch
        self.nodes = network.nodes
        self.images = frozenset(network.inputs)
        self.tensors, self.learned, self.trainable, self.numbers = learns
        self.run_storages: Storages = storages(network, self.trainable, self.learned, training=setup.norm_training)
        if not scratch:
            self.run_storages = self.run_storages._replace(keeps=[each.without_scratch() for each in self.run_storages.keeps])
        self.precision = precision(network, self.run_storages, setup)
        self.numbers_of = self.precision.numbers
        self.bytes = [values * size for values, size in zip(self.run_storages.values, self.numbers_of, strict=True)]
        self.starts, self.ends = self._segments(segments)
        self.fixed = 0
        self.live = 0
        self.columns: tuple[list[int], list[int], list[int], list[str]] = ([], [], [], [])
        self.kept_fixed = 0
        self.kept_live = 0
        self.kept_so_far: list[int] = []
        self.kept_count = [0] * len(self.nodes)
        self.gradients: list[tuple[_Gradient, bool] | None] = [None] * len(self.nodes)
        self.shared_gradients: set[_Part] = set()
        self.copies = WeightCopies(network, learns, self.precision, self.run_storages.keeps, setup.cast_size)

    def _segments(self, segments: Sequence[Segment]) -> tuple[dict[int, Segment], dict[int, Segment]]:
        """Return the segments by their first and last nodes, without segments that have no trainable layer."""
        useful = [each for each in segments if any(self.trainable[each.start : each.end + 1])]
        return {each.start: each for each in useful}, {each.end: each for each in useful}

    # the step

    def run(self) -> TrainingStep:
        size = self.setup.parameter_size
        parameters = self.numbers * size
        buffers = self._buffers()
        gradients = sum(self.learned) * size
        shapes = _shapes(self.tensors, self.learned)
        cost = optimizer_memory(OPTIMIZERS[self.setup.optimizer], shapes, size, weight_decay=self.setup.weight_decay)
        image = self.network.image_bytes(size)  # autocast makes 16-bit copies of the caller's images
        targets = TARGET_BYTES * sum(self._positions(output.at) for output in self.network.outputs)
        self.fixed = parameters + buffers + cost.state
        if self.setup.accumulate > 1:
            self.fixed += gradients
        self.live = image + targets
        self._forward()
        kept_fixed, kept_live, kept = self.kept_fixed, self.kept_live, self._kept_nodes()
        self._losses()
        self._backward()
        left = self.fixed + self.copies.bytes, self.live
        step = parameters + buffers + gradients + cost.state + cost.transient
        self._add(step, image + targets, len(self.nodes) - 1, "step")
        loss_fixed, loss_live = self._loss_kept()
        return TrainingStep(
            *self.columns,
            parameters,
            buffers,
            gradients,
            cost.state,
            kept_fixed + loss_fixed,
            kept_live + loss_live,
            image + targets,
            kept,
            self.kept_so_far,
            left,
        )

    def _buffers(self) -> int:
        size = self.setup.parameter_size
        found = [tensor for tensors in self.tensors for tensor in tensors if tensor.role == "buffer"]
        return sum(tensor.numbers.value * (tensor.fixed_bytes or size) for tensor in found)

    def _positions(self, at: int) -> int:
        typed = self.network.typed[at]
        return typed.output.values // typed.output.depth

    def moment(self, node: int, phase: str, extra: int = 0) -> None:
        self._add(self.fixed, self.live + extra, node, phase)

    def _add(self, fixed: int, live: int, node: int, phase: str) -> None:
        columns = self.columns
        columns[0].append(fixed + self.copies.bytes)
        columns[1].append(live)
        columns[2].append(node)
        columns[3].append(phase)

    def _forward(self) -> None:
        """Run each node once; a checkpointed segment only keeps its input."""
        run = self.run_storages
        self.waiting = list(run.readers)
        for output in self.network.outputs:
            self.waiting[run.of[output.at]] += 1  # the caller holds the result
        for at in self.images:
            self.waiting[at] += 1  # and the images
        inside = -1
        for at in range(len(self.nodes)):
            segment = self.starts.get(at)
            if segment:
                inside = segment.end
                self._hold(segment.source)
            self._run_node(at, "forward", keep=at > inside and self.trainable[at])
            self.kept_so_far.append(self.kept_live)

    def _run_node(self, at: int, phase: str, *, keep: bool) -> None:
        """Allocate an output while its inputs live; then free storages without further readers."""
        run, waiting = self.run_storages, self.waiting
        own = run.of[at]
        if own == at and at not in self.images:
            self.live += self.bytes[at]
        if keep:
            self._keep(at)
        fact = run.keeps[at]
        cast = self._cast(at, keep=keep) if self.setup.cast_size else 0
        again = 0
        if fact.copies and self.scratch and (not keep or self.copies.casts(at)):
            again = fact.copies * self.setup.parameter_size  # freed at the end of the layer
        self._add(self.fixed + again, self.live + (0 if keep else fact.work_bytes), at, phase)
        if self.setup.cast_size:
            self.live -= cast
            self.copies.end(at)
        for each in self.nodes[at].inputs:
            storage = run.of[each]
            waiting[storage] -= 1
            if not waiting[storage]:
                self._free(storage)
        if own == at:
            self._free(at)

    def _cast(self, at: int, *, keep: bool) -> int:
        """Make the copies of another type that a layer reads, of weights and inputs; return the bytes to free at its end."""
        if self.copies.casts(at):
            inner = any(self.trainable[each] for each in self.nodes[at].inputs)
            self.copies.begin(at, hold=keep and (inner or self.network.typed[at].layer.holds_weights))
        kept = self._kept_slots(at) if keep else ()  # counted with what the layer keeps
        copied = self._input_copies(at, [slot for slot in range(len(self.nodes[at].inputs)) if slot not in kept])
        self.live += copied
        return copied

    def _kept_slots(self, at: int) -> Sequence[int]:
        """Return the places of the inputs that a layer keeps."""
        return self.run_storages.keeps[at].kept(range(len(self.nodes[at].inputs)))

    def _input_copies(self, at: int, slots: Sequence[int], *, of_images: bool = True) -> int:
        """Return the bytes of the copies that a layer reads of its inputs at some places."""
        found, size = 0, self.precision.works[at]
        for slot in self.precision.copies[at]:
            source = self.nodes[at].inputs[slot]
            if slot in slots and (of_images or self.run_storages.of[source] not in self.images):
                found += self.run_storages.values[source] * size
        return found

    def _again(self, segment: Segment) -> None:
        """Run a checkpointed segment a second time; it now keeps the storages for its backward steps."""
        run, nodes = self.run_storages, range(segment.start, segment.end + 1)
        for at in nodes:
            for each in self.nodes[at].inputs:
                self.waiting[run.of[each]] += 1
        for at in nodes:
            self._run_node(at, "recompute", keep=self.trainable[at])
        self.copies.leave()

    def _keep(self, at: int) -> None:
        """Keep the storages of this node for the backward pass."""
        for storage in self._kept_storages(at):
            self._hold(storage)
        fixed, extra = self._extra(at)
        self.live += extra
        self.fixed += fixed
        self.kept_live += extra
        self.kept_fixed += fixed
        if self.precision.copies[at]:
            kept = self._kept_slots(at)
            self.live += self._input_copies(at, kept)
            self.kept_live += self._input_copies(at, kept, of_images=False)

    def _hold(self, storage: int) -> None:
        self.kept_count[storage] += 1
        if self.kept_count[storage] == 1 and storage not in self.images:
            self.kept_live += self.bytes[storage]

    def _extra(self, at: int) -> tuple[int, int]:
        """Return the bytes kept in addition to inputs and outputs: fixed, and per image."""
        fact, size = self.run_storages.keeps[at], self.setup.parameter_size
        return (
            fact.statistics * size + (0 if self.copies.casts(at) else fact.copies * size),
            fact.values * self.precision.works[at]
            + fact.image_bytes
            + fact.image_statistics * size
            + fact.image_floats * float_bytes(size),
        )

    def _kept_storages(self, at: int) -> list[int]:
        run, fact = self.run_storages, self.run_storages.keeps[at]
        copied = self.precision.copies[at]
        found = [run.of[self.nodes[at].inputs[slot]] for slot in self._kept_slots(at) if slot not in copied]
        return [*found, run.of[at]] if fact.output else found

    def _kept_nodes(self) -> list[int]:
        return [at for at, count in enumerate(self.kept_count) if count and at not in self.images]

    def _free(self, storage: int) -> None:
        if storage not in self.images and not self.waiting[storage] and not self.kept_count[storage]:
            self.live -= self.bytes[storage]

    # the loss

    def _loss_size(self) -> int:
        """Return bytes per number of the loss, which half precision computes in float32."""
        return max(4, self.setup.size)

    def _loss_kept(self) -> tuple[int, int]:
        """Return the bytes kept by the losses: log-probabilities, and the divisor of each."""
        outputs = self.network.outputs
        return SCALAR_BYTES * len(outputs), self._loss_size() * sum(self.run_storages.values[output.at] for output in outputs)

    def _losses(self) -> None:
        """Compute cross entropy on each output, and start the backward pass from its gradient."""
        for output in self.network.outputs:
            self.fixed += 2 * SCALAR_BYTES  # the loss and its divisor
            logs = self.run_storages.values[output.at] * self._loss_size()
            self.live += logs
            copied = self.setup.cast_size and self.numbers_of[output.at] < WHOLE  # autocast: the output in float32, for a moment
            self.moment(output.at, "loss", logs if copied else 0)
        self.copies.leave()
        self.fixed += SCALAR_BYTES  # the gradient of the loss itself
        for output in reversed(self.network.outputs):
            logs = self.run_storages.values[output.at] * self._loss_size()
            gradient = self.run_storages.values[output.at] * self.numbers_of[output.at]
            self.live += 2 * logs
            self.moment(output.at, "loss")
            self.live -= 3 * logs
            self.fixed -= SCALAR_BYTES
            self.live += gradient
            if self.trainable[output.at]:
                self.give(output.at, _Gradient(gradient), view=False)
            else:
                self.live -= gradient

    # backward

    def _backward(self) -> None:
        """Walk back in exact reverse order; each step allocates all its gradients before freeing anything."""
        for at in range(len(self.nodes) - 1, 0, -1):
            segment = self.ends.get(at)
            if segment:
                self._again(segment)
            if self.trainable[at]:
                self._back(at)
            segment = self.starts.get(at)
            if segment:
                self._let_go(segment.source)

    def _back(self, at: int) -> None:
        held = self.gradients[at]
        if held is None:  # not read by any node, hence without a backward step
            self._forget(at)
            return
        new, kinds = self._allocate(at, held[0]), self.precision
        extra = self._on_the_way(at)
        cast, copied = self.copies.casts(at), bool(kinds.copies[at])
        promoted = kinds.works[at] < kinds.numbers[at]
        if promoted:
            self.fixed += (biases := self._bias_gradients(at))  # those of a product come before those of its factors
            new = [self._converted(at, each, extra) for each in new]
            self.fixed -= biases
        passing = self._half_gradients(at) if cast else self._parameter_gradients(at)
        self.fixed += passing
        if self.run_storages.keeps[at].phases and not cast:
            self._back_by_phases(at, held[0], sum(each.bytes for _, each, _ in new if each is not held[0]), temporary=bool(passing))
        else:
            self.moment(at, "backward", extra)
        if not copied and not promoted:
            new = [self._converted(at, each) for each in new]  # before the layer's own tensors are freed
        self.fixed -= 0 if cast else passing + self._added_up(at)
        self.gradients[at] = None
        self._release(held[0])
        self._forget(at)
        if copied:
            new = [self._converted(at, each) for each in new]  # by the backward steps of the copies
        for source, gradient, view in new:
            self.give(source, gradient, view=view)
        if cast:
            self._whole_gradients(at)

    def _back_by_phases(self, at: int, given: _Gradient, made: int, *, temporary: bool) -> None:
        """Add a moment for each phase; `made` are the bytes of the new gradients, which only the last phase has.

        Gradients of weights that are `temporary` end with their phase, added to earlier ones.
        """
        fact, size = self.run_storages.keeps[at], self.setup.size
        owner = self._owner(at)
        learned = {each.name: each.numbers.value for each in self.tensors[owner] if self.learned[owner] and each.role != "buffer"}
        all_ = sum(learned.values())
        now = 0
        for phase in fact.phases:
            numbers = sum(learned.get(name, 0) for name in phase.tensors)
            now = numbers if temporary else now + numbers
            live = (
                self.live + (phase.values - phase.freed_values) * size - phase.freed_floats * float_bytes(self.setup.parameter_size)
            )
            live -= 0 if phase.last else made
            live -= 0 if phase.first or given.holders > 1 else given.bytes
            self._add(self.fixed - (all_ - now) * self.setup.parameter_size, live, at, "backward")

    def _allocate(self, at: int, given: _Gradient) -> list[tuple[int, _Gradient, bool]]:
        """Allocate and return the gradients of the inputs that need one, of the type of the output's gradient."""
        fact = self.run_storages.keeps[at]
        new: list[tuple[int, _Gradient, bool]] = []
        for slot, source in enumerate(self.nodes[at].inputs):
            if not self.trainable[source]:
                continue
            if fact.gradient in {"same", "views"} or (fact.gradient == "signed" and slot == 0):
                given.holders += 1
                new.append((source, given, fact.gradient == "views" or fact.storage == "view"))
                continue
            values = self.run_storages.values[at if fact.gradient in {"products", "signed"} else source]
            gradient = values * self.precision.inside[at]
            self.live += gradient
            new.append((source, _Gradient(gradient), False))
        return new

    def _on_the_way(self, at: int) -> int:
        """Return the bytes per image that a backward step allocates and frees, beside the gradients of its inputs."""
        run, fact, kinds = self.run_storages, self.run_storages.keeps[at], self.precision
        found = fact.gradient_values * kinds.inside[at] + fact.gradient_bytes
        found += run.values[at] * (kinds.inside[at] - kinds.numbers[at])
        if fact.gradient in {"products", "signed"}:  # the first product that is reduced to a smaller input
            reduced = (each for each in self.nodes[at].inputs if self.trainable[each] and run.values[each] < run.values[at])
            found += next((run.values[each] * kinds.numbers[at] for each in reduced), 0)
        return found

    def _converted(self, at: int, new: tuple[int, _Gradient, bool], extra: int = 0) -> tuple[int, _Gradient, bool]:
        """Return the gradient of an input in the input's own type; a copy, where it has another."""
        source, gradient, _ = new
        size, kinds = self.numbers_of[source], self.precision
        if size == (kinds.inside if self.run_storages.keeps[at].gradient == "fresh" else kinds.numbers)[at]:
            return new
        copy = _Gradient(self.run_storages.values[source] * size)
        self.live += copy.bytes
        self.moment(at, "backward", extra)
        self._release(gradient)
        return source, copy, False

    def _parameter_gradients(self, at: int) -> int:
        """Allocate the gradients of the parameters; return the bytes of gradients that are added to earlier ones.

        Shared weights have one gradient, allocated by the last of their nodes; the gradients of the others are added to it.
        """
        passing = 0
        for part, numbers in self._parts(at):
            found = numbers * self.setup.parameter_size
            if part in self.shared_gradients or (part[0] == at and self.setup.accumulate > 1):
                passing += found
                continue
            self.fixed += found
            if part[0] != at:
                self.shared_gradients.add(part)
        return passing

    def _parts(self, at: int) -> Iterator[tuple[_Part, int]]:
        """Yield the learned arrays that a node applies: the node that has them, whether they are its biases, and their numbers."""
        tied, owner = self.nodes[at].tied, self._owner(at)
        weights, biases = self._learned_parts(owner)
        if tied >= 0:
            yield (tied, False), self._learned_parts(tied)[0]
        elif weights:
            yield (owner, False), weights
        if biases:
            yield (owner, True), biases

    def _learned_parts(self, owner: int) -> tuple[int, int]:
        """Return the numbers of weights and of biases that are learned."""
        if not self.learned[owner]:
            return 0, 0
        biases = sum(tensor.numbers.value for tensor in self.tensors[owner] if tensor.role == "bias")
        return self.learned[owner] - biases, biases

    def _bias_gradients(self, at: int) -> int:
        return self._learned_parts(self._owner(at))[1] * self.setup.parameter_size

    def _half_gradients(self, at: int) -> int:
        """Return the bytes of the 16-bit gradients of a product's weights under autocast."""
        return sum(numbers for _, numbers in self._parts(at)) * self.setup.cast_size

    def _whole_gradients(self, at: int) -> None:
        """Cast the 16-bit gradients to float32, weights first, then biases; those of shared weights after their last step."""
        size, half = self.setup.parameter_size, self.setup.cast_size
        for part, numbers in self._parts(at):
            if part in self.shared_gradients:
                self.fixed -= numbers * half  # added to the first
            elif part[0] != at:
                self.shared_gradients.add(part)
        for part, numbers in self._parts(at):
            if part[0] == at:
                self.shared_gradients.discard(part)
                self._add(self.fixed + numbers * size, self.live, at, "backward")
                self.fixed += numbers * ((size if self.setup.accumulate == 1 else 0) - half)

    def _owner(self, at: int) -> int:
        """Return the node that has the weights of a node."""
        shared = self.nodes[at].shared
        return shared if shared >= 0 else at

    def _added_up(self, at: int) -> int:
        """Return the bytes that end where the gradient of shared weights is added to the sum over the micro-batches."""
        if self.setup.accumulate == 1:
            return 0
        done = [(part, numbers) for part, numbers in self._parts(at) if part[0] == at and part in self.shared_gradients]
        self.shared_gradients -= {part for part, _ in done}
        return sum(numbers for _, numbers in done) * self.setup.parameter_size

    def _forget(self, at: int) -> None:
        """Free the kept storages of a node."""
        fixed, extra = self._extra(at)
        self.live -= extra
        self.fixed -= fixed
        if self.precision.copies[at]:
            self.live -= self._input_copies(at, self._kept_slots(at))
        for storage in self._kept_storages(at):
            self._let_go(storage)
        self.copies.let_go(at)

    def _let_go(self, storage: int) -> None:
        self.kept_count[storage] -= 1
        self._free(storage)

    def give(self, node: int, gradient: _Gradient, *, view: bool) -> None:
        """Add a gradient to a node's output; a second one is added to the first."""
        size = self.bytes[node]
        if gradient.bytes > size and not view:  # the gradient of a spread input is reduced to its size
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
