"""The largest batch that fits a memory, for inference and for each way of training, and its limiting moment.

Every moment is `fixed + per image x batch` bytes, so the largest batch is the smallest of (memory - fixed) / per image,
rounded down: exact, and one more image would not fit. Tensor bytes only; the overhead of frameworks is a separate range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts
from cnncalc.analyses.checkpointing import Checkpoints
from cnncalc.analyses.figure import Figure
from cnncalc.analyses.framework_overhead import surely
from cnncalc.analyses.inference_memory import inference_live
from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.training_memory import training, with_optimizer
from cnncalc.layers.base import MEMORY, PARAMETERS
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.dtypes import BYTES
from cnncalc.request.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cnncalc.analyses.checkpointing import Checkpointing
    from cnncalc.analyses.counts import Counts
    from cnncalc.analyses.subject import Subject
    from cnncalc.analyses.training_memory import TrainingStep
    from cnncalc.graph.graph import Network
    from cnncalc.request.devices import Device
    from cnncalc.request.training import Training

HALF = 2  # bytes of a 16-bit number


class Moments(NamedTuple):
    """A way to run a network: the bytes at all moments that can be the largest, with their nodes and phases."""

    fixed: Sequence[int]
    per_image: Sequence[int]
    nodes: Sequence[int]
    phases: Sequence[str]
    parts: tuple[tuple[str, int, int], ...]
    """The parts of the memory: a name, fixed bytes, bytes per image."""

    def peak(self, batch: int) -> tuple[int, str, int]:
        """Return node, phase and bytes of the largest moment."""
        sizes = [fixed + per_image * batch for fixed, per_image in zip(self.fixed, self.per_image, strict=True)]
        at = sizes.index(max(sizes))
        return self.nodes[at], self.phases[at], sizes[at]

    def largest(self, memory: int) -> int:
        """Return the largest batch that fits; 0 if none does."""
        rooms = ((memory - fixed) // per_image for fixed, per_image in zip(self.fixed, self.per_image, strict=True))
        return max(0, min(rooms))

    def surely(self, device: Device) -> int:
        """Return the largest batch that fits with the largest measured overhead of frameworks."""
        pairs = zip(self.fixed, self.per_image, strict=True)
        return max(0, min(surely(device, fixed, per_image) for fixed, per_image in pairs))

    def dominant(self, batch: int) -> str:
        """Return the name of the largest part of the memory."""
        return max(self.parts, key=lambda part: part[1] + part[2] * batch)[0]


def _highest(fixed: Sequence[int], per_image: Sequence[int]) -> list[int]:
    """Return the moments that are largest for some batch: the upper envelope of the lines `fixed + per image x batch`."""
    best: dict[int, int] = {}
    for at, slope in enumerate(per_image):
        before = best.get(slope)
        if before is None or fixed[at] > fixed[before]:
            best[slope] = at
    found: list[int] = []
    for slope in sorted(best):
        at = best[slope]
        while found and fixed[found[-1]] <= fixed[at]:
            found.pop()  # flatter, and no larger at batch 0
        while len(found) > 1 and _below(fixed, per_image, found[-2], found[-1], at):
            found.pop()
        found.append(at)
    return sorted(found)


def _below(fixed: Sequence[int], per_image: Sequence[int], one: int, middle: int, other: int) -> bool:
    """Return whether the middle line is nowhere above both others; slopes grow from `one` to `other`."""
    left = (fixed[one] - fixed[other]) * (per_image[middle] - per_image[one])
    return left <= (fixed[one] - fixed[middle]) * (per_image[other] - per_image[one])


class Way(NamedTuple):
    """A way to run a network on a device."""

    name: str
    group: str
    """`inference`, `training`, or `change`: a way to make more fit."""
    batch: int
    surely: int | None
    """The batch that fits with the largest measured overhead of frameworks; None on microcontrollers."""
    bytes: int
    """Bytes at the largest batch, or at 1 if none fits."""
    node: int
    phase: str
    """The phase at `node` that does not fit with one more image."""
    over: int
    """The bytes that are missing for one more image."""
    dominant: str
    """The largest part of the memory."""
    at_wanted: int
    """Bytes at the requested batch, or at the largest batch of the usual way."""
    extra_macs: int = 0
    """Additional multiply-accumulates per image."""


class Fit(NamedTuple):
    """The ways to run a network on a device, compared at the batch `wanted`."""

    device: Device
    wanted: int
    ways: tuple[Way, ...]
    micro: int
    """The largest micro-batch whose gradients can be added up to those of a larger batch, trained the usual way."""


class Change(NamedTuple):
    """A slightly changed network, and the name of the change."""

    name: str
    network: Network
    counts: Counts


class Question(NamedTuple):
    """A question about a fit: the network, its training, and the device."""

    network: Network
    counts: Counts
    setup: Training
    device: Device
    wanted: int | None = None
    changes: tuple[Change, ...] = ()


def fit(question: Question) -> Fit:
    """Return the largest batches."""
    setup, device = question.setup, question.device
    usual, again = trained(question.network, question.counts, setup, question.wanted or 1, device.bytes)
    held = usual.parts[0][1], usual.parts[1][1]
    wanted = question.wanted or max(1, usual.largest(device.bytes))
    ways = [
        *_inference(question, wanted, held),
        _way(training_name(setup), "training", usual, device, wanted, again),
        *_optimizers(question, wanted),
        *_changes(question, wanted),
    ]
    several = setup._replace(accumulate=max(2, setup.accumulate))
    micro = trained(question.network, question.counts, several, question.wanted or 1, device.bytes)[0].largest(device.bytes)
    return Fit(device, wanted, tuple(ways), micro)


def largest(question: Question, group: str) -> int:
    """Return the largest batch of `inference` or of `training`, trained as in the question; 0 if none fits."""
    usual = trained(question.network, question.counts, question.setup, 1, question.device.bytes)[0]
    if group == "training":
        return usual.largest(question.device.bytes)
    return next(_inference(question, 1, (usual.parts[0][1], usual.parts[1][1]))).batch


def training_name(setup: Training) -> str:
    """Return `training with momentum`, with the checkpoints if there are any."""
    return f"training with {setup.optimizer}" + (f", checkpointing ({setup.checkpoint})" if setup.checkpoint else "")


def _inference(question: Question, wanted: int, held: tuple[int, int]) -> Iterator[Way]:
    """Yield inference by pure liveness, and in a framework that holds the inputs of blocks."""
    size = question.setup.size
    for name, eager in (("inference", False), ("inference (eager PyTorch)", True)):
        moments = running(question.network, held, size, eager=eager, stored=bool(question.device.flash))
        way = _way(name, "inference", moments, question.device, wanted)
        too_much = question.device.flash and sum(held) > question.device.flash
        yield way._replace(batch=0, dominant="parameters") if too_much else way


def running(network: Network, held: tuple[int, int], size: int, *, eager: bool = False, stored: bool = False) -> Moments:
    """Return inference with `held` bytes of parameters and buffers, which with `stored` are in other memory."""
    live = inference_live(network, size, eager=eager)
    parts = (("parameters", held[0], 0), ("buffers", held[1], 0), ("volumes", 0, live.peak))
    return Moments([0 if stored else sum(held)], [live.peak], [live.at], ["forward"], parts)


def trained(network: Network, counts: Counts, setup: Training, batch: int, memory: int) -> tuple[Moments, int]:
    """Return training, and the extra work of checkpoints; the segments allow the largest batch."""
    if not setup.checkpoint:
        return _moments(training(network, setup)), 0
    ways = Checkpoints(network, counts, setup)
    found = ways.all() if setup.checkpoint == "auto" else [ways.chosen(setup.checkpoint, batch)]
    best = max(found, key=lambda each: (_moments(each.training).largest(memory), -_peak(each, batch), -each.extra_macs))
    return _moments(best.training), best.extra_macs


def _peak(found: Checkpointing, batch: int) -> int:
    return found.training.peak(batch).at(batch)


def _moments(step: TrainingStep) -> Moments:
    parts = (
        ("parameters", step.parameters, 0),
        ("buffers", step.buffers, 0),
        ("gradients of the parameters", step.gradients, 0),
        ("optimizer state", step.state, 0),
        ("volumes kept for backward", step.kept_fixed, step.kept_per_image),
        ("images", 0, step.batch_per_image),
    )
    chosen = _highest(step.fixed, step.per_image)
    fixed, per_image = [step.fixed[at] for at in chosen], [step.per_image[at] for at in chosen]
    return Moments(fixed, per_image, [step.nodes[at] for at in chosen], [step.phases[at] for at in chosen], parts)


def _way(name: str, group: str, moments: Moments, device: Device, wanted: int, extra_macs: int = 0) -> Way:
    batch = moments.largest(device.bytes)
    node, phase, more = moments.peak(batch + 1)
    return Way(
        name,
        group,
        batch,
        None if device.flash else min(batch, moments.surely(device)),
        moments.peak(max(1, batch))[2],
        node,
        phase,
        more - device.bytes,
        moments.dominant(max(1, batch)),
        moments.peak(wanted)[2],
        extra_macs,
    )


def _optimizers(question: Question, wanted: int) -> Iterator[Way]:
    """Yield the other optimizers. Without checkpoints, they only differ in their permanent state and in their step."""
    setup = question.setup
    learns = trainable(question.network, setup.frozen)
    plain = None if setup.checkpoint else training(question.network, setup, (), learns)
    for name in OPTIMIZERS:
        if name == setup.optimizer:
            continue
        other = setup._replace(optimizer=name)
        if plain:
            moments, extra = _moments(with_optimizer(plain, learns, other)), 0
        else:
            moments, extra = trained(question.network, question.counts, other, wanted, question.device.bytes)
        yield _way(training_name(other), "training", moments, question.device, wanted, extra)


def _changes(question: Question, wanted: int) -> Iterator[Way]:
    """Yield the changes that can make the network fit, each on its own, for comparison with the usual way of training."""
    setup, device = question.setup, question.device
    for change in question.changes:
        moments, extra = trained(change.network, change.counts, setup, wanted, device.bytes)
        yield _way(change.name, "change", moments, device, wanted, extra)
    for name, other in _modes(setup):
        moments, extra = trained(question.network, question.counts, other, wanted, device.bytes)
        yield _way(name, "change", moments, device, wanted, extra)


def _modes(setup: Training) -> Iterator[tuple[str, Training]]:
    if setup.parameter_size > HALF:
        yield "half precision", setup._replace(size=HALF, parameter_size=HALF, cast_size=0)
    if setup.parameter_size == BYTES["float32"] and not setup.cast_size:
        yield "autocast (16 bit)", setup._replace(size=HALF, cast_size=HALF)
    for way, name in (("auto", "checkpointing, balanced"), ("root", "checkpointing, root of n")):
        if not setup.checkpoint:
            yield name, setup._replace(checkpoint=way)
    if setup.optimizer != "sgd":
        yield "plain sgd", setup._replace(optimizer="sgd")


def _largest_batch(group: str) -> Callable[[Subject], int | None]:
    """Return the function of the largest batch of a group on the device of the request."""

    def found(subject: Subject) -> int | None:
        device = subject.request.device
        if device is None:
            return None
        return largest(Question(subject.network, subject.of(counts.analyse), subject.setup, device), group)

    return found


_NEEDS = "the largest batch depends on a device: `at: {device: 12GiB}`"
SEARCHES = (
    Figure(
        "largest_batch.inference",
        "",
        "the largest batch that fits the device in inference",
        _largest_batch("inference"),
        better="more",
        needs=_NEEDS,
        reads=(PARAMETERS, MEMORY),
        bound="at most",
    ),
    Figure(
        "largest_batch.training",
        "",
        "the largest batch that fits the device in training",
        _largest_batch("training"),
        better="more",
        needs=_NEEDS,
        reads=(PARAMETERS, MEMORY),
        bound="at most",
    ),
)
