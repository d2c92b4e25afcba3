"""The memory part of the JSON: inference, training, overhead, and the verdicts for a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import MEMORY, PARAMETERS
from cnncalc.reports.bounds import at_least

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.framework_overhead import Range
    from cnncalc.request.devices import Device


def as_dict(report: Analysis) -> dict[str, object]:
    """Return the `memory` of the JSON, in bytes for the report's batch."""
    found: dict[str, object] = {
        "forward": report.memory.forward,
        "forward_and_gradients": report.memory.with_gradients,
        "parameters": report.memory.parameters,
        "buffers": report.memory.buffers,
        "parameters_training": report.memory.parameters_training,
        "images": report.memory.images,
        "miscellaneous": _miscellaneous(report),
        "inference": _inference(report),
        "training": _training(report),
        "framework_overhead": {
            "inference": _overhead(report.inference_peak, report.batch),
            "training": _overhead(report.training_peak, report.batch),
        },
    }
    if report.request.device:
        found["device"] = device_dict(report, report.request.device)
    if report.request.devices > 1:
        from cnncalc.reports import devices  # most requests have one

        found["devices"] = devices.as_dict(report)
    return found


def _miscellaneous(report: Analysis) -> dict[str, object]:
    found = report.miscellaneous
    return {
        "images": found.images,
        "augmented": found.augmented,
        "im2col": found.im2col,
        "im2col_at": None if found.im2col_at is None else report.rows[found.im2col_at].name,
    }


def _inference(report: Analysis) -> dict[str, object]:
    live, rows = report.inference, report.rows
    found: dict[str, object] = {
        "peak": report.inference_peak,
        "activations_peak": live.peak * report.batch,
        "at": rows[live.at].name,
        "live": [rows[at].name for at in live.volumes],
        "eager_peak": report.eager_peak,
        "naive": report.naive_memory,
        "arena": report.arena_memory,
    }
    schedule = report.schedule
    if schedule:
        held = report.memory.parameters + report.memory.buffers
        moved = list(schedule.order) != list(range(len(rows)))
        found["schedule"] = {
            "method": schedule.method,
            "spec_order_peak": held + schedule.spec_peak * report.batch,
            "order": [rows[at].name for at in schedule.order] if moved else None,
        }
    return found


def _training(report: Analysis) -> dict[str, object]:
    step, batch = report.training, report.batch
    peak = step.peak(batch)
    found: dict[str, object] = {
        "optimizer": report.setup.optimizer,
        "parameters": step.parameters,
        "buffers": step.buffers,
        "gradients": step.gradients,
        "optimizer_state": step.state,
        "activations": step.activations(batch),
        "batch": step.batch_per_image * batch,
        "peak": peak.at(batch),
        "at": report.rows[peak.node].name,
        "phase": peak.phase,
        "textbook": report.memory.textbook,
    }
    if report.setup.accumulate > 1:
        found["accumulate"] = report.setup.accumulate
    if report.setup.checkpoint:
        found["checkpointing"] = _checkpointing(report)
    if report.request.timeline:
        names = [row.name for row in report.rows]
        found["timeline"] = {
            "bytes": step.sizes(batch),
            "layers": [names[at] for at in step.nodes],
            "phases": list(step.phases),
        }
    return found


def _checkpointing(report: Analysis) -> dict[str, object]:
    """Return the segments, the peak and the extra work; for comparison, without checkpoints and with the plain root of n."""
    ways, chosen = report.checkpoints
    root, rows = ways.root(), report.rows
    return {
        "way": report.setup.checkpoint,
        "segments": chosen.number,
        "kept": [rows[segment.end].name for segment in chosen.segments],
        "peak": chosen.training.peak(report.batch).at(report.batch),
        "extra_macs": chosen.extra_macs,
        "without": ways.plain.peak(report.batch).at(report.batch),
        "root": {
            "segments": root.number,
            "peak": root.training.peak(report.batch).at(report.batch),
            "extra_macs": root.extra_macs,
        },
    }


def _overhead(tensors: int, batch: int) -> dict[str, object]:
    from cnncalc.analyses.framework_overhead import framework_overhead

    found = framework_overhead(tensors, batch)
    return {
        "rounding": found.rounding,
        "reserved": list(found.reserved),
        "context": list(found.context),
        "workspace": list(found.workspace),
        "total": list(found.total),
    }


def device_dict(report: Analysis, device: Device) -> dict[str, object]:
    """Return a device and the verdicts; a microcontroller reads parameters from its flash."""
    found: dict[str, object] = {"name": device.name, "bytes": device.bytes, "source": device.source}
    if device.flash:
        found["flash"] = device.flash
    for what in ("inference", "training"):
        needed, verdict = judged(report, device, what)
        found[what] = {"verdict": verdict, "needs": list(needed)}
    return found


def judged(report: Analysis, device: Device, what: str) -> tuple[Range, str]:
    """Return the memory that `inference` or `training` needs on a device, from least to most, and the verdict."""
    from cnncalc.analyses.framework_overhead import needed, verdict

    tensors, stored = report.training_peak, 0
    if what == "inference":
        tensors = report.inference_peak
        if device.flash:
            stored = report.memory.parameters + report.memory.buffers
            tensors -= stored
    said = verdict(device, tensors, report.batch, stored)
    if said == "fits" and at_least(report, PARAMETERS, MEMORY):
        said = "borderline"  # the bytes are a lower bound
    return needed(device, tensors, report.batch), said
