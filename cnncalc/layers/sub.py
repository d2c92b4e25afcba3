"""SUB: the difference of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._merge import SpreadMerge
from cnncalc.layers.base import Example, Gradients, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume


@final
class Sub(SpreadMerge):
    """The first volume minus all others; along each axis, a volume of size 1 is spread over the others.

    Work: n - 1 subtractions per value. Source: ONNX operator Sub.
    """

    kind = "sub"
    summary = "the first volume minus the others; an axis of size 1 is spread"
    examples = (
        Example("56x56x64 56x56x64", "SUB", "56x56x64", operations=56 * 56 * 64),
        Example(
            "2x1 2x1", "SUB", "2x1", operations=2, values=Values("1 2 & 10 30", "-9 -28"), keeps=Keeps("new", gradient="signed")
        ),
        Example("2x1 1x1 1x1", "SUB", "2x1", operations=4, values=Values("1 2 & 10 & 100", "-109 -108")),
    )

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; the first input's gradient is the output's gradient itself, the others' is its negative."""
        return Keeps("new", gradient="signed")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the difference."""
        from cnncalc.kernels.merge import sub

        return sub(inputs, out=how.out(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient itself for the first input, and its negative for each other one."""
        signed = (gradient, *(-gradient if each else None for each in wanted.inputs[1:]))
        return Gradients([each if asked else None for each, asked in zip(signed, wanted.inputs, strict=True)])
