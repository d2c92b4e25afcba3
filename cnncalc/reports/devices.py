"""What each of several devices holds and exchanges, as lines and as a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.several_devices import analyse, largest_batch, share
from cnncalc.layers.base import PARAMETERS
from cnncalc.reports.bounds import at_least
from cnncalc.reports.units import size
from cnncalc.request.dtypes import BYTES
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis

_MOST_NAMES = 6


def lines(report: Analysis) -> list[tuple[str, str]]:
    """Return the lines below the totals: the split, each device by the notes' sum with its formula, and the exchange."""
    part, each, unit = report.of(analyse), report.of(share), BYTES[report.dtype]
    least, copies = at_least(report, PARAMETERS), report.setup.copies
    others = each.state - (copies - 2) * each.parameters  # a state that is no multiple of the parameters
    values = f"({part.values:,} + {part.received:,})" if part.received else f"{part.values:,}"
    sums = [f"{size(each.volumes)} volumes and gradients", f"{size(copies * each.parameters)} parameters x {copies}"]
    filled = [f"2*{values}*{part.images:,}*{unit}", f"{copies}*{part.params:,}*{unit}"]
    if others:
        sums.append(f"{size(others)} state of {report.setup.optimizer}")
        filled.append(f"{others:,}")
    found = [
        ("devices", _split(report)),
        ("each holds", f"{least}{size(each.textbook)} by the notes' sum = {' + '.join(sums)}"),
        ("", f"{' + '.join(filled)} = {least}{each.textbook:,} bytes{_fits(report, each.textbook)}"),
        ("exchange", _exchange(report)),
    ]
    if not part.by_filters:
        peak = report.training.peak(part.images).at(part.images)
        found.insert(3, ("", f"{least}{size(peak)} at its peak with {report.setup.optimizer}"))
    if part.copied:
        found.append(("", f"copied on each: {_names(report, part.copied)}"))
    return found


def _split(report: Analysis) -> str:
    part, device = report.of(analyse), report.request.device
    which = f"{part.devices:,} x {device.name}" if device else f"{part.devices:,}"
    if part.by_filters:
        held = f"{part.params:,} of {report.totals.params:,} parameters each"
        return f"{which}, split by filters: {held}, for all {_images(report.batch)}"
    if part.devices > report.batch:
        held = f"1 image on {'one' if report.batch == 1 else f'each of {report.batch:,}'}, none on the others"
        return f"{which}, split by batch: {held}; all parameters on each"
    most = "at most " if report.batch % part.devices else ""
    return f"{which}, split by batch: {most}{part.images:,} of {_images(report.batch)} each, and all parameters"


def _images(number: int) -> str:
    return many(number, "image")


def _fits(report: Analysis, needed: int) -> str:
    """Return whether the sum fits the device, if one is named."""
    device = report.request.device
    if device is None:
        return ""
    return f", {'within' if needed <= device.bytes else 'above'} the {size(device.bytes)} of {device.name}"


def _exchange(report: Analysis) -> str:
    part, each, unit = report.of(analyse), report.of(share), BYTES[report.dtype]
    if not part.by_filters:
        formula = f"2*({part.devices:,} - 1)*{part.learned:,}*{unit}/{part.devices:,}"
        return f"{size(each.exchanged)} sent and received by each to add up the gradients = {formula}"
    if not part.received:
        return "nothing: no layer reads the parts of others"
    formula = f"2*{part.received:,}*{part.images:,}*{unit}"
    return f"{size(each.exchanged)} received by each, volumes and gradients of {_names(report, part.receivers)} = {formula}"


def _names(report: Analysis, places: tuple[int, ...]) -> str:
    names = [report.rows[at].name for at in places]
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")


def as_dict(report: Analysis) -> dict[str, object]:
    """Return the part of each device for JSON."""
    part, each, device = report.of(analyse), report.of(share), report.request.device
    return {
        "largest_batch": largest_batch(report, device.bytes) if device else None,
        "number": part.devices,
        "split": "filters" if part.by_filters else "batch",
        "images": part.images,
        "params": part.params,
        "values": part.values,
        "received": part.received,
        "receivers": [report.rows[at].name for at in part.receivers],
        "copied": [report.rows[at].name for at in part.copied],
        "volumes_and_gradients": each.volumes,
        "parameters": each.parameters,
        "gradients": each.gradients,
        "optimizer_state": each.state,
        "textbook": each.textbook,
        "exchanged": each.exchanged,
    }


def remark(report: Analysis) -> str:
    """Return the largest batch on several devices, for `fit`."""
    device, part = report.request.device, report.of(analyse)
    assert device is not None  # noqa: S101  fit has one
    batch = largest_batch(report, device.bytes)
    how = "by filters" if part.by_filters else "by batch"
    return f"On {part.devices:,} devices, split {how}, the notes' sum fits a batch of {batch:,}; on one {_alone(report):,}."


def _alone(report: Analysis) -> int:
    device = report.request.device
    assert device is not None  # noqa: S101  fit has one
    return largest_batch(report.at(devices=1, split="batch"), device.bytes)
