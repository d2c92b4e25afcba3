"""Pools are 2x2 with stride 2, or 3x3 with stride 2."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.maths.volume import dims_text
from cnncalc.maths.window import Axis, ratio_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN306",
    "a pool that is neither 2/2 nor 3/2",
    "Along an axis, a pool has a window above 3, or a window and stride other than 2 and 2 or 3 and 2. Pools of stride 1, which "
    "keep the size, and pools over the whole input are exempt.",
    "Only these two are common; a larger pool is too destructive: 4x4 with stride 4 keeps 1 of 16 activations.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL4 -> FC-10",
    "Take POOL2 or POOL3/2; two pools of 2 with a convolution between them shrink as much as one of 4.",
    'CS231n course notes, "Pooling Layer" and "Layer Sizing Patterns"; slides, lecture 7, "Common settings"; Knet tutorial, '
    '"Architectures"',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-10",
    "INPUT[31x31x3] -> CONV3-16 -> RELU -> POOL3/2 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL3/1(padding=1) -> AVGPOOL32 -> FC-10",
    "INPUT[32x32x16x3] -> CONV3-16 -> RELU -> POOL2x2x1 -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL4 -> FC-10",
    "INPUT[33x33x3] -> CONV3-16 -> RELU -> POOL3 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL5(stride=3) -> FC-10",
)
LARGEST = 3  # source: CS231n course notes, "Layer Sizing Patterns"
USUAL = ((2, 2), (3, 2))  # window and stride. Source: CS231n course notes, "Pooling Layer"


def advise(design: Design) -> Iterator[Finding]:
    """Yield the pools with uncommon windows."""
    for site in design.sites:
        if not site.pools or site.single or all(axis.stride == 1 for axis in site.axes) or all(map(_usual, site.axes)):
            continue
        kernel = max(axis.kernel for axis in site.axes)
        stride = max(axis.stride for axis in site.axes)
        kept, whole = math.prod(site.output.size), math.prod(site.input.size)
        above = f", above {LARGEST}" if kernel > LARGEST else ""
        yield Finding(
            f"{site.name}: a pool of {kernel} with stride {stride}{above}: only 2/2 and 3/2 are common",
            site,
            "kernel",
            notes=(
                f"of {whole:,} activations in a slice {kept:,} are left: {ratio_text(100 * (whole - kept), whole)} % are discarded",
            ),
            hints=_others(design, site),
        )


def _usual(axis: Axis) -> bool:
    return (axis.kernel, axis.stride) in USUAL or axis == Axis(1)


def _others(design: Design, site: Site) -> tuple[str, ...]:
    """Return the usual pools that fit the network, and the output size of each."""
    ways: list[str] = []
    for kernel, stride in USUAL:
        changed = design.trial(site, "kernel", kernel=(kernel,), stride=(stride,), padding=((0, 0),))
        typed = changed.typed[site.at] if changed else None
        if typed is not None:
            ways.append(f"`{typed.layer.label()}` makes {dims_text(typed.output.size)}")
    return (f"{' and '.join(ways)} of {dims_text(site.input.size)}, and the rest of the network fits",) if ways else ()
