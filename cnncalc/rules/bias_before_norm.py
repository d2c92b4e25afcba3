"""A bias directly before a batch normalization has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """Yield the layers whose biases have no effect, with the number of such parameters in the network."""
    found = [site for site in design.sites if _useless(design, site)]
    total = sum(site.counts.biases.value for site in found)
    for site in found:
        after = design.readers[site.at][0].name
        useless = site.counts.biases.value
        yield Finding(
            f"{site.name}: {useless:,} {'bias' if useless == 1 else 'biases'} without effect, {after} subtracts the mean",
            site,
            "bias",
            notes=(f"the network has {total:,} such parameters in {len(found)} layers",) if len(found) > 1 else (),
            hints=("`bias=false` leaves them out",),
        )


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
