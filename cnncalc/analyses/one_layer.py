"""One layer by hand: the formula of each axis, the neurons, the im2col matrices, and other strides and paddings that fit.

Source: CS231n course notes, "Spatial arrangement", "Parameter Sharing", "Implementation as Matrix Multiplication".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.layers.repairs import all_paddings, all_strides
from cnncalc.maths.volume import axis_name
from cnncalc.maths.window import COVERED
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cnncalc.graph.graph import Typed
    from cnncalc.layers.base import Tensor


class AxisSum(NamedTuple):
    """The size of the output along one axis: the formula with names and with numbers, and its result."""

    axis: str
    formula: str
    filled: str
    output: int
    exact: bool


class Im2col(NamedTuple):
    """The convolution as a matrix product: W_row [filters x cells] times X_col [cells x positions], for each group."""

    groups: int
    filters: int
    cells: int
    positions: int

    @property
    def columns(self) -> int:
        """Return the values of X_col, all groups together."""
        return self.groups * self.cells * self.positions

    @property
    def rows(self) -> int:
        """Return the values of W_row, all groups together."""
        return self.groups * self.filters * self.cells


class OneLayer(NamedTuple):
    """The facts of one layer on one input."""

    axes: tuple[AxisSum, ...]
    neurons: int
    weights_per_neuron: int
    im2col: Im2col | None
    discarded: tuple[int, int]
    """The number of input values without a place in the output, and the number of all input values."""
    strides: tuple[int, ...]
    paddings: tuple[int, ...]


def one_layer(typed: Typed) -> OneLayer:
    """Return the facts of a layer on its input."""
    layer, volume, output = typed.layer, typed.inputs[0], typed.output
    weight = next((tensor for tensor in typed.tensors if tensor.role != "bias"), None)
    window = typed.window
    slides = window is not None and window.slides
    return OneLayer(
        axes=_sums(typed) if slides else (),
        neurons=output.values,
        weights_per_neuron=layer.work(typed.inputs, output).macs.value // output.values,
        im2col=_im2col(typed, weight),
        discarded=(max(0, volume.values - output.values), volume.values),
        strides=tuple(all_strides(layer, volume)) if slides else (),
        paddings=tuple(all_paddings(layer, volume)) if slides else (),
    )


def _sums(typed: Typed) -> tuple[AxisSum, ...]:
    window = typed.window
    assert window is not None  # noqa: S101  the caller has checked
    size = typed.inputs[0].size
    if window.rounding == COVERED:
        return tuple(
            AxisSum(axis_name(at, len(size)), "ceil(W/S)", f"ceil({size[at]}/{axis.stride})", typed.output.size[at], exact=True)
            for at, axis in enumerate(window.axes)
        )
    return tuple(
        AxisSum(
            axis_name(at, len(size)), axis.formula(), axis.filled(size[at]), typed.output.size[at], axis.leftover(size[at]) == 0
        )
        for at, axis in enumerate(window.axes)
    )


def _im2col(typed: Typed, weight: Tensor | None) -> Im2col | None:
    """Return the matrices of a layer with weights of kernel x input depth x filters, shared by all positions."""
    if weight is None or len(weight.shape) != typed.output.rank + 2:
        return None
    *_, depth, filters = weight.shape
    groups = typed.inputs[0].depth // depth
    return Im2col(groups, filters // groups, math.prod(weight.shape[:-1]), math.prod(typed.output.size))
