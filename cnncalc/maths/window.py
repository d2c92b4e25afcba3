"""The arithmetic of sliding windows along one axis.

W is the size of the input, F the kernel, S the stride, D the dilation (1 is contiguous), P the padding of each side.
Sources: course notes, "Spatial arrangement"; Dumoulin and Visin 2016, arXiv:1603.07285.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    Form = Literal["windowed", "transposed", "whole", "irregular", "unknown"]
    """Windowed: the same window at every step (convolutions, pools). Transposed: each input is spread over a window of the output
    (DECONV, UPSAMPLE). Whole: the entire input of any size (FC, global pools). Irregular: windows differ by position, and `axes`
    are the largest (adaptive pools, bilinear UPSAMPLE). Unknown: nobody stated what a neuron sees; `axes` mean nothing."""

ROUNDINGS = ("strict", "floor", "ceil", "ceil_caffe")
"""The rules for a stride that does not fit. `kernels/axes.py`, the oracle of these formulas, repeats them."""


COVERED = "covered"
"""The rule of windows with padding that follows from the input: ceil(W/S) positions, and every stride fits."""


class Axis(NamedTuple):
    """A window along one axis; `before` and `after` are the padding of the two sides, in pixels."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def extent(self) -> int:
        """Pixels from the first to the last one covered by the window: A*(F - 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1

    def covering(self, size: int) -> int:
        """Return the padding of both sides together for ceil(W/S) positions: max(0, (ceil(W/S) - 1)*S + A*(F - 1) + 1 - W).

        Source: TensorFlow, "SAME" padding; ONNX, auto_pad of Conv and of the pools.
        """
        return max(0, (-(-size // self.stride) - 1) * self.stride + self.extent - size)

    def slack(self, size: int) -> int:
        """Return W - F + 2P: the room for the window to move over the padded input."""
        return size + self.before + self.after - self.extent

    def leftover(self, size: int) -> int:
        """Return the padded pixels after the last full step; 0 if the stride fits."""
        return self.slack(size) % self.stride

    def unseen(self, size: int) -> int:
        """Return the real pixels at the far end never seen when rounding down."""
        return max(0, min(self.leftover(size) - self.after, size))

    def formula(self) -> str:
        """Return the formula with names, such as `(W - F + 2*P)/S + 1`."""
        extent = "F" if self.dilation == 1 else "(A*(F - 1) + 1)"
        padding = "2*P" if self.before == self.after else "Pl + Pr"
        return f"(W - {extent} + {padding})/S + 1"

    def filled(self, size: int) -> str:
        """Return the formula with numbers, such as `(10 - 3 + 2*0)/2 + 1`."""
        extent = str(self.kernel) if self.dilation == 1 else f"({self.dilation}*({self.kernel} - 1) + 1)"
        padding = f"2*{self.before}" if self.before == self.after else f"{self.before} + {self.after}"
        return f"({size} - {extent} + {padding})/{self.stride} + 1"


class Window(NamedTuple):
    """The part of the input seen by one neuron of a layer: a window per axis."""

    axes: tuple[Axis, ...]
    form: Form = "windowed"
    rounding: str = ""
    """The rule for a stride that does not fit, or COVERED; empty if no stride has to fit."""
    places: tuple[Callable[[int], range], ...] = ()
    """For each axis the inputs seen by output i, if the form is irregular."""

    @property
    def slides(self) -> bool:
        """Whether the window moves over the input by a stride that has to fit."""
        return bool(self.rounding)


def floor_positions(axis: Axis, size: int) -> int:
    """Return (W - F + 2P)/S + 1, rounded down."""
    return axis.slack(size) // axis.stride + 1


def ceil_positions(axis: Axis, size: int, *, clip: bool) -> int:
    """Return (W - F + 2P)/S + 1, rounded up; with `clip` the last window must start inside the input or its left padding.

    Source: PyTorch, pooling_output_shape; Caffe clips only with padding (pooling_layer.cpp).
    """
    count = -(-axis.slack(size) // axis.stride) + 1
    return count - 1 if clip and (count - 1) * axis.stride >= size + axis.before else count


def transposed_size(axis: Axis, size: int, extra: int) -> int:
    """Return (W - 1)*S - 2P + A*(F - 1) + extra + 1. Source: Dumoulin and Visin 2016, relationship 14."""
    return (size - 1) * axis.stride - axis.before - axis.after + axis.extent + extra


def ratio_text(numerator: int, denominator: int) -> str:
    """Return a quotient with at most two decimals, rounded half up: `4.5`, `2.33`."""
    sign = "-" if (numerator < 0) != (denominator < 0) and numerator else ""
    hundredths = (200 * abs(numerator) + abs(denominator)) // (2 * abs(denominator))
    whole, part = divmod(hundredths, 100)
    return f"{sign}{whole}" + (f".{part:02d}".rstrip("0") if part else "")


def positions_text(axis: Axis, size: int) -> str:
    """Return `(10 - 3 + 2*0)/2 + 1 = 4.5`."""
    return f"{axis.filled(size)} = {ratio_text(axis.slack(size) + axis.stride, axis.stride)}"
