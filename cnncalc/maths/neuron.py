"""What one output number is made of: the places that it reads, the weights that it meets there, and the function of both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from cnncalc.maths.window import Axis

    Function = Literal["sum", "max", "mean", "root", "response"]
    """`sum`: of the products with the weights, plus a bias; `max`: the largest number; `mean`: the sum over a count; `root`: of the
    sum of squares; `response`: the number at the place itself, divided by a power of the neighbours' squares (`Response`)."""


class Response(NamedTuple):
    """The constants of x/(k + alpha/n * sum of squares)^beta, and the place of x."""

    place: tuple[int, ...]
    k: float
    alpha: float
    beta: float


class Neuron(NamedTuple):
    """One output number. Axes are in the order of the notes: width, height, time, and the depth last.

    It reads the product of `places`, one range for each axis: a box, with holes where the window is dilated.
    """

    places: tuple[range, ...]
    """What it reads of the input, axis by axis; places outside of the input are padding."""
    function: Function
    padding: tuple[tuple[int, int], ...] = ()
    """The padding before and after of each spatial axis."""
    taps: tuple[range, ...] = ()
    """For each of `places` the index into the kernel, which runs backwards where the kernel is flipped; empty without weights."""
    shape: tuple[int, ...] = ()
    """The shape in which the array of weights is indexed by `front`, the taps (depth last, other axes reversed) and `back`."""
    front: tuple[int, ...] = ()
    back: tuple[int, ...] = ()
    bias: tuple[int, ...] | None = None
    """The index of the bias in its array; None without bias."""
    divisor: int = 1
    """The divisor of a mean, and of the sum of squares in a response."""
    outside: float | None = 0.0
    """The number that padding counts as; None where it is not read at all."""
    response: Response | None = None

    @property
    def cells(self) -> int:
        """Return the number of places that it reads, padding included."""
        return math.prod(map(len, self.places))

    @property
    def flipped(self) -> bool:
        """Return whether the kernel is read backwards along an axis."""
        return any(len(tap) > 1 and tap.step < 0 for tap in self.taps)


def reached(axes: Sequence[Axis], place: Sequence[int]) -> tuple[range, ...]:
    """Return the places that a window reads along each axis: o*S - P + t*A for t in 0 .. F - 1."""
    starts = [at * axis.stride - axis.before for axis, at in zip(axes, place, strict=True)]
    return tuple(range(start, start + axis.extent, axis.dilation) for axis, start in zip(axes, starts, strict=True))


def gathered(axis: Axis, size: int, at: int) -> tuple[range, range]:
    """Return the inputs that a transposed window adds up at one output, and their taps: all i, t with i*S + t*A = o + P.

    Source: Dumoulin and Visin 2016, arXiv:1603.07285, relationship 14.
    """
    target = at + axis.before
    taps = [tap for tap in reversed(range(axis.kernel)) if (target - tap * axis.dilation) % axis.stride == 0]
    pairs = [((target - tap * axis.dilation) // axis.stride, tap) for tap in taps]
    inside = [pair for pair in pairs if 0 <= pair[0] < size]
    if not inside:
        return range(0), range(0)
    steps = [b - a for a, b in zip(inside[0], inside[1], strict=True)] if len(inside) > 1 else [1, -1]
    return tuple(range(first, last + step, step) for first, last, step in zip(inside[0], inside[-1], steps, strict=True))  # type: ignore[return-value]


def sides(axes: Sequence[Axis]) -> tuple[tuple[int, int], ...]:
    """Return the padding before and after of each axis."""
    return tuple((axis.before, axis.after) for axis in axes)
