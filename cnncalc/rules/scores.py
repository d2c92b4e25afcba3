"""A softmax at the end of a network turns class scores into probabilities; a layer with weights makes the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN316",
    "a softmax over no scores",
    "The network ends in a softmax that reads an activation or a pool: no layer with weights makes a score for each class.",
    "The values of an activation or a pool are features, and behind a RELU no score is below 0. The slides summarize networks as "
    "[(CONV-RELU)^N - POOL?]^M - (FC-RELU)^K, SOFTMAX, where SOFTMAX stands for the fully-connected layer of the class scores and "
    "the softmax; the notes write [FC -> RELU]*K -> FC.",
    "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> SOFTMAX",
    "Write FC with the number of classes before the softmax.",
    'Slides, lecture 7, "Summary"; CS231n course notes, "Layer Patterns": the last FC layer holds the class scores',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-10 -> SOFTMAX",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV1-10 -> RELU -> GAP -> SOFTMAX",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV1-21 -> UPSAMPLE2 -> SOFTMAX",
    "INPUT[32x32x3] -> FC-10 -> DROPOUT -> SOFTMAX",
)
INVALID = (
    "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> SOFTMAX",
    "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> FC-64 -> RELU -> SOFTMAX",
)


def advise(design: Design) -> Iterator[Finding]:
    """Yield the softmaxes at the end of a network that read features."""
    for at in sorted(design.results):
        site = design.sites[at]
        if not site.layer.distributes:
            continue
        source = _source(design, site)
        if source.pools or _activates(source):
            yield Finding(
                f"{site.name}: the softmax reads {source.name}, and no layer with weights makes class scores",
                site,
                notes=(_read(site, source),),
                hints=(f"`FC-10` before {site.name} makes the scores of 10 classes",),
            )


def _source(design: Design, site: Site) -> Site:
    """Return the layer that computed the values that a layer reads, past layers that only pass them on."""
    source = design.sites[site.node.inputs[0]]
    while source.layer.in_place and len(source.node.inputs) == 1 and not source.counts.flops:
        source = design.sites[source.node.inputs[0]]
    return source


def _activates(site: Site) -> bool:
    """Return whether a layer applies a function to each value, without weights for products."""
    return site.layer.pointwise and site.counts.flops > 0 and not site.counts.macs.value


def _read(site: Site, source: Site) -> str:
    """Return what the softmax compares."""
    positions = site.input.values // site.input.depth
    if positions > 1:
        return f"over {site.input.text} it compares {site.input.depth:,} features at each of {many(positions, 'position')}"
    return f"it compares {many(site.input.depth, 'feature')} behind {source.name}"
