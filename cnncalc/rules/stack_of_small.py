"""A stack of small kernels sees as much as one large kernel with fewer weights: 27C^2 instead of 49C^2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.graph.graph import applied
from cnncalc.maths.window import ratio_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.rules.base import Finding
from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.maths.count import Count
    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Severity

ADVICE = Code(
    "CNN310",
    "one large kernel where a stack of small ones would do",
    "A convolution of stride 1 has an odd kernel F of 5 or more, and (F - 1)/2 layers of kernel 3 in its place, all with its "
    "number of filters, would have fewer weights. Layers with so shallow an input that the stack has more are exempt.",
    "The stack sees the same FxF pixels, has non-linearities in between, and has 27*C*C weights for C channels where one 7x7 "
    "layer has 49*C*C. The price is the memory for the volumes in between.",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV7-16 -> RELU -> FC-10",
    "Write the stack: `[CONV3-16 -> RELU]*3`.",
    'CS231n course notes, "Prefer a stack of small filter CONV"; Knet tutorial, "Architectures"; Simonyan and Zisserman 2014, '
    "section 2.3",
)
SEVERITY: Severity = "note"
VALID = (
    "INPUT[32x32x3] -> [CONV3-16 -> RELU]*3 -> FC-10",
    "INPUT[32x32x3] -> CONV7-16 -> RELU -> FC-10",
    "INPUT[27x27x96] -> CONV3-96 -> RELU -> CONV5-256 -> RELU -> FC-10",
)
INVALID = (
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV7-16 -> RELU -> FC-10",
    "INPUT[28x28x192] -> CONV3-192 -> RELU -> CONV5-32 -> RELU -> FC-10",
    "INPUT[32x32x3] -> CONV3-16 -> RELU -> CONV7-16(groups=16) -> RELU -> FC-10",
)
SMALL = 3
LARGE = 5  # the smallest kernel that a stack of two replaces


class Stack(NamedTuple):
    """Layers of kernel 3 in place of a large one: their number, and the weights of the large, the first and each further layer."""

    layers: int
    one: Count
    first: Count
    further: Count
    repeats: bool
    """Whether repeating the same layer gives the output volume of the large one."""

    @property
    def weights(self) -> int:
        """Return the weights of the stack."""
        return self.first.value + (self.layers - 1) * self.further.value


def advise(design: Design) -> Iterator[Finding]:
    """Yield the convolutions that a stack would replace with fewer weights."""
    for site in design.sites:
        stack = _stack(site) if _large(site) else None
        if stack is None or stack.weights >= stack.one.value:
            continue
        kernel, one = site.axes[0].kernel, stack.one.value
        saved = ratio_text(100 * (one - stack.weights), one)
        again = f"{stack.layers - 1}*" if stack.layers > 2 else ""
        sum_ = f"{stack.first.filled()} + {again}{stack.further.filled()}"
        yield Finding(
            f"{site.name}: {stack.layers} layers of kernel {SMALL} see as much as one of {kernel}, with {stack.weights:,} weights "
            f"instead of {one:,}, {saved} % less",
            site,
            "kernel",
            notes=(
                f"{sum_} instead of {stack.one.filled()}",
                f"the volumes in between hold {(stack.layers - 1) * site.output.values:,} more values",
            ),
            hints=(f"`[{site.written(kernel=(SMALL,), padding='same')} -> RELU]*{stack.layers}`",) if stack.repeats else (),
        )


def _large(site: Site) -> bool:
    """Return whether a layer is a convolution of stride 1, without gaps, with a large odd kernel, equal along every axis."""
    axes = site.axes
    return (
        site.convolves
        and not site.single
        and axes[0].kernel >= LARGE
        and axes[0].kernel % 2 == 1
        and all(axis.kernel == axes[0].kernel and axis.stride == 1 and axis.dilation == 1 for axis in axes)
    )


def _stack(site: Site) -> Stack | None:
    """Return the stack with the layer's filters; None where weights are not shared between positions."""
    layer = site.layer
    one = site.typed.tensors[0]
    if len(one.shape) != site.input.rank + 2:
        return None
    small = layer.replaced(kernel=(SMALL,), padding="same")
    first = applied(small, site.input)
    further = applied(small, first.output)
    repeats = first.output == further.output == site.output
    counts = (one.numbers, first.tensors[0].numbers, further.tensors[0].numbers)
    return Stack((site.axes[0].kernel - 1) // 2, *counts, repeats)
