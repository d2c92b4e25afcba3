"""DIVN: divisive normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import values
from cnncalc.layers._neighbourhood import Neighbourhood
from cnncalc.layers._windowed import kernel, spread
from cnncalc.layers.base import Example, Gradients, Keeps, Passed, Shorthand, Values, Work
from cnncalc.layers.options import Option, number
from cnncalc.maths.count import ZERO, dims

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

SIGMA = Option("sigma", number(0), "a number", "constant added under the root", 1.0, labelled="apart")


@final
class DivN(Neighbourhood):
    """x/sqrt(sigma^2 + mean of the squares in a window of the same channel).

    Work: a square, F*F additions (the constant among them), a division by F*F, a square root and a division per value.
    Source: Lyu and Simoncelli 2008, equation 1.
    """

    kind = "divn"
    summary = "divisive normalization by the local energy"
    options: ClassVar[tuple[Option, ...]] = (kernel((5,)), SIGMA)
    shorthand = Shorthand("kernel", first="kernel")
    examples = (
        Example("32x32x16", "DIVN5", "32x32x16", operations=29 * 32 * 32 * 16, window="5"),
        Example(
            "3x2x1",
            "DIVN(kernel=3x1, sigma=0)",
            "3x2x1",
            operations=42,
            values=Values("1 1 2; 0 3 0", "1.22474487 0.70710678 1.54919334; 0 1.73205081 0"),
            keeps=Keeps("new", inputs=True, values=12),
        ),
        Example("1x1", "DIVN1", "1x1", operations=5, values=Values("0.75", "0.6")),
        Example("1x1", "DIVN(1, sigma=3)", "1x1", operations=5, values=Values("4", "0.8")),
    )

    sigma: float

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return F*F + 4 operations per value."""
        cells = dims("F", spread(self.kernel, output.rank, "kernel", "DIVN"))
        return Work(ZERO, values(output) * (cells + 4).grouped())

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, the squares, and the root used as divisor."""
        return Keeps("new", inputs=True, values=2 * output.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return each value divided by the energy around it."""
        from cnncalc.kernels.norm_local import divisive_norm

        return divisive_norm(inputs[0], self.window_sizes(inputs[0]), sigma=self.sigma)

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, the squares, and the root used as divisor."""
        from cnncalc.kernels.norm_local_backward import divisive_root

        (x,) = inputs
        saved = {"squares": x * x, "root": divisive_root(x, self.window_sizes(x), self.sigma)}
        return Passed(self.forward(inputs, weights, how), saved)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient by the quotient, and by the energy around each value."""
        from cnncalc.kernels.norm_local_backward import divisive_backward

        (x,) = kept.inputs
        return Gradients((divisive_backward(x, kept.saved["root"], gradient, self.window_sizes(x)),))
