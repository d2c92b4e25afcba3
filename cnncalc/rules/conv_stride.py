"""Convolutions have stride 1; pools make the volumes smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import Volume, dims_text
from cnncalc.maths.window import ratio_text
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.layers.base import Layer
    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN303",
    "a stride above 1 in a convolution",
    "A convolution behind the first one moves by more than one pixel. Exempt: the first layer on the image, whose stride saves "
    "memory; 1x1 layers, which bring a shortcut to the size of the other branch; layers with one position.",
    "According to both editions of the notes, smaller strides work better in practice and leave the pools to make volumes "
    "smaller. The slides report the opposite trend, and All-CNN and ResNets do without pools.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV3-32/2(padding=0:1) -> RELU -> FC-10",
    "Use stride 1 and a pool behind it, or keep the stride in a design without pools.",
    'CS231n course notes, "Layer Sizing Patterns", "Why use stride of 1 in CONV?"; opposite: "Getting rid of pooling" and the '
    "slides' summary",
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV3-32 -> RELU -> POOL2 -> FC-10",
    "INPUT[227x227x3] -> CONV11-96/4(padding=0) -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> { CONV3-16 -> POOL2 | CONV1-16/2(rounding=floor) } -> ADD -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV3-32/2(padding=0:1) -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> [CONV3-32/2(padding=0:1) -> RELU]*3 -> FC-10",
)


def advise(design: Design) -> Iterator[Finding]:
    """Yield the convolutions behind the image with a stride above 1."""
    for site in design.sites:
        if not site.convolves or design.raw[site.at] or site.single or max(axis.kernel for axis in site.axes) == 1:
            continue
        strides = tuple(axis.stride for axis in site.axes)
        if max(strides) > 1:
            shown = dims_text(strides if len(set(strides)) > 1 else strides[:1])
            message = (
                f"{site.name}: a convolution of stride {shown} makes the volume smaller, {site.input.text} to {site.output.text}"
            )
            yield Finding(message, site, "stride", notes=_cost(site), hints=_pooled(design, site, strides))


def _cost(site: Site) -> tuple[str, ...]:
    """Return the work at stride 1."""
    layer = _stepping(site)
    output = layer.infer((site.input,))
    macs, now = layer.work((site.input,), output).macs.value, site.counts.macs.value
    return (f"at stride 1 it would cost {macs:,} multiply-accumulates instead of {now:,}, {ratio_text(macs, now)} times as many",)


def _stepping(site: Site) -> Layer:
    """Return the layer at stride 1, with the padding that keeps the size."""
    return site.layer.replaced(stride=(1,), padding="same")


def _pooled(design: Design, site: Site, strides: tuple[int, ...]) -> tuple[str, ...]:
    """Return the layer at stride 1 with a pool behind it, where the volume is the same for every layer of the step."""
    step = design.same_step(site)
    if not all(_same_volume(each) for each in step):
        return ()
    variable = site.variable("stride")
    window = f"({variable})" if variable else dims_text(strides if len(set(strides)) > 1 else strides[:1])
    here = " here" if len({each.layer for each in step}) > 1 else ""
    return (f"`{site.written(stride=(1,), padding='same')} -> POOL{window}` also makes {site.output.text}{here}",)


def _same_volume(site: Site) -> bool:
    """Return whether a pool of the layer's stride, behind the layer at stride 1, makes the layer's own volume."""
    strides = tuple(axis.stride for axis in site.axes)
    exact = all(size % step == 0 for size, step in zip(site.input.size, strides, strict=True))
    return (
        exact
        and Volume(tuple(size // step for size, step in zip(site.input.size, strides, strict=True)), site.output.depth)
        == site.output
    )
