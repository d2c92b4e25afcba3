"""A backward pass, in words and as JSON: gradients beside central differences, memory beside its prediction, losses."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from cnncalc.maths.volume import dims_text
from cnncalc.reports.json import SCHEMA_VERSION
from cnncalc.reports.plain import listed
from cnncalc.reports.units import size
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.analysis import Row
    from cnncalc.forward.backward_check import Check
    from cnncalc.forward.proof import LayerProof, Proved

HEAD = ("layer", "", "gradients of", "by backward", "by differences", "error")
MOST_DIFFERENCES, MOST_LOSSES = 5, 20


def render(proved: Proved) -> str:
    """Return the heading, the table of gradients, the losses, and the sentences on memory."""
    parts = [_heading(proved)]
    if proved.layers:
        parts.append("\n".join(_table(proved)))
        parts.append("\n".join(_gradients(proved)))
    if proved.losses:
        parts.append("\n".join(_losses(proved)))
    parts.append("\n".join(_memory(proved)))
    return "\n\n".join(parts)


def _heading(proved: Proved) -> str:
    """Return what ran: `LeNet-5 · batch 1 · float32 · softmax loss · momentum, rate 0.01 · seed 0`."""
    report, plan = proved.report, proved.plan
    later = "".join(f", {rate:g} from step {since} on" for since, rate in plan.later)
    decay = f", weight decay {plan.decay:g}" if plan.decay else ""
    biases = f", of biases times {plan.bias_rate:g} and {plan.bias_decay:g}" if (plan.bias_rate, plan.bias_decay) != (1, 1) else ""
    inputs = ", ".join(dims_text(volume.sides) for volume in report.inputs.values())
    return " · ".join(
        [
            report.title or "network",
            f"input {inputs}",
            f"batch {proved.batch}",
            report.dtype,
            f"{plan.loss.name} loss",
            f"{plan.setup.optimizer}, rate {plan.rate:g}{later}{decay}{biases}",
            f"seed {plan.seed}",
        ]
    )


def _table(proved: Proved) -> list[str]:
    pairs = zip(proved.report.rows, proved.layers, strict=True)
    return listed([HEAD, *(_cells(row, layer, layer.check) for row, layer in pairs if layer.check)], right=(3, 4, 5))


def _cells(row: Row, layer: LayerProof, check: Check) -> tuple[str, ...]:
    return (row.name, row.label, ", ".join(("input", *layer.learned)), *_numbers(check))


def _numbers(check: Check) -> tuple[str, str, str]:
    return f"{check.gradients:.7f}", f"{check.differences:.7f}", f"{check.error:.1e}"


def _gradients(proved: Proved) -> Iterator[str]:
    """Yield the verdict on the gradients."""
    wrong = sum(not layer.passed for layer in proved.layers)
    count = sum(layer.check is not None for layer in proved.layers)
    if wrong:
        yield f"{many(wrong, 'layer')} of {count} {'has' if wrong == 1 else 'have'} other gradients than the differences."
    else:
        yield f"The gradients of {many(count, 'layer')} agree with central differences along random directions, in float64."
        yield "No layer has read an array that it does not keep: all of those were NaN."
    if proved.network is not None:
        by_backward, by_differences, error = _numbers(proved.network)
        if not isfinite(proved.network.gradients):
            yield "whole network: the loss or its gradients are not finite, so nothing is proved; a layer leaves the numbers,"
            yield "such as a logarithm of one below 0"
            return
        yield f"whole network: the loss changes by {by_backward} along a direction of all weights, {by_differences} by differences"
        yield f"(error {error})"


def _losses(proved: Proved) -> Iterator[str]:
    """Yield the loss of each step, of many steps some."""
    losses = proved.losses
    every = -(-len(losses) // MOST_LOSSES)
    shown = sorted({*range(0, len(losses), every), len(losses) - 1})
    yield from listed([("step", "loss"), *((str(at + 1), f"{losses[at]:.6g}") for at in shown)], right=(0, 1))
    yield _trend(losses)


def _trend(losses: Sequence[float]) -> str:
    """Return where the losses go, in a sentence."""
    first, last, steps = losses[0], losses[-1], len(losses)
    lost = next((at for at, loss in enumerate(losses) if not isfinite(loss)), -1)
    if lost == 0:
        return "The loss is not finite from the first step on: a layer leaves the numbers, such as a logarithm of one below 0."
    if lost > 0:
        return (
            f"The loss diverged: from step {lost + 1} on it is not finite, after {losses[lost - 1]:.6g}; a smaller --rate may help."
        )
    if steps == 1:
        return f"The loss is {first:.6g}; more steps show where it goes."
    if last < first:
        return f"The loss fell from {first:.6g} to {last:.6g} in {many(steps, 'step')}."
    return f"The loss did not fall: {first:.6g} at first, {last:.6g} at the end; a smaller --rate may help."


def _memory(proved: Proved) -> Iterator[str]:
    """Yield the measured memory beside the predicted one."""
    memory, nodes = proved.memory, proved.report.network.nodes
    largest, told = memory.largest, max(memory.predicted)
    where = f"{nodes[largest.node].name}, {largest.phase}"
    yield f"memory  measured peak {size(largest.bytes)} = {largest.bytes:,} bytes, at {where}"
    yield f"        predicted     {size(told)} = {told:,} bytes"
    if memory.passed:
        yield f"        all {len(memory.measured):,} moments of a training step are as predicted, to the byte"
    elif len(memory.measured) != len(memory.predicted):
        yield f"        {len(memory.measured):,} moments measured, {len(memory.predicted):,} predicted"
    for moment, wanted in memory.differences[:MOST_DIFFERENCES]:
        yield f"        {nodes[moment.node].name}, {moment.phase}: measured {moment.bytes:,}, predicted {wanted:,}"
    if len(memory.differences) > MOST_DIFFERENCES:
        yield f"        and {many(len(memory.differences) - MOST_DIFFERENCES, 'more moment')}"
    if memory.peak > told:
        yield f"        with the scratch of PyTorch's own operators, which is not measured here, {size(memory.peak)}"
    yield f"time    {proved.seconds:.2f} s"


def as_dict(proved: Proved) -> dict[str, object]:
    """Return the data of `--format json`."""
    report, plan, memory = proved.report, proved.plan, proved.memory
    nodes = report.network.nodes
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "batch": proved.batch,
        "dtype": report.dtype,
        "seed": plan.seed,
        "loss": plan.loss.name,
        "optimizer": plan.setup.optimizer,
        "rate": plan.rate,
        "later_rates": [{"step": since, "rate": rate} for since, rate in plan.later],
        "weight_decay": plan.decay,
        "bias_rate": plan.bias_rate,
        "bias_decay": plan.bias_decay,
        "passed": proved.passed,
        "layers": [
            {
                "name": row.name,
                "gradients_of": ["input", *layer.learned] if layer.check else [],
                "check": _check(layer.check),
            }
            for row, layer in zip(report.rows, proved.layers, strict=False)
        ],
        "network": _check(proved.network),
        "losses": [_number(loss) for loss in proved.losses],
        "memory": {
            "measured_peak": memory.largest.bytes,
            "predicted_peak": max(memory.predicted),
            "predicted_peak_with_scratch": memory.peak,
            "moments": [
                {"layer": nodes[moment.node].name, "phase": moment.phase, "measured": moment.bytes, "predicted": told}
                for moment, told in zip(memory.measured, memory.predicted, strict=False)
            ],
        },
        "seconds": proved.seconds,
    }


def _check(check: Check | None) -> dict[str, float | None] | None:
    if check is None:
        return None
    numbers = {"by_backward": check.gradients, "by_differences": check.differences, "error": check.error}
    return {name: _number(value) for name, value in numbers.items()}


def _number(value: float) -> float | None:
    """Return a number; None, which JSON has, if it is not finite."""
    return value if isfinite(value) else None
