"""The lines below a table: the totals, and conclusions in the manner of the course notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import stages, weight_layers
from cnncalc.analyses.memory import dominate_from
from cnncalc.analyses.trainable import split
from cnncalc.layers.base import MACS, OPERATIONS, PARAMETERS
from cnncalc.reports.bounds import at_least, not_counted_lines
from cnncalc.reports.memory_lines import lines
from cnncalc.reports.units import percent, si, size
from cnncalc.request.dtypes import BYTES
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.analyses.stages import Stage

_MOST_SIZES = 8  # shares of work in one sentence


def heading(report: Analysis) -> str:
    """Return `VGG-16 · input 224x224x3 · batch 1 · float32`."""
    return " · ".join([report.title or "network", inputs(report), f"batch {report.batch}", report.dtype])


def inputs(report: Analysis) -> str:
    """Return `input 224x224x3`, or `inputs left 64x64x3, right 32x32x1`."""
    return f"{'input' if len(report.inputs) == 1 else 'inputs'} {sizes(report)}"


def sizes(report: Analysis) -> str:
    """Return `224x224x3`, or `left 64x64x3, right 32x32x1`."""
    found = report.inputs
    return report.image.text if len(found) == 1 else ", ".join(f"{name} {volume.text}" for name, volume in found.items())


def totals(report: Analysis) -> list[tuple[str, str]]:
    """Return the totals as (what, figure)."""
    t, m = report.totals, report.memory
    image = "image" if len(report.inputs) == 1 else "images"
    images = image if report.batch == 1 else f"batch of {report.batch}"
    own = f" and {t.own_value_bytes:,} x {report.batch} bytes of {t.own_values:,} indices" if t.own_values else ""
    values = f"{t.values - t.own_values:,} values x {report.batch} x {BYTES[report.dtype]} bytes{own}"
    learned = at_least(report, PARAMETERS)
    found = [
        ("depth", _depth(report)),
        ("parameters", f"{learned}{t.params:,} = {t.weights:,} weights + {t.biases:,} biases · {learned}{size(m.parameters)}"),
        ("work", _work(report)),
        ("memory", f"{size(m.forward)} forward = {values} · {size(m.images)} of it the {images}"),
        *lines(report),
    ]
    if t.buffers:
        found.insert(2, ("buffers", f"{learned}{t.buffers:,} numbers that are stored, not learned · {size(m.buffers)}"))
    if report.request.freeze:
        parts = report.of(split)
        found.insert(2, ("trainable", f"{learned}{parts.trainable:,} · frozen {parts.frozen:,}"))
    return [*found, *not_counted_lines(report)]


def _depth(report: Analysis) -> str:
    """Return `16 weight layers`, the number that names of networks count."""
    found = report.of(weight_layers.analyse)
    more = f" on the longest path, {found.all:,} in all" if found.all > found.deepest else ""
    return f"{many(found.deepest, 'weight layer')}{more}"


def _work(report: Analysis) -> str:
    t, macs = report.totals, at_least(report, MACS)
    flops = f"{at_least(report, MACS, OPERATIONS)}{t.flops:,} FLOPs"
    backward = f"{at_least(report, PARAMETERS, MACS)}{si(report.backward_macs)} MACs backward"
    return f"{macs}{t.macs:,} MACs ({si(t.macs)}) · {flops} · {backward}, per image"


def sentences(report: Analysis) -> list[str]:
    """Return the sentences on where most memory, work and parameters are, like the notes' on VGG-16."""
    counted = [row for row in report.rows if row.counts.counted]
    learned = [row for row in report.rows if row.counts.params]
    found = [_memory(counted, report.totals.values)]
    working = [stage for stage in report.of(stages.analyse) if stage.macs]
    if len(working) > 1 and not at_least(report, MACS):
        found.append(_work_by_size(working, report.totals.macs))
    if learned and not at_least(report, PARAMETERS):
        found.append(_parameters(learned, report.totals.params))
        found.append(_training(report))
    return found


def _work_by_size(working: Sequence[Stage], total: int) -> str:
    """Return the share of the work of each output size, in the order of computation; of many sizes the largest shares."""
    chosen = set(sorted(working, key=lambda stage: -stage.macs)[:_MOST_SIZES])
    parts = [f"{percent(stage.macs, total)} at {stage.text}" for stage in working if stage in chosen]
    rest = [stage for stage in working if stage not in chosen]
    parts += [f"{percent(sum(stage.macs for stage in rest), total)} at {many(len(rest), 'other size')}"] * bool(rest)
    return f"Work by output size: {', '.join(parts)}."


def _training(report: Analysis) -> str:
    """Return what takes most memory of training, and from which batch on it is the volumes."""
    first, batch = dominate_from(report.memory, report.batch), report.batch
    if first is None or first == 1:
        return "By the notes' sum, training's memory is mostly volumes and gradients, at every batch."
    if batch < first:
        volumes = f"and mostly volumes and gradients from batch {first:,} on"
        return f"By the notes' sum, training's memory is mostly parameters at batch {batch:,}, {volumes}."
    return f"By the notes' sum, training's memory is mostly volumes and gradients, from batch {first:,} on."


def _memory(rows: Sequence[Row], total: int) -> str:
    first = _fewest([row.counts.values for row in rows])
    if first == len(rows):
        return f"All memory is in {rows[0].name}." if first == 1 else f"The memory is spread over {first} volumes."
    some = sum(row.counts.values for row in rows[:first])
    held = f"{percent(some, total)} in {_which('first', first, len(rows), 'volume')} ({_between(rows[:first])})"
    return f"{'Most memory is in the early layers' if _most(some, total, first, len(rows)) else 'The memory is spread'}: {held}."


def _parameters(rows: Sequence[Row], total: int) -> str:
    last = _fewest([row.counts.params for row in reversed(rows)])
    held, largest = rows[-last:], max(rows, key=lambda row: row.counts.params)
    if last == len(rows):
        return f"All parameters are in {rows[0].name}." if last == 1 else f"The parameters are spread over {last} layers."
    some = sum(row.counts.params for row in held)
    where = f"{percent(some, total)} in {_which('last', last, len(rows), 'layer')} with weights ({_between(held)})"
    small = 10 * largest.counts.params < total or (last == 1 and largest is held[0])
    alone = "" if small else f", {percent(largest.counts.params, total)} in {largest.name} alone"
    late = "Most parameters are in the last layers" if _most(some, total, last, len(rows)) else "The parameters are spread"
    return f"{late}: {where}{alone}."


def _most(some: int, total: int, rows: int, of: int) -> bool:
    """Return whether some of the rows hold most of the total: fewer than half of the rows, or a share 1.5 times their part."""
    return 2 * rows < of or 2 * some * of >= 3 * rows * total


def _which(end: str, some: int, of: int, what: str) -> str:
    """Return `the first 5 of 22 volumes`, `the last of 3 layers`."""
    return f"the {end} {'' if some == 1 else f'{some} '}of {many(of, what)}"


def _fewest(values: Sequence[int]) -> int:
    """Return the smallest number of values from the front that hold at least half of the sum."""
    total, held = sum(values), 0
    for at, value in enumerate(values, 1):
        held += value
        if 2 * held >= total:
            return at
    return len(values)


def _between(rows: Sequence[Row]) -> str:
    return rows[0].name if len(rows) == 1 else f"{rows[0].name} to {rows[-1].name}"
