"""Layers whose receptive fields exceed the input see nothing new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.unproductive import unproductive, widens
from cnncalc.maths.volume import Volume, dims_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN315",
    "receptive fields beyond the input",
    "Layers with a window of more than one pixel have receptive fields larger than the input along some axis. Layers that see "
    "the whole input by design, such as fc layers and global pools, are exempt.",
    "Beyond the input there is only padding: such a layer combines information that every neuron before it may have seen already. "
    "This is common in deep networks; the network is deeper, or its input smaller, than its windows can use.",
    "INPUT[16x16x3] -> [CONV3-16 -> RELU]*9 -> GAP -> FC-10",
    "Feed larger inputs, pool later, or leave out the layers that see nothing new.",
    'Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019; Richter et al. 2021, '
    'arXiv:2106.12307 ("unproductive layers"); CS231n course notes, "Local Connectivity"',
)
SEVERITY: Severity = "note"
VALID = ("INPUT[16x16x3] -> [CONV3-16 -> RELU]*7 -> GAP -> FC-10",)
INVALID = (
    "INPUT[16x16x3] -> [CONV3-16 -> RELU]*9 -> GAP -> FC-10",
    "INPUT[16x8x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> CONV3-16 -> GAP -> FC-10",
    "INPUT[32x8x3] -> [CONV3-16 -> RELU]*5 -> GAP -> FC-10",
)
TRIALS = 4  # multiples of the total stride to try


def advise(design: Design) -> Iterator[Finding]:
    """Yield the first layer that sees beyond the input."""
    windowed = [site for site in design.sites if widens(site.typed)]
    beyond = [design.sites[at] for at in unproductive(design.network, [site.field for site in design.sites])]
    if beyond:
        first, source = beyond[0], beyond[0].field.source
        beyond = [site for site in beyond if site.field.source == source]
        last, image = max(beyond, key=_sides), design.sites[source].output
        yield Finding(
            f"{first.name} sees {dims_text(_sides(first))} pixels, more than the input {dims_text(image.size)} has",
            first,
            notes=(
                f"of {many(len(windowed), 'layer')} with windows, {len(beyond)} {'sees' if len(beyond) == 1 else 'see'} beyond it",
                f"the largest field is {dims_text(_sides(last))}, of {last.name}",
            ),
            hints=_larger(design, beyond),
        )


def _sides(site: Site) -> tuple[int, ...]:
    """Return the receptive field in whole pixels."""
    return tuple(-int(-axis.size // 1) for axis in site.field.axes)


def _larger(design: Design, beyond: Sequence[Site]) -> tuple[str, ...]:
    """Return the smallest size at which no layer sees beyond the input, and the next size that fits the network."""
    least = tuple(max(sides) for sides in zip(design.image.size, *map(_sides, beyond), strict=True))
    hint = f"no layer sees beyond an input of {dims_text(least)}"
    source = beyond[0].field.source
    strides = [design.total_stride(axis, source) for axis in range(len(least))]
    for more in range(TRIALS):
        size = tuple(-(-side // stride) * stride + more * stride for side, stride in zip(least, strides, strict=True))
        volume = Volume(size, design.sites[source].output.depth)
        if design.with_input(volume, source) is not None:
            return (f"{hint}; `{design.sized(source, volume)}` is at least that and fits",)
    return (hint,)
