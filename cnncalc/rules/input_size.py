"""The input should be divisible by 2 many times: by the product of the network's strides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import Volume, axis_name
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import listed, many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN301",
    "an input that the strides do not divide",
    "The input is not a multiple of the product of the network's strides, which is 32 for five halvings.",
    "At some layer the last window does not meet the far edge as the first one meets the near edge, or a volume of odd size is "
    "halved. The usual inputs, 32, 64, 96, 224, 384 and 512, can be halved five times.",
    "INPUT[30x30x3] -> [CONV3-16 -> RELU -> POOL2(rounding=floor)]*3 -> FC-10",
    "Take one of the sizes that the hint proposes, or keep the size of a paper, such as AlexNet's 227.",
    'CS231n course notes, "Layer Sizing Patterns"',
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> [CONV3-16 -> RELU -> POOL2]*3 -> FC-10",
    "INPUT[30x30x3] -> CONV3-16 -> RELU -> POOL2 -> FC-10",
    "INPUT[30x30x3] -> FC-10",
)
INVALID = (
    "INPUT[30x30x3] -> [CONV3-16 -> RELU -> POOL2(rounding=floor)]*3 -> FC-10",
    "INPUT[36x24x3] -> [CONV3-16 -> RELU -> POOL2(rounding=floor)]*3 -> FC-10",
    "INPUT[227x227x3] -> CONV11-96/4(padding=0) -> RELU -> POOL3/2 -> POOL3/2 -> FC-10",
)
USUAL = (32, 64, 96, 224, 384, 512)  # source: CS231n course notes, "Layer Sizing Patterns"


def advise(design: Design) -> Iterator[Finding]:
    """Yield the axes that are not multiples of the total stride, input by input."""
    for site in design.inputs:
        yield from _advise(design, site)


def _advise(design: Design, site: Site) -> Iterator[Finding]:
    image = site.output
    size = image.size
    strides = [design.total_stride(axis, site.at) for axis in range(len(size))]
    bad = [axis for axis, stride in enumerate(strides) if size[axis] % stride]
    if not bad:
        return
    axes = listed(axis_name(axis, len(size)) for axis in bad)
    sides = listed(dict.fromkeys(str(size[axis]) for axis in bad))
    total = listed(dict.fromkeys(str(strides[axis]) for axis in bad))
    near = [_multiple(image, strides, up) for up in (0, 1)]
    fit = [design.sized(site.at, volume) for volume in near if volume.values and design.with_input(volume, site.at) is not None]
    hint = f"`{fit[0]}`{f' or `{fit[1]}`' if len(fit) > 1 else ''} is a multiple and fits" if fit else ""
    name = "input" if len(design.inputs) == 1 else f"input {site.name}:"
    yield Finding(
        f"the {name} {axes} {sides} is not a multiple of {total}, the product of the strides",
        site,
        "shape",
        notes=(*_divisions(size, strides, bad), *(() if fit else (f"{near[0].text} and {near[1].text} do not fit the layers",))),
        hints=(hint,) if hint else (),
    )


def _divisions(size: Sequence[int], strides: Sequence[int], bad: Sequence[int]) -> Iterator[str]:
    """Yield the remainders, the number of possible halvings, and the usual sizes that are multiples."""
    for side, stride in dict.fromkeys((size[axis], strides[axis]) for axis in bad):
        halvings = (side & -side).bit_length() - 1  # factors of 2
        yield f"{side} = {side // stride}*{stride} + {side % stride}, and can be halved {many(halvings, 'time')}"
    usual = [side for side in USUAL if all(side % strides[axis] == 0 for axis in bad)]
    if usual:
        yield f"of the usual sizes, {listed(map(str, usual))} {'is a multiple' if len(usual) == 1 else 'are multiples'}"


def _multiple(image: Volume, strides: Sequence[int], up: int) -> Volume:
    """Return the image at the nearest multiples of the strides, below or above; sides that are multiples stay."""
    size = tuple(
        side if side % stride == 0 else (side // stride + up) * stride for side, stride in zip(image.size, strides, strict=True)
    )
    return Volume(size, image.depth)
