"""Convolutions keep the size by padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import axis_name, dims_text, written
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN304",
    "padding that does not keep the size",
    "The output of a convolution of stride 1 has another size than its input. Rows of shrinking layers are CNN305.",
    "With P = (F - 1)/2 the convolutions keep the size and only the pools change it: the sizes are easy to follow, and networks "
    "with such padding perform better.",
    "INPUT[32x32x3] -> CONV5-16(padding=0) -> RELU -> POOL2 -> FC-10",
    "Write `padding: same`, or nothing: `same` is the default of convolutions.",
    'CS231n course notes, "Layer Sizing Patterns", "Why use padding?"; slides, lecture 7',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> CONV5-16 -> RELU -> POOL2 -> FC-10",
    "INPUT[32x32x3] -> CONV5-16(padding=2) -> RELU -> POOL2 -> FC-10",
    "INPUT[5x5x3] -> CONV5-16(padding=0) -> RELU -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV5-16(padding=0) -> RELU -> POOL2 -> FC-10",
    "INPUT[32x32x3] -> CONV3-16(padding=2) -> RELU -> POOL2 -> FC-10",
)


def advise(design: Design) -> Iterator[Finding]:
    """Yield the convolutions of stride 1 that change the size, except rows of shrinking ones."""
    in_a_row = {site.at for row in design.rows(shrinks) if len(row) > 1 for site in row}
    for site in design.sites:
        if keeps_steps(site) and site.output.size != site.input.size and site.at not in in_a_row:
            axis = next(at for at, side in enumerate(site.output.size) if side != site.input.size[at])
            need = site.axes[axis].extent - 1
            have = site.axes[axis].before + site.axes[axis].after
            yield Finding(
                f"{site.name}: padding that does not keep the size, {dims_text(site.input.size)} to {dims_text(site.output.size)}",
                site,
                "padding",
                notes=(
                    f"along the {axis_name(axis, site.input.rank)} {many(need, 'pixel')} in total would keep it, it has {have}",
                ),
                hints=keeping(design, site),
            )


def keeps_steps(site: Site) -> bool:
    """Return whether a layer is a convolution of stride 1 at more than one position."""
    return site.convolves and not site.single and all(axis.stride == 1 for axis in site.axes)


def shrinks(site: Site) -> bool:
    """Return whether a layer is a convolution of stride 1 whose output is smaller than its input."""
    return keeps_steps(site) and any(new < old for new, old in zip(site.output.size, site.input.size, strict=True))


def keeping(design: Design, site: Site) -> tuple[str, ...]:
    """Return the padding that keeps the size, where it fits the network."""
    if design.trial(site, "padding", padding="same") is None:
        return ()
    sides = tuple(((axis.extent - 1) // 2, axis.extent // 2) for axis in site.axes)
    return (f"`padding: same`, here {written(sides)}, keeps {dims_text(site.input.size)} and the rest of the network fits",)
