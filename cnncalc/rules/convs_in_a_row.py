"""N, the convolutions between two pools, is usually up to 3 (notes) or about 5 (slides)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import dims_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN308",
    "more than 3 convolutions in a row",
    "In the pattern [[CONV -> RELU]*N -> POOL?]*M a stage has N above 3: consecutive convolutions at one size, without a branch, "
    "a pool or a stride between them. 1x1 layers, which see no more than the layers before them, are not counted.",
    "Stacks of convolutions before a pool are a good idea, but N is usually up to 3 in the notes and up to about 5 in the slides; "
    "VGG-16 has 3, VGG-19 has 4. Longer chains need the shortcuts of ResNets, the exception in the slides.",
    "INPUT[32x32x3] -> [CONV3-16 -> RELU]*6 -> POOL2 -> FC-10",
    "Pool earlier, or add shortcuts: `{ CONV3-16 -> RELU -> CONV3-16 | } -> ADD`.",
    'CS231n course notes, "Layer Patterns" (N <= 3); slides, lecture 7, "Summary" (N up to ~5)',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> [[CONV3-16 -> RELU]*3 -> POOL2]*3 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> [{ CONV3-16 -> RELU -> CONV3-16 | } -> ADD -> RELU]*4 -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> [CONV3-16 -> RELU]*6 -> POOL2 -> FC-10",
    "INPUT[32x32x3] -> [CONV3-16 -> RELU]*4 -> POOL2 -> FC-10",
)
NOTES = 3  # source: CS231n course notes, "Layer Patterns"
SLIDES = 5  # source: CS231n slides, lecture 7, "Summary"


def advise(design: Design) -> Iterator[Finding]:
    """Yield the rows of more than three convolutions at one size."""
    for row in design.rows(_at_one_size):
        seeing = [site for site in row if any(axis.extent > 1 for axis in site.axes)]
        if len(seeing) > NOTES:
            first, last = seeing[0], seeing[-1]
            within = "above" if len(seeing) > SLIDES else "within"
            yield Finding(
                f"{first.name} to {last.name}: N = {len(seeing)} convolutions in a row at {dims_text(last.output.size)}",
                first,
                notes=(f"above the {NOTES} of the notes and {within} the about {SLIDES} of the slides",),
            )


def _at_one_size(site: Site) -> bool:
    """Return whether a layer is a convolution of stride 1 at more than one position."""
    return site.convolves and not site.single and all(axis.stride == 1 for axis in site.axes)
