"""SUM: the sum along some axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._reduction import Reduction
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Gradients, Keeps, Values, Work
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume


@final
class Sum(Reduction):
    """The sum of all values along the axes of `over`, which stay with size 1.

    Work: n - 1 additions for n values. Source: ONNX operator ReduceSum.
    """

    kind = "sum"
    summary = "the sum along some axes"
    precision = ON_CUDA_FLOAT32
    examples = (
        Example("56x56x64", "SUM(depth)", "56x56x1", operations=56 * 56 * 63),
        Example(
            "2x2x2",
            "SUM(height)",
            "2x1x2",
            operations=4,
            values=Values("1 2; 3 4 | 5 5; 5 9", "4 6 | 10 14"),
            keeps=Keeps("new", gradient="views"),
        ),
        Example("2x2x2", "SUM(volume)", "1x1x1", operations=7, values=Values("1 2; 3 4 | 5 5; 5 9", "34")),
    )

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return n - 1 additions for each result."""
        (volume,) = inputs
        return Work(ZERO, self.results(volume) * (self.reduced(volume) - 1).grouped())

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; the input's gradient is a view of the output's."""
        return Keeps("new", gradient="views")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the sums."""
        from cnncalc.kernels.reduce import total

        return total(inputs[0], self.array_axes(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient for each value of a sum: a view, in the memory of the output's gradient."""
        from cnncalc.kernels.reduce_backward import sum_backward

        return Gradients((sum_backward(gradient, kept.inputs[0].shape),))
