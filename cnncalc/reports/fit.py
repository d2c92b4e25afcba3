"""The largest batches that fit, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import MEMORY, PARAMETERS
from cnncalc.reports.bounds import at_least, not_counted_lines
from cnncalc.reports.json import inputs_dict, not_counted_dict
from cnncalc.reports.plain import listed
from cnncalc.reports.summary import inputs
from cnncalc.reports.units import ratio, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.fit import Fit, Way

_RIGHT = (1, 2, 3, 4)


def text(report: Analysis, fit: Fit, *, wanted: bool) -> str:
    """Return the tables and remarks; `wanted` is whether a batch was requested."""
    ways = [way for way in fit.ways if way.group != "change"]
    changes = [way for way in fit.ways if way.group == "change"]
    usual = next(way for way in fit.ways if way.group == "training")
    head = f"{report.title or 'network'} · {inputs(report)} · {report.dtype} · {_device(fit)}"
    if report.setup.accumulate > 1:
        head += f" · gradients of {report.setup.accumulate:,} micro-batches added up"
    lines = [head, "", *_table(_merged(ways), report, fit)]
    if usual.batch < fit.wanted or wanted:
        lines += ["", *_wanted(usual, fit, report)]
    lines += ["", f"To fit more: {usual.name} as above, with one change each", "", *_table(changes, report, fit, usual)]
    unasked = [] if wanted else [_compared(usual, fit)]
    if report.request.devices > 1:
        from cnncalc.reports import devices  # most requests have one

        unasked.append(devices.remark(report))
    return "\n".join([*lines, "", *_uncounted(report), *unasked, *_remarks(fit)])


def _compared(usual: Way, fit: Fit) -> str:
    """Return what the batch of the table is where none was requested."""
    if not usual.batch:
        return f"Batch {fit.wanted:,}: {usual.name} does not fit; --batch N compares at another one."
    return f"Batch {fit.wanted:,}: the largest that fits {usual.name}, for a comparison; --batch N compares at another one."


def _uncounted(report: Analysis) -> list[str]:
    """Return the lines on layers that are not counted: the bytes are then lower bounds, and the batches upper ones."""
    if not at_least(report, PARAMETERS, MEMORY):
        return []
    return [
        "At least: the bytes are lower bounds and the batches upper ones, because not everything is counted:",
        *(f"{text}." for _, text in not_counted_lines(report)),
    ]


def _merged(ways: Sequence[Way]) -> list[Way]:
    """Return the ways with optimizers of equal results merged into one line."""
    found: dict[tuple[object, ...], Way] = {}
    for way in ways:
        key = (way.group, *way[2:])
        before = found.get(key) if way.group == "training" else None
        found[key if before or way.group == "training" else (way.name,)] = (
            before._replace(name=f"{before.name}, {way.name.removeprefix('training with ')}") if before else way
        )
    return list(found.values())


def _device(fit: Fit) -> str:
    device = fit.device
    flash = f", {size(device.flash)} of flash" if device.flash else ""
    return f"{device.name}: {device.bytes:,} bytes{flash}"


def _table(ways: Sequence[Way], report: Analysis, fit: Fit, usual: Way | None = None) -> list[str]:
    least = at_least(report, PARAMETERS, MEMORY)
    most = "at most " if least else ""
    head = ["run", "largest batch", "sure to fit", "it takes", f"batch {fit.wanted:,} takes", "limited by"]
    rows = [
        [
            way.name + _cost(way, report),
            f"{most}{way.batch:,}" + (f" ({_times(way, usual)})" if usual and usual.batch else ""),
            "" if way.surely is None or least else f"{way.surely:,}",
            f"{least}{size(way.bytes)}" if way.batch else "-",
            f"{least}{size(way.at_wanted)}",
            _limit(way, report),
        ]
        for way in ways
    ]
    shown = [row[:2] + row[3:] if fit.device.flash else row for row in (head, *rows)]
    return listed(shown, right=_RIGHT[: len(shown[0]) - 2])


def _cost(way: Way, report: Analysis) -> str:
    if not way.extra_macs:
        return ""
    return f" (+{ratio(way.extra_macs, report.totals.macs)} x the forward work)"


def _times(way: Way, usual: Way) -> str:
    return f"x {ratio(way.batch, usual.batch)}"


def _limit(way: Way, report: Analysis) -> str:
    """Return the moment at which one more image would not fit, or the excess of a single image."""
    if not way.batch:
        return (
            f"batch 1 is {size(way.over)} too large, mostly {way.dominant}"
            if way.over > 0
            else f"too many {way.dominant} for the flash"
        )
    if way.phase == "step":
        return "the optimizer's step"
    return f"{report.rows[way.node].name}, {'run again' if way.phase == 'recompute' else way.phase}"


def _wanted(usual: Way, fit: Fit, report: Analysis) -> list[str]:
    """Return sentences on whether the requested batch fits, and on a smaller batch."""
    over = usual.at_wanted - fit.device.bytes
    if over <= 0:
        if at_least(report, PARAMETERS, MEMORY):
            return [f"A batch of {fit.wanted:,} may fit {usual.name}: at most {size(-over)} are left for what is not counted."]
        return [f"A batch of {fit.wanted:,} fits {usual.name}: {size(-over)} are left."]
    said = f"A batch of {fit.wanted:,} does not fit {usual.name}: {size(over)} are missing, and {usual.dominant} take most."
    if not usual.batch:
        return [said]
    if not fit.micro:
        return [
            said,
            f"A smaller batch does, of at most {usual.batch:,} images; with gradients of several added up, not even one image.",
        ]
    steps = -(-fit.wanted // fit.micro)
    smaller = f"Smaller batches do: {steps:,} of at most {fit.micro:,} images, their gradients added up, make the same step"
    return [
        said,
        f"{smaller} (except for batch norm, which sees the smaller batches).",
        f"From the second on, the sums of the gradients live from the start: --accumulate {steps:,} shows it.",
    ]


def _remarks(fit: Fit) -> list[str]:
    if fit.device.flash:
        return ["Inference reads the parameters from flash; the volumes live in RAM. Training needs everything in RAM."]
    return [
        "Largest batch: exact for the bytes of tensors; one image more does not fit.",
        "Sure to fit: with the largest overhead measured in frameworks: 45 % reserved by the allocator, 2 GB for the CUDA context,",
        "60 MiB of cuDNN workspace for each image. Batches between the two are borderline.",
    ]


def as_dict(report: Analysis, fit: Fit) -> dict[str, object]:
    """Return the JSON."""
    device = fit.device
    return {
        "schema_version": 1,
        "name": report.name,
        **inputs_dict(report),
        "dtype": report.dtype,
        "optimizer": report.setup.optimizer,
        "memory": device.bytes,
        "device": {"name": device.name, "source": device.source, "flash": device.flash or None},
        "batch": fit.wanted,
        "accumulate": report.setup.accumulate,
        "micro_batch": fit.micro,
        **not_counted_dict(report),
        "ways": [_way_dict(way, report, fit) for way in fit.ways],
        **_devices_dict(report),
    }


def _devices_dict(report: Analysis) -> dict[str, object]:
    """Return the part of each of several devices."""
    if report.request.devices == 1:
        return {}
    from cnncalc.reports import devices  # most requests have one

    return {"devices": devices.as_dict(report)}


def _way_dict(way: Way, report: Analysis, fit: Fit) -> dict[str, object]:
    return {
        "way": way.name,
        "group": way.group,
        "largest_batch": way.batch,
        "surely": None if at_least(report, PARAMETERS, MEMORY) else way.surely,
        "bytes": way.bytes,
        "one_more": fit.device.bytes + way.over,
        "limited_by": {"layer": report.rows[way.node].name, "phase": way.phase},
        "dominated_by": way.dominant,
        "fits": None if way.batch and at_least(report, PARAMETERS, MEMORY) else way.batch > 0,
        "missing": max(0, way.over) if not way.batch else 0,
        "bytes_at_batch": way.at_wanted,
        "extra_macs": way.extra_macs,
    }
