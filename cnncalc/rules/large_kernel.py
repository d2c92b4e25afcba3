"""Kernels are 3x3 or at most 5x5, except in the first layer on the image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.maths.volume import dims_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN302",
    "a kernel above 5x5 behind the image",
    "A convolution that does not read the image itself has a kernel with more cells than 5x5 (5 in 1-D, 5x5x5 in 3-D). Kernels "
    "one position wide, such as 1x7, and kernels over the whole input are exempt.",
    "Weights and work grow with the cells of the kernel. Larger kernels are usual only on the image, where the depth is small.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV7-16 -> RELU -> FC-10",
    "Take a smaller kernel, or a stack of small ones (CNN310). Some newer networks choose it: ConvNeXt has depthwise 7x7 layers.",
    'CS231n course notes, "Layer Sizing Patterns"; Knet tutorial, "Architectures"',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> CONV7-16 -> RELU -> CONV5-16 -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV1x7-16 -> RELU -> CONV7x1-16 -> FC-10",
    "INPUT[7x7x3] -> CONV3-16 -> RELU -> CONV7-64(padding=0) -> RELU -> CONV1-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV7-16 -> RELU -> FC-10",
    "INPUT[16000x1] -> CONV3-16 -> RELU -> CONV9-16 -> RELU -> FC-10",
)
LARGEST = 5  # source: CS231n course notes, "Layer Sizing Patterns"


def advise(design: Design) -> Iterator[Finding]:
    """Yield the convolutions with large kernels that do not read the image."""
    for site in design.sites:
        kernel = tuple(axis.kernel for axis in site.axes)
        if not site.convolves or design.raw[site.at] or site.single or math.prod(kernel) <= LARGEST ** len(kernel):
            continue
        yield Finding(
            f"{site.name}: a kernel of {_sides(kernel)} behind the image, above {_sides((LARGEST,) * len(kernel))}",
            site,
            "kernel",
            notes=(f"its {math.prod(kernel)} cells cost {site.counts.macs.value:,} multiply-accumulates and {_weights(site)}",),
            hints=_smaller(design, site),
        )


def _sides(kernel: tuple[int, ...]) -> str:
    return dims_text(kernel)


def _weights(site: Site) -> str:
    return f"{site.counts.weights.value:,} weights"


def _smaller(design: Design, site: Site) -> tuple[str, ...]:
    """Return the layer with kernels of 3 and 5, where they fit the network."""
    ways: list[str] = []
    for kernel in (3, LARGEST):
        changes = {"kernel": (kernel,), "padding": "same"}
        if design.trial(site, "kernel", **changes) is not None:
            ways.append(f"`{site.written(**changes)}`")
    return (f"{' or '.join(ways)} is usual and fits",) if ways else ()
