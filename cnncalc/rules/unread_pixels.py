"""Some window should read every pixel of a volume."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from cnncalc.graph.graph import applied
from cnncalc.layers.base import Misfit
from cnncalc.maths.window import ratio_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.layers.base import Layer
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Axis
    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN312",
    "pixels that no window reads",
    "Part of a volume is computed and then read by no layer: the windows step over it because the stride is larger than the span "
    "of the window, or the output size was rounded down because the stride does not fit.",
    "The work for those values is thrown away. A 1x1 layer of stride 2 reads a quarter of its input.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV1-32/2(rounding=floor) -> RELU -> FC-10",
    "Take a stride of at most the kernel, or give the stride to the layer before; for rounding, see CNN210.",
    'CS231n course notes, "Constraints on strides"',
)
SEVERITY: Severity = "warning"
VALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV2-32/2(padding=0) -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> { CONV3-16 -> POOL2 | CONV1-16/2(rounding=floor) } -> ADD -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV1-32/2(rounding=floor) -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2/3 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL3(rounding=floor) -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> { CONV1-16/2(rounding=floor) | CONV1-16/2(rounding=floor) } -> ADD -> FC-10",
)
LARGEST = 2**20  # readings along an axis that are enumerated; with more, the rule finds nothing
REACH = 16  # search distance for other kernels and strides


def advise(design: Design) -> Iterator[Finding]:
    """Yield the volumes with unread pixels, at the first reader."""
    for site in design.sites:
        readers = design.readers[site.at]
        if not readers or site.at in design.results or not all(reader.slides for reader in readers):
            continue
        read, whole = _read(site.output, readers), math.prod(site.output.size)
        if read is not None and read < whole:
            yield _finding(design, readers, whole - read, whole)


def _finding(design: Design, readers: Sequence[Site], unread: int, whole: int) -> Finding:
    first = readers[0]
    steps_over = any(axis.stride > axis.extent for axis in first.axes)
    field = "stride" if steps_over or "rounding" not in first.node.origin.options else "rounding"
    names, share = listed(dict.fromkeys(reader.name for reader in readers)), ratio_text(100 * unread, whole)
    message = f"{names}: {unread:,} of {whole:,} pixels ({share} %) of {first.input.text} are read by no window"
    axis = max(first.axes, key=lambda each: each.stride - each.extent)
    why = (
        f"the window spans {axis.extent} and steps by {axis.stride}"
        if steps_over
        else "the stride does not fit and was rounded down (CNN210)"
    )
    severity = SEVERITY if steps_over else "note"  # CNN210 already warns of rounding
    return Finding(message, first, field, notes=(why,), hints=_ways(design, first) if len(readers) == 1 else (), severity=severity)


def _read(volume: Volume, readers: Sequence[Site]) -> int | None:
    """Return the number of positions that at least one reader reads; None where the enumeration would be too large.

    Along each axis a pixel has the set of readers that reach it, as bits; a position is read when one reader is in all its sets.
    """
    if any(_complete(reader.axes, volume.size, reader.output.size) for reader in readers):
        return math.prod(volume.size)
    if any(_readings(reader, at) > LARGEST for reader in readers for at in range(volume.rank)):
        return None
    per_axis: list[dict[int, int]] = []
    for at, size in enumerate(volume.size):
        reached = [0] * size
        for bit, reader in enumerate(readers):
            for pixel in _pixels(reader.axes[at], size, reader.output.size[at]):
                reached[pixel] |= 1 << bit
        per_axis.append({bits: reached.count(bits) for bits in set(reached)})
    found = 0
    for sets in itertools.product(*(axis.items() for axis in per_axis)):
        common = -1
        for bits, _ in sets:
            common &= bits
        found += math.prod(count for _, count in sets) if common else 0
    return found


def _readings(reader: Site, axis: int) -> int:
    """Return the number of pixels along an axis plus the number of readings of them."""
    return reader.input.size[axis] + reader.axes[axis].kernel * reader.output.size[axis]


def _pixels(axis: Axis, size: int, positions: int) -> set[int]:
    """Return the pixels that the windows of an axis read."""
    cells = range(0, axis.extent, axis.dilation)
    starts = range(-axis.before, positions * axis.stride - axis.before, axis.stride)
    return {start + cell for cell in cells for start in starts if 0 <= start + cell < size}


def _complete(axes: Sequence[Axis], sizes: Sequence[int], positions: Sequence[int]) -> bool:
    """Return whether the windows have no gaps and reach the far edge along every axis."""
    return all(
        axis.dilation == 1 and axis.stride <= axis.kernel and (count - 1) * axis.stride - axis.before + axis.extent >= size
        for axis, size, count in zip(axes, sizes, positions, strict=True)
    )


def _ways(design: Design, site: Site) -> tuple[str, ...]:
    """Return the nearest kernel or stride that reads everything and fits the network."""
    layer = site.layer
    stride, kernel = max(axis.stride for axis in site.axes), max(axis.kernel for axis in site.axes)
    padding = layer.value("padding")
    tried: list[dict[str, object]] = [
        {"kernel": (size,), "stride": (stride,), "padding": padding} for size in range(kernel + 1, kernel + min(stride, REACH) + 1)
    ]
    tried.extend({"stride": (step,)} for step in range(stride - 1, max(1, stride - REACH), -1))
    for changes in tried:
        if _reads_all(layer.replaced(**changes), site.input) and design.trial(site, "stride", **changes) is not None:
            return (f"`{site.written(**changes)}` reads all, and the rest of the network fits",)
    return ()


def _reads_all(layer: Layer, volume: Volume) -> bool:
    """Return whether the windows of a sliding layer read every pixel of a volume."""
    try:
        typed = applied(layer, volume)
    except Misfit:
        return False
    return typed.window is not None and _complete(typed.window.axes, volume.size, typed.output.size)
