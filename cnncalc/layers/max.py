"""MAX: the largest value along some axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._reduction import Reduction
from cnncalc.layers.base import Example, Gradients, Keeps, Values, Work
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume


@final
class Max(Reduction):
    """The largest of all values along the axes of `over`, which stay with size 1.

    Work: n - 1 comparisons for n values. Memory as torch.amax has it: no indices, but the input and the output; equal values
    share the gradient. `MAXPOOL` is the pool, `MAXIMUM` joins volumes.
    Source: Woo et al. 2018, arXiv:1807.06521, section 3; ONNX operator ReduceMax.
    """

    kind = "max"
    summary = "the largest value along some axes"
    examples = (
        Example("56x56x64", "MAX(depth)", "56x56x1", operations=56 * 56 * 63),
        Example("56x48x64", "MAX(height)", "56x1x64", operations=56 * 64 * 47, window="1x48/1x48"),
        Example(
            "2x2x2",
            "MAX(width)",
            "1x2x2",
            operations=4,
            values=Values("1 2; 3 4 | -5 -5; -5 -9", "2; 4 | -5; -5"),
            keeps=Keeps("new", inputs=True, output=True, gradient_values=12, gradient_bytes=40),
        ),
    )

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return n - 1 comparisons for each result."""
        (volume,) = inputs
        return Work(ZERO, self.results(volume) * (self.reduced(volume) - 1).grouped())

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input and the output: the gradient goes where they are equal.

        Backward makes a mask, its product with the gradient, and the number of equal values as an int64 and as a number.
        """
        whole = inputs[0].values
        bytes_ = whole + 8 * output.values
        return Keeps("new", inputs=True, output=True, gradient_values=whole + output.values, gradient_bytes=bytes_)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the largest values."""
        from cnncalc.kernels.reduce import largest

        return largest(inputs[0], self.array_axes(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient where the input equals the output, in equal parts."""
        from cnncalc.kernels.reduce_backward import largest_backward

        (x,) = kept.inputs
        return Gradients((largest_backward(x, kept.output, gradient),))
