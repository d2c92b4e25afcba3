"""The pixels that each output of a resampled axis reads, in exact integer arithmetic.

W is the size of the input, `step` the distance of neighbouring outputs in input pixels, as numerator and denominator.
Sources: PyTorch, aten/src/ATen/native/UpSample.h (plain) and cpu/UpSampleKernel.cpp (antialias, after Pillow).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    Sees = Callable[[int], range]


class Resampled(NamedTuple):
    """An axis of `size` pixels at `outputs` places, `step` (numerator, denominator) pixels apart."""

    size: int
    outputs: int
    step: tuple[int, int]
    corners: bool
    """Whether the centres of the outer pixels stay in place."""

    @property
    def pace(self) -> tuple[int, int]:
        """Return the distance of neighbouring outputs."""
        if not self.corners:
            return self.step
        return (self.size - 1, self.outputs - 1) if self.outputs > 1 else (0, 1)

    def place(self, at: int) -> tuple[int, int]:
        """Return the pixel before the centre of an output, which may lie outside, and the rest, 0 where it is on the pixel."""
        over, under = self.pace
        return divmod(at * over, under) if self.corners else divmod((2 * at + 1) * over - under, 2 * under)

    def nearest(self, at: int) -> range:
        """Return the pixel floor(i*step)."""
        over, under = self.step
        pixel = min(at * over // under, self.size - 1)
        return range(pixel, pixel + 1)

    def linear(self, at: int) -> range:
        """Return the one or two pixels around the centre; beyond the edge the pixel of the edge."""
        first, rest = self.place(at)
        if first < 0:
            first, rest = 0, 0
        first = min(first, self.size - 1)
        return range(first, min(first + 1 + bool(rest), self.size))

    def cubic(self, at: int) -> range:
        """Return the four pixels around the centre, or the one under it; beyond the edge the pixel of the edge."""
        first, rest = self.place(at)
        low, high = (first - 1, first + 2) if rest else (first, first)
        return range(min(max(low, 0), self.size - 1), min(max(high, 0), self.size - 1) + 1)

    def filtered(self, reach: int, at: int) -> range:
        """Return the pixels less than `reach` places (1 for linear, 2 for cubic), or as many pixels if these are larger, away."""
        over, under = self.pace
        middle, most = (2 * at + 1) * over, 2 * reach * max(over, under)
        first = (middle - most - under) // (2 * under) + 1  # the first with (2*j + 1)*under > middle - most
        last = -((under - middle - most) // (2 * under)) - 1  # the last with (2*j + 1)*under < middle + most
        return range(min(max(first, 0), self.size - 1), min(max(last, 0), self.size - 1) + 1)

    def area(self, at: int) -> range:
        """Return the pixels from floor(i*W/W2) to ceil((i + 1)*W/W2)."""
        return range(at * self.size // self.outputs, -(-(at + 1) * self.size // self.outputs))


def step(size: int, outputs: int, factor: float | None) -> tuple[int, int]:
    """Return the distance of neighbouring outputs: W/W2, or 1/factor for a factor that the output size rounds down.

    Source: PyTorch, interpolate without recompute_scale_factor; ONNX, Resize with scales.
    """
    if factor is None or isinstance(factor, int):
        return size, outputs
    from fractions import Fraction  # slow to import, and rarely needed

    exact = Fraction(str(factor))
    return exact.denominator, exact.numerator
