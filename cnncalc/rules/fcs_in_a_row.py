"""K, the fully-connected layers before the last one, is usually below 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.window import ratio_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN309",
    "three or more hidden fc layers",
    "In the pattern [FC -> RELU]*K -> FC the network has K of 3 or more: four or more fully-connected layers in a row.",
    "K is usually below 3 (notes), 0 to 2 (slides): fc layers already hold most parameters of a network, and the trend is to "
    "do without them.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> [FC-256 -> RELU]*3 -> FC-10",
    "Leave out fc layers.",
    'CS231n course notes, "Layer Patterns" (K < 3); slides, lecture 7, "Summary" (0 <= K <= 2)',
)
SEVERITY: Severity = "note"
VALID = ("INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> [FC-256 -> RELU]*2 -> FC-10",)
INVALID = ("INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> [FC-256 -> RELU]*3 -> FC-10",)
MOST = 2  # source: CS231n course notes, "Layer Patterns"; slides, lecture 7, "Summary"


def advise(design: Design) -> Iterator[Finding]:
    """Yield the rows of too many fully-connected layers."""
    for row in design.rows(_dense):
        hidden = len(row) - 1
        if hidden > MOST:
            held, total = sum(site.counts.params for site in row), design.counts.totals.params
            share = f"{ratio_text(100 * held, total)} %"
            yield Finding(
                f"{row[0].name} to {row[-1].name}: K = {hidden} fully-connected layers before the last one",
                row[0],
                notes=(
                    f"usual is K < {MOST + 1} in the notes and 0 to {MOST} in the slides",
                    f"the row holds {held:,} of {total:,} parameters ({share})",
                ),
            )


def _dense(site: Site) -> bool:
    return site.dense
