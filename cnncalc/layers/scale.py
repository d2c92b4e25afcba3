"""SCALE: a constant factor and a constant addend."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import Elementwise, values
from cnncalc.layers.base import Example, Gradients, Keeps, Shorthand, Values, Work
from cnncalc.layers.options import Option, number
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

FACTOR = Option("factor", number(), "a number", "the factor of every value", 1.0)
SHIFT = Option("shift", number(), "a number", "the number added to every value", 0.0)


@final
class Scale(Elementwise):
    """x*factor + shift with constants; nothing is learned, and nothing is kept for backward.

    Work: a product per value where the factor is not 1, and an addition where the shift is not 0.
    Source: Szegedy et al. 2016, arXiv:1602.07261, section 3.3; Brock et al. 2021, arXiv:2102.06171, section 3.
    """

    kind = "scale"
    linear = True
    summary = "a constant factor and a constant addend"
    options: ClassVar[tuple[Option, ...]] = (FACTOR, SHIFT)
    shorthand = Shorthand(first="factor", second="shift")
    in_place = False
    operations = 2
    kept = "nothing"
    examples = (
        Example("35x35x320", "SCALE(0.17)", "35x35x320", operations=35 * 35 * 320),
        Example("3x1", "SCALE(0.5)", "3x1", operations=3, values=Values("-1 0 2", "-0.5 0 1"), keeps=Keeps("new")),
        Example(
            "3x1", "SCALE(1, shift=3)", "3x1", operations=3, values=Values("-1 0 2", "2 3 5"), keeps=Keeps("new", gradient="same")
        ),
        Example("3x1", "SCALE(2, 3)", "3x1", operations=6, values=Values("-1 0 2", "1 3 7")),
        Example("3x1", "SCALE(2, shift=-1)", "3x1", operations=6, values=Values("-1 0 2", "-3 -1 3"), keeps=Keeps("new")),
    )

    factor: float
    shift: float

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return a product and an addition per value, without those that change nothing."""
        each = (self.factor != 1) + (self.shift != 0)
        return Work(ZERO, values(output) * each if each else ZERO)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; an addition passes the gradient on."""
        return Keeps("new", gradient="same" if self.factor == 1 and self.shift != 0 else "fresh")

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x*factor + shift."""
        from cnncalc.kernels.activation import scaled

        return scaled(inputs[0], self.factor, self.shift, out=how.out(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient times the factor; an addition alone passes it on."""
        passed_on = self.factor == 1 and self.shift != 0
        return Gradients((gradient if passed_on else gradient * self.factor,))
