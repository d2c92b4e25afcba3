"""The forward pass of a request: in the spec's order of branches, or in the best one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import memory
from cnncalc.analyses.figure import Figure
from cnncalc.analyses.inference_memory import inference_live
from cnncalc.layers.base import MEMORY, PARAMETERS

if TYPE_CHECKING:
    from cnncalc.analyses.inference_memory import Live
    from cnncalc.analyses.schedules import Schedule
    from cnncalc.analyses.subject import Subject


def analyse(subject: Subject) -> Live:
    """Return the live volumes, moment by moment."""
    found = subject.of(schedule)
    return found.live if found else inference_live(subject.network, subject.setup.size)


def schedule(subject: Subject) -> Schedule | None:
    """Return the best order of branches; None if the spec's order is requested."""
    if subject.request.schedule != "best":
        return None
    from cnncalc.analyses.schedules import best_schedule  # rarely needed

    return best_schedule(subject.network, subject.setup.size)


def eager(subject: Subject) -> Live:
    """Return the live volumes in a framework that holds the input of each block until the block ends."""
    return inference_live(subject.network, subject.setup.size, eager=True)


def held(subject: Subject) -> int:
    """Return the bytes of parameters and buffers."""
    stored = subject.of(memory.analyse)
    return stored.parameters + stored.buffers


def peak(subject: Subject) -> int:
    """Return the bytes of the largest moment for the batch."""
    return held(subject) + subject.of(analyse).peak * subject.batch


def eager_peak(subject: Subject) -> int:
    """Return the bytes of the largest moment in a framework that holds the inputs of blocks."""
    return held(subject) + subject.of(eager).peak * subject.batch


def naive(subject: Subject) -> int:
    """Return the bytes of parameters, buffers and every volume of the batch, with none freed."""
    found = subject.of(schedule)
    live = inference_live(subject.network, subject.setup.size) if found else subject.of(analyse)
    return held(subject) + live.total * subject.batch


def arena(subject: Subject) -> Live:
    """Return the live volumes in a buffer for all of them, the input's too: activations are fused, and the input is overwritten."""
    return inference_live(subject.network, subject.setup.size, held=False)


def arena_bytes(subject: Subject) -> int:
    """Return the bytes of the largest moment of that buffer for the batch."""
    return subject.of(arena).peak * subject.batch


def _spec_order_peak(subject: Subject) -> int | None:
    found = subject.of(schedule)
    return held(subject) + found.spec_peak * subject.batch if found else None


FIGURES = (
    Figure(
        "memory.inference.peak",
        "bytes",
        "parameters, buffers and live volumes at the largest moment of inference",
        lambda subject: subject.of(peak),
        better="less",
        synonyms=("memory.inference",),
        reads=(PARAMETERS, MEMORY),
    ),
    Figure(
        "memory.inference.activations_peak",
        "bytes",
        "live volumes at the largest moment of inference",
        lambda subject: subject.of(analyse).peak * subject.batch,
        better="less",
        reads=(MEMORY,),
    ),
    Figure(
        "memory.inference.eager_peak",
        "bytes",
        "the peak of inference in a framework that holds the input of each block until the block ends",
        lambda subject: subject.of(eager_peak),
        better="less",
        reads=(PARAMETERS, MEMORY),
    ),
    Figure(
        "memory.inference.arena",
        "bytes",
        "live volumes at the largest moment of inference with activations fused and the input's buffer reused, without the scratch "
        "memory of kernels",
        lambda subject: subject.of(arena_bytes),
        better="less",
        reads=(MEMORY,),
    ),
    Figure(
        "memory.inference.naive",
        "bytes",
        "parameters, buffers and every volume, none freed; activations work in place where their input is free",
        lambda subject: subject.of(naive),
        better="less",
        reads=(PARAMETERS,),
    ),
    Figure(
        "memory.inference.schedule.spec_order_peak",
        "bytes",
        "the peak of inference in the spec's own order of branches",
        _spec_order_peak,
        better="less",
        needs="the spec's order is compared with the best one: `at: {schedule: best}`",
        reads=(PARAMETERS, MEMORY),
    ),
)
