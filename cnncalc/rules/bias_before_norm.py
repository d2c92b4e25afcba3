"""A bias directly before a batch normalization has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN311",
    "a bias before a normalization that cancels it",
    "All readers of a layer with biases subtract the mean of each channel, as batch normalization does.",
    "The bias of a channel is part of its mean: the normalization subtracts it, and adds a shift of its own. The parameters are "
    "stored and updated without any effect.",
    "INPUT[32x32x3] -> CONV3-16 -> BN -> RELU -> FC-10",
    "Write bias=false, or `CONV: {bias: false}` for the whole spec; keep the biases to load published weights that include them.",
    "Ioffe and Szegedy 2015, arXiv:1502.03167, section 3.2; slides, lecture 7, ResNet: batch normalization after every CONV layer",
)
_MOST = 4  # layers that are named
SEVERITY: Severity = "warning"
VALID = (
    "INPUT[32x32x3] -> CONV3-16(bias=false) -> BN -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> BN -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> GN(4) -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> { BN | } -> ADD -> RELU -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV3-16 -> BN -> RELU -> FC-10",
    "INPUT[32x32x3] -> [CONV3-16 -> BN -> RELU]*3 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> FC-64 -> BN -> RELU -> FC-10",
)


def advise(design: Design) -> Iterator[Finding]:
    """Yield one finding for each kind of layer whose biases have no effect: one line of the spec is the cause, and its cure."""
    by_kind: dict[str, list[Site]] = {}
    for site in design.sites:
        if _useless(design, site):
            by_kind.setdefault(site.layer.name(), []).append(site)
    for kind, found in by_kind.items():
        first, useless = found[0], found[0].counts.biases.value
        after = design.readers[first.at][0].name
        total = sum(site.counts.biases.value for site in found)
        yield Finding(
            f"{first.name}: {useless:,} {'bias' if useless == 1 else 'biases'} without effect, {after} subtracts the mean",
            first,
            "bias",
            notes=(f"the network has {total:,} such parameters in {len(found)} layers: {_named(found)}",) if len(found) > 1 else (),
            hints=(_hint(design, kind, found),),
        )


def _named(found: Sequence[Site]) -> str:
    """Return the names of the layers, of many the first ones."""
    names = [site.name for site in found]
    return listed(names) if len(names) <= _MOST else f"{', '.join(names[:_MOST])} and {len(names) - _MOST} more"


def _hint(design: Design, kind: str, found: Sequence[Site]) -> str:
    """Return the cure: for the whole spec where no bias of the kind has an effect."""
    biased = sum(site.layer.name() == kind and site.counts.biases.value > 0 for site in design.sites)
    if len(found) == 1 or biased > len(found):
        return "`bias=false` leaves them out"
    return f"`bias=false` leaves them out, in a spec `{kind}: {{bias: false}}` in one line"


def _useless(design: Design, site: Site) -> bool:
    """Return whether a layer adds a number to each channel and all its readers subtract that number again."""
    readers = design.readers[site.at]
    return (
        site.counts.macs.value > 0
        and site.counts.biases.value == site.output.depth
        and site.at not in design.results
        and bool(readers)
        and all(reader.layer.centers for reader in readers)
    )
