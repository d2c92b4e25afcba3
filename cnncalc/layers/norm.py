"""NORM: the p-norm along some axes."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._reduction import OVER, Reduction
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Gradients, Keeps, Values, Work
from cnncalc.layers.options import Option, number
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Given
    from cnncalc.maths.volume import Volume


def _power(given: Given) -> float:
    """Read a number of at least 0, or `inf`."""
    return inf if given in {"inf", inf} else number(0)(given)


P = Option("p", _power, "a number of at least 0, or inf", "the power: 2 is the Euclidean norm, inf the largest absolute value", 2.0)
_SQUARES = 2


@final
class Norm(Reduction):
    """The norm (sum of |x|^p)^(1/p) of all values along the axes of `over`, which stay with size 1.

    Work for n values: p = 2: n squares, n - 1 additions and a root; p = 1: n absolute values and n - 1 additions; p = inf: n
    absolute values and n - 1 comparisons; p = 0: n comparisons and n - 1 additions; any other p: n absolute values, n powers,
    n - 1 additions and a root.
    Source: Woo et al. 2023, arXiv:2301.00808, equation 1; ONNX operators ReduceL1 and ReduceL2.
    """

    kind = "norm"
    summary = "the p-norm along some axes"
    precision = ON_CUDA_FLOAT32
    options: ClassVar[tuple[Option, ...]] = (OVER, P)
    examples = (
        Example("14x14x384", "NORM(space)", "1x1x384", operations=2 * 14 * 14 * 384, window="whole"),
        Example(
            "2x1x2",
            "NORM(depth)",
            "2x1x1",
            operations=8,
            values=Values("3 5 | 4 12", "5 13"),
            keeps=Keeps("new", inputs=True, output=True, gradient_values=4, gradient_bytes=2),
        ),
        Example("2x1x2", "NORM(depth, p=1)", "2x1x1", operations=6, values=Values("3 -5 | 4 12", "7 17")),
        Example("2x1x2", "NORM(depth, p=inf)", "2x1x1", operations=6, values=Values("3 -5 | -4 2", "4 5")),
        Example("2x1x2", "NORM(depth, p=3)", "2x1x1", operations=12, values=Values("1 -3 | 2 4", "2.08008382 4.49794145")),
        Example("2x1x2", "NORM(depth, p=0)", "2x1x1", operations=6, values=Values("1 0 | 2 4", "2 1")),
    )

    p: float

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 2*n operations for each result, 2*n - 1 for p of 0, 1 or inf, and 3*n for any p but 2."""
        (volume,) = inputs
        number = self.reduced(volume)
        each = number * 2 if self.p == _SQUARES else number * 2 - 1 if self.p in {0, 1, inf} else number * 3
        return Work(ZERO, self.results(volume) * each.grouped())

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input and the output. The steps of backward depend on p: quotients, signs, absolute values, powers, masks."""
        whole, results = inputs[0].values, output.values
        if self.p == _SQUARES:
            more = whole, results
        elif self.p == inf:
            more = 3 * whole + results, whole + 8 * results
        elif self.p > _SQUARES:
            more = whole + results, 0
        elif self.p > 1:
            more = 2 * whole, 0
        else:
            more = (2 * whole, whole) if 0 < self.p < 1 else (whole if self.p else 0, 0)
        return Keeps("new", inputs=True, output=True, gradient_values=more[0], gradient_bytes=more[1])

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the norms."""
        from cnncalc.kernels.reduce import norm

        return norm(inputs[0], self.array_axes(inputs), self.p)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient times sign(x)*(|x|/norm)^(p - 1); 0 where the norm is 0."""
        from cnncalc.kernels.reduce_backward import norm_backward

        (x,) = kept.inputs
        return Gradients((norm_backward(x, kept.output, gradient, self.p),))
