"""`fit`: the largest batches that fit a device, for the network and for changes of its first layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.counts import counts
from cnncalc.analyses.fit import Change, Question, fit, largest, training_name
from cnncalc.pipeline import report
from cnncalc.text.diagnostic import Code, Diagnostic, SpecError
from cnncalc.transforms.first_layer import COMPROMISES, coarser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.analyses.fit import Fit
    from cnncalc.graph.graph import Network
    from cnncalc.reports.report import Report
    from cnncalc.request.request import Request
    from cnncalc.workspace.find import Found

MOST_LAYERS = 20_000  # about 6 s: each way to save memory is a training step of its own
TOO_MANY_LAYERS = Code(
    "CNN427",
    "more layers than fit compares",
    "`cnncalc fit` takes networks of at most 20,000 layers.",
    "It walks through about thirty training steps, one for each way to save memory: a larger network would take minutes.",
    'cnncalc fit "INPUT[8x8x3] -> [CONV3-8]*100000" --memory 12GiB',
    "Use `cnncalc analyze --batch N`, which walks through one training step.",
    "docs/memory.md",
)


def fitted(found: Found, settings: Request, wanted: int | None = None) -> tuple[Report, Fit]:
    """Return the report of a text, and the largest batches that fit the device of the settings.

    Raises SpecError for an unusable text and for too many layers, ValueError for settings without a device.
    """
    result = report(found, settings)
    if len(result.network.nodes) > MOST_LAYERS:
        message = f"the network has {len(result.network.nodes):,} layers, and fit walks through at most {MOST_LAYERS:,}"
        hints = ("`cnncalc analyze --batch N` computes the memory of one batch",)
        raise SpecError([Diagnostic(TOO_MANY_LAYERS, "error", message, hints=hints)])
    device = result.request.device
    if device is None:
        message = "no device to fit"
        raise ValueError(message)
    changes = tuple(_changes(result.network))
    return result, fit(Question(result.network, result.counts, result.setup, device, wanted, changes))


def by_powers_of_1024(result: Report, fit: Fit) -> str:
    """Return what fits by the other reading of an ambiguous size, in powers of 1024; empty where it is not ambiguous.

    Source: CS231n course notes, "Computational Considerations", which divide by 1024 for KB, MB and GB.
    """
    if not fit.device.binary:
        return ""
    other = Question(result.network, result.counts, result.setup, fit.device._replace(bytes=fit.device.binary))
    name = training_name(result.setup)
    ours = next(way.batch for way in fit.ways if way.group == "training")
    return f"by powers of 1024 the largest batch of {name} is {largest(other, 'training'):,}, not {ours:,}"


def _changes(network: Network) -> Iterator[Change]:
    """Yield the network with each first layer that the notes propose."""
    for kernel, stride in COMPROMISES:
        changed = coarser(network, kernel, stride)
        if changed:
            yield Change(f"first layer {kernel}x{kernel} stride {stride}", changed, counts(changed))
