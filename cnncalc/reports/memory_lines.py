"""Memory in words: the peaks of inference and training, overhead, and the verdicts for a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.miscellaneous import in_all
from cnncalc.layers.base import MEMORY, PARAMETERS
from cnncalc.reports.bounds import at_least
from cnncalc.reports.units import ratio, si, size

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis
    from cnncalc.request.devices import Device

_PHASES = {
    "forward": "forward",
    "loss": "loss",
    "backward": "backward",
    "recompute": "as it runs again",
    "step": "optimizer's step",
}


def lines(report: Analysis) -> list[tuple[str, str]]:
    """Return the peaks and the requested further figures, as (what, figure)."""
    found = [("inference", _inference(report))]
    if report.dtype == "int8" or (report.request.device and report.request.device.flash):
        what = "activations fused and the input's buffer reused, without the scratch memory of kernels"
        found.append(("arena", f"{at_least(report, MEMORY)}{size(report.arena_memory)} for the volumes with {what}"))
    found.append(("training", _training(report)))
    if report.setup.checkpoint:
        found.append(("again", _checkpointing(report)))
    found.append(("textbook", _textbook(report)))
    if report.request.augmented:
        found.append(("augmented", _augmented(report)))
    if report.miscellaneous.im2col_at is not None:
        where = report.rows[report.miscellaneous.im2col_at].name
        workspace = f"{size(report.miscellaneous.im2col)} for one image of {where}, where convolutions are done as matrix products"
        found.append(("im2col", workspace))
    if report.request.device:
        found.extend(_device(report, report.request.device))
    if report.request.devices > 1:
        from cnncalc.reports import devices  # most requests have one

        found.extend(devices.lines(report))
    return found


def _inference(report: Analysis) -> str:
    live, held = report.inference, report.memory.parameters + report.memory.buffers
    stored = "parameters and buffers" if report.memory.buffers else "parameters"
    parts = f"{size(held)} {stored} + {size(live.peak * report.batch)} volumes"
    said = f"{at_least(report, PARAMETERS, MEMORY)}{size(report.inference_peak)} at its peak, {report.rows[live.at].name} = {parts}"
    if report.setup.cast_size:
        said += ", without autocast's copies"
    schedule = report.schedule
    if schedule is None:
        return said
    if schedule.live.peak == schedule.spec_peak:
        return f"{said} · {'no order is better' if schedule.method == 'exact' else 'no better order was found'}"
    how = "the best order" if schedule.method == "exact" else "the best order that was found"
    return f"{said} · in {how}; {size(held + schedule.spec_peak * report.batch)} in the spec's"


def _training(report: Analysis) -> str:
    step = report.training
    peak = step.peak(report.batch)
    where = _PHASES["step"] if peak.phase == "step" else f"{report.rows[peak.node].name} ({_PHASES[peak.phase]})"
    least = at_least(report, PARAMETERS, MEMORY)
    several = f", {report.setup.accumulate:,} micro-batches added up" if report.setup.accumulate > 1 else ""
    kept = f"{least}{size(step.activations(report.batch))} kept for backward"
    return f"{least}{size(peak.at(report.batch))} at its peak with {report.setup.optimizer}{several}, {where} · {kept}"


def _textbook(report: Analysis) -> str:
    m = report.memory
    parts = f"{size(m.with_gradients)} volumes and gradients"
    parts += f" + {size(m.parameters_training - m.cache)} parameters x {report.setup.copies}"
    parts += f" + {size(m.cache)} state of {report.setup.optimizer}" if m.cache else ""
    return f"{at_least(report, PARAMETERS)}{size(m.textbook)} for training by the notes' sum = {parts}"


def _augmented(report: Analysis) -> str:
    """Return the augmented copies, and the sum of the notes' three sources of memory: volumes, parameters, and the rest."""
    copies = f"{size(report.miscellaneous.augmented)} for {report.request.augmented:,} augmented copies of the batch"
    return f"{copies} · {at_least(report, PARAMETERS)}{size(report.of(in_all))} in all, with the notes' sum"


def _checkpointing(report: Analysis) -> str:
    ways, chosen = report.checkpoints
    without = size(ways.plain.peak(report.batch).at(report.batch))
    if not chosen.segments:
        return f"nothing: checkpoints do not lower the peak of {without}"
    work = f"{si(chosen.extra_macs)} MACs per image, {ratio(chosen.extra_macs, report.totals.macs)} x the forward work"
    return f"{chosen.number - 1:,} of {chosen.number:,} segments run twice: {work} · {without} without checkpoints"


def _device(report: Analysis, device: Device) -> list[tuple[str, str]]:
    """Return the verdicts, and the estimated overhead of allocator and framework."""
    from cnncalc.analyses.framework_overhead import framework_overhead
    from cnncalc.reports.memory import judged

    verdicts: list[str] = []
    least = at_least(report, PARAMETERS, MEMORY)
    for what in ("inference", "training"):
        needed, verdict = judged(report, device, what)
        verdicts.append(f"{what} {verdict} ({least}{size(needed.low)} to {size(needed.high)})")
    found = [("device", f"{device.name}, {size(device.bytes)}: {', '.join(verdicts)}")]
    if device.flash:
        stored = size(report.memory.parameters + report.memory.buffers)
        return [*found, ("flash", f"{size(device.flash)}, for {stored} of parameters at inference")]
    more = framework_overhead(report.training_peak, report.batch)
    reserved = f"{size(more.reserved.low)} to {size(more.reserved.high)} reserved beyond training's tensors"
    context = f"{size(more.context.low)} to {size(more.context.high)} CUDA context"
    workspace = f"{size(more.workspace.low)} to {size(more.workspace.high)} cuDNN workspace"
    rounded = f"{size(more.rounding)} of it by rounding to 512 bytes"
    return [*found, ("allocator", f"{reserved}, {rounded} (estimates)"), ("framework", f"{context}, {workspace} (estimates)")]
