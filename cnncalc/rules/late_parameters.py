"""Most parameters are in the fc layers; a global pool before the fc layers saves most of these parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import Misfit
from cnncalc.maths.volume import Volume
from cnncalc.maths.window import ratio_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN314",
    "fc layers hold most of the parameters",
    "Fully-connected layers hold more than half of all parameters, and one of them reads a volume with more than one position.",
    "A layer over 7x7x512 has 49 weights for each channel and neuron. After a global average pool, the mean of each channel, one "
    "is left; GoogLeNet and ResNets use such a pool, and the trend is to do without fc layers.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-256 -> RELU -> FC-10",
    "Write GAP before the first fc layer, and retrain.",
    'CS231n course notes, "VGGNet in detail" and GoogLeNet under "Case studies"; slides, lecture 7, VGGNet: most params are in '
    "late FC; Lin et al. 2013, arXiv:1312.4400, section 3.2",
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> GAP -> FC-10",
    "INPUT[32x32x3] -> FC-100 -> RELU -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-256 -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FLATTEN -> DROPOUT -> FC-256 -> RELU -> FC-10",
)


def advise(design: Design) -> Iterator[Finding]:
    """Yield the fc layers that read more than one position, where fc layers hold most parameters."""
    dense = [site for site in design.sites if site.dense]
    held, total = sum(site.counts.params for site in dense), design.counts.totals.params
    if 2 * held <= total:
        return
    for site in dense:
        source, between = _source(design, site)
        volume = source.output
        positions = volume.values // volume.depth
        if positions == 1 or design.raw[site.at]:
            continue
        left = site.counts.weights.value // positions
        saved = site.counts.weights.value - left
        means = Volume((1,) * volume.rank, volume.depth)
        place = next((each.name for each in between if each.window is not None), site.name)
        hint = f"`GAP` before {place} makes {means.text} of {volume.text} and saves {saved:,} weights: {left:,} are left"
        share = ratio_text(100 * held, total)
        hold = f"{many(len(dense), 'fully-connected layer')} {'holds' if len(dense) == 1 else 'hold'}"
        weights = f"{site.counts.weights.value:,} weights"
        yield Finding(
            f"{hold} {held:,} of {total:,} parameters ({share} %)",
            site,
            notes=(f"{site.name} alone has {weights}, {positions:,} for each of the {volume.depth:,} channels and each neuron",),
            hints=(hint,) if _takes(between, means) else (),
        )


def _source(design: Design, site: Site) -> tuple[Site, list[Site]]:
    """Return the layer that made the volume, and the in-place layers between, from front to back."""
    between: list[Site] = []
    source = design.sites[site.node.inputs[0]]
    while source.layer.in_place and len(source.node.inputs) == 1 and source.input.values == source.output.values:
        between.append(source)
        source = design.sites[source.node.inputs[0]]
    return source, between[::-1]


def _takes(between: Sequence[Site], volume: Volume) -> bool:
    """Return whether the layers between accept the means of the channels as input."""
    try:
        for site in between:
            volume = site.layer.infer((volume,))
    except Misfit:
        return False
    return True
