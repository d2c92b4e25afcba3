"""Pools are not padded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import dims_text, written
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN307",
    "zero-padding in a pool",
    "A pool that makes its volume smaller is padded. Pools of stride 1, whose padding keeps the size, are exempt.",
    "Padding is not common here: the purpose of a pool is a smaller volume, and padding adds no information. ResNets use it to "
    "keep 56 = 112/2 with a pool of 3x3.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL3/2(padding=0:1) -> FC-10",
    "Leave out the padding, or take POOL2, which halves without it.",
    'CS231n course notes, "Pooling Layer"; slides, lecture 7',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL3/1(padding=1) -> FC-10",
)
INVALID = ("INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL3/2(padding=0:1) -> FC-10",)


def advise(design: Design) -> Iterator[Finding]:
    """Yield the padded pools that make their volume smaller."""
    for site in design.sites:
        if site.pools and any(axis.before or axis.after for axis in site.axes) and site.output.size != site.input.size:
            sides = tuple((axis.before, axis.after) for axis in site.axes)
            message = f"{site.name}: a pool with padding {written(sides)}, which is uncommon"
            yield Finding(message, site, "padding", hints=_without(design, site))


def _without(design: Design, site: Site) -> tuple[str, ...]:
    """Return unpadded pools that fit the network: the same pool, and a window of 2."""
    ways: list[str] = []
    for changes in ({"padding": ((0, 0),)}, {"padding": ((0, 0),), "kernel": (2,), "stride": (2,)}):
        changed = design.trial(site, "padding", **changes)
        typed = changed.typed[site.at] if changed else None
        if typed is not None:
            same = " as well" if typed.output == site.output else f" instead of {dims_text(site.output.size)}"
            ways.append(f"`{typed.layer.label()}` makes {dims_text(typed.output.size)}{same}")
    return (f"{'; '.join(ways)}",) if ways else ()
