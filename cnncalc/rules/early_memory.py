"""Most memory is in the early layers; a first layer with a stride is the usual compromise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.window import ratio_text
from cnncalc.rules.base import Finding
from cnncalc.rules.design import values
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.graph.graph import Network
    from cnncalc.layers.base import Layer
    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN313",
    "the first layers hold most of the memory",
    "Fewer than half of the volumes, counted from the image, hold at least half of all values; the first convolution has stride "
    "1; and the network is at least as large as the notes' example, three volumes of 224x224x64.",
    "Memory is the bottleneck in practice: every volume is kept for the backward pass, and its gradient is as large. The usual "
    "compromise is at the first convolution only.",
    "INPUT[224x224x3] -> [CONV3-64 -> RELU]*3 -> POOL2 -> [CONV3-128 -> RELU]*3 -> POOL2 -> FC-10",
    "Give the first convolution a stride, as ZFNet (7x7, stride 2) and AlexNet (11x11, stride 4) do, or take smaller batches.",
    'CS231n course notes, "Compromising based on memory constraints"; slides, lecture 7, VGGNet: most memory is in early CONV',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> [CONV3-64 -> RELU]*3 -> POOL2 -> FC-10",
    "INPUT[224x224x3] -> CONV7-64/2(rounding=floor) -> RELU -> [CONV3-64 -> RELU]*11 -> POOL2 -> FC-10",
)
INVALID = (
    "INPUT[224x224x3] -> [CONV3-64 -> RELU]*3 -> POOL2 -> [CONV3-128 -> RELU]*3 -> POOL2 -> FC-10",
    "INPUT[224x224x3] -> [[CONV3-64 -> RELU]*3 -> POOL2]*5 -> FC-10",
)
EXAMPLE = 3 * 224 * 224 * 64  # values. Source: CS231n course notes, "Compromising based on memory constraints"
COMPROMISES = (("ZFNet", 7, 2), ("AlexNet", 11, 4))  # kernel, stride. Source: the same
BYTES = 4  # of a float32


def advise(design: Design) -> Iterator[Finding]:
    """Yield the first convolution, where its stride of 1 makes the early volumes large."""
    counted = [site for site in design.sites if site.counts.counted]
    total = sum(site.counts.values for site in counted)
    early = _half(counted, total)
    first = next((site for site in design.sites if site.convolves and design.raw[site.at]), None)
    if first is None or total < EXAMPLE or 2 * len(early) >= len(counted) or any(axis.stride > 1 for axis in first.axes):
        return
    held = sum(site.counts.values for site in early)
    yield Finding(
        f"the first {len(early)} of {len(counted)} volumes, {early[0].name} to {early[-1].name}, hold "
        f"{ratio_text(100 * held, total)} % of the memory",
        first,
        notes=(
            f"all volumes are {_size(total)} per image, forward; the gradients take as much again",
            *(_compromise(design, first, *each) for each in COMPROMISES),
        ),
    )


def _half(sites: Sequence[Site], total: int) -> list[Site]:
    """Return the fewest volumes, counted from the image, that hold half of the values."""
    found: list[Site] = []
    held = 0
    for site in sites:
        found.append(site)
        held += site.counts.values
        if 2 * held >= total:
            break
    return found


def _size(count: int) -> str:
    return f"{count:,} values, {ratio_text(BYTES * count, 2**20)} MiB as float32"


def _compromise(design: Design, first: Site, name: str, kernel: int, stride: int) -> str:
    """Return the size of all volumes with another first layer."""
    changes = {"kernel": (kernel,), "stride": (stride,), "padding": "same"}
    other = first.layer.replaced(**changes, rounding="floor")
    changed = design.changed({first.at: other})
    rounded = "" if changed else " with `rounding: floor`"
    changed = changed or _rounded(design, first, other)
    head = f"`{first.written(**changes)}`, a first layer {kernel}x{kernel} of stride {stride} as in {name},"
    return f"{head} would make them {_size(values(changed))}{rounded}" if changed else f"{head} would not fit the layers behind it"


def _rounded(design: Design, first: Site, other: Layer) -> Network | None:
    """Return the network with another first layer and all outputs rounded down."""
    layers: dict[int, Layer] = {}
    for site in design.sites:
        if site.slides:
            layers[site.at] = site.layer.replaced(rounding="floor")
    return design.changed({**layers, first.at: other})
