"""LCN: local contrast normalization, subtractive then divisive."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import values
from cnncalc.layers._global import whole_window
from cnncalc.layers._neighbourhood import Neighbourhood
from cnncalc.layers._windowed import kernel, spread
from cnncalc.layers.base import Example, Gradients, Keeps, Passed, Shorthand, Values, Work
from cnncalc.maths.count import ZERO, dims, sides

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Option
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window


@final
class Lcn(Neighbourhood):
    """Subtracts the Gaussian-weighted mean of a window over all channels, then divides by its weighted deviation.

    The deviation is bounded below by its mean over the volume, as in the paper, so every value depends on the whole volume.
    Work per value: n products and n additions for the mean and a subtraction, a square, n products and n additions for
    the variance; a square root per position; a comparison and a division.
    Source: Jarrett et al. 2009, section 2; Pinto et al. 2008.
    """

    kind = "lcn"
    summary = "local contrast normalization: subtractive, then divisive"
    options: ClassVar[tuple[Option, ...]] = (kernel((9,)),)
    shorthand = Shorthand("kernel", first="kernel")
    examples = (
        Example(
            "143x143x1",
            "LCN",
            "143x143x1",
            source="Jarrett et al. 2009",
            operations=(4 * 81 + 4) * 143**2 + 2 * 143**2,
            window="whole",
        ),
        Example(
            "2x2",
            "LCN1",
            "2x2",
            operations=8 * 4 + 2 * 2,
            values=Values("1 10 | 3 30", "-0.18181818 -1 | 0.18181818 1"),
            keeps=Keeps("new", inputs=True, values=2 * 4 + 2 * 2),
        ),
        Example(
            "3x2x1",
            "LCN(kernel=3x1)",
            "3x2x1",
            operations=16 * 6 + 2 * 6,
            values=Values("0 0 3; 4 0 0", "0 -0.9470397 1.06396766; 1.06396766 -1.03975191 0"),
        ),
    )

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the whole input: the lower bound of the deviation is its mean over all positions."""
        return (whole_window(inputs[0]),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 4*F*F + 4 operations per value, and two per position (square root, mean deviation)."""
        cells = dims("F", spread(self.kernel, output.rank, "kernel", "LCN"))
        return Work(ZERO, values(output) * (cells * 4 + 4).grouped() + sides(output.size) * 2)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, the centred values, their squares, and the deviation before and after its lower bound."""
        return Keeps("new", inputs=True, values=2 * output.values + 2 * (output.values // output.depth))

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the input without its local mean, divided by its local deviation."""
        from cnncalc.kernels.norm_local import local_contrast_norm

        return local_contrast_norm(inputs[0], self.window_sizes(inputs[0]))

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, the centred values, their squares, and the deviation before and after its lower bound."""
        from cnncalc.kernels.norm_local_backward import local_contrast_saved

        saved = local_contrast_saved(inputs[0], self.window_sizes(inputs[0]))
        return Passed(self.forward(inputs, weights, how), saved)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient by the quotient, the deviation, its mean, and the local mean."""
        from cnncalc.kernels.norm_local_backward import local_contrast_backward

        return Gradients((local_contrast_backward(kept.saved, gradient, self.window_sizes(gradient)),))
