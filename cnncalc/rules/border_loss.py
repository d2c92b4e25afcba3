"""Unpadded convolutions in a row wash the borders away."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.maths.volume import dims_text
from cnncalc.maths.window import ratio_text
from cnncalc.rules.base import Finding
from cnncalc.rules.conv_padding import keeping, shrinks
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN305",
    "convolutions in a row that wash the borders away",
    "Two or more convolutions follow each other, and each makes the volume smaller because it is padded too little.",
    "Each takes F - 1 pixels off every axis. Ever fewer windows read the pixels at the border; 5x5 filters shrink a 32x32 image "
    "to 28x28 and then 24x24, which is too fast.",
    "INPUT[32x32x3] -> [CONV5-16(padding=0) -> RELU]*2 -> POOL2 -> FC-10",
    "Write `padding: same`, or leave it if each output must see real pixels only, as in U-Net.",
    'CS231n course notes, "Why use padding?"; slides, lecture 7, "Remember back to..."',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> [CONV5-16 -> RELU]*2 -> POOL2 -> FC-10",
    "INPUT[32x32x3] -> [CONV5-16(padding=0) -> RELU -> POOL2]*2 -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> [CONV5-16(padding=0) -> RELU]*2 -> POOL2 -> FC-10",
    "INPUT[32x20x3] -> CONV3x1-16(padding=0) -> RELU -> CONV3-16(padding=0) -> BN -> RELU -> CONV1x3-16(padding=0) -> FC-10",
)


def advise(design: Design) -> Iterator[Finding]:
    """Yield the rows of convolutions that shrink their volume."""
    for row in design.rows(shrinks):
        if len(row) < 2:
            continue
        old, new = row[0].input.size, row[-1].output.size
        off = dims_text(tuple(before - after for before, after in zip(old, new, strict=True)))
        whole, lost = math.prod(old), math.prod(old) - math.prod(new)
        yield Finding(
            f"{row[0].name} to {row[-1].name}: {len(row)} unpadded convolutions in a row, {dims_text(old)} to {dims_text(new)}",
            row[0],
            "padding",
            notes=(f"they take {off} pixels off, {lost:,} of {whole:,} positions ({ratio_text(100 * lost, whole)} %)",),
            hints=keeping(design, row[0]),
        )
