"""A rule: depths that are no multiple of eight."""

from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

ADVICE = Code(
    "EXA1",
    "a depth that is no multiple of 8",
    "A convolution has a number of filters that is no multiple of 8.",
    "Matrix units work on multiples of 8; the rest of the last one is wasted.",
    "INPUT[8x8x3] -> CONV3-13 -> RELU",
    "Take the next multiple of 8.",
)
SEVERITY = "note"
VALID = ("INPUT[8x8x3] -> CONV3-16 -> RELU",)
INVALID = ("INPUT[8x8x3] -> CONV3-13 -> RELU",)


def advise(design):
    """Yield the convolutions of such a depth."""
    for site in design.sites:
        depth = site.output.depth
        if site.convolves and depth % 8:
            hints = (f"`filters={depth + -depth % 8}`",)
            yield Finding(f"{site.name}: a depth of {depth}, which is no multiple of 8", site, "filters", hints=hints)
