"""The arithmetic of one output number: what it reads, what it is multiplied by, and what comes out.

Arrays have the axes of the notes here: width, height, time, and the depth last.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cnncalc.kernels.arrays import Array
    from cnncalc.layers.base import Layer
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume


class Stage(NamedTuple):
    """A layer with the numbers that reach it and those that it computes, in the axes of the notes."""

    layer: Layer
    inputs: tuple[Volume, ...]
    output: Volume
    x: Array
    v: Array
    weights: Mapping[str, Array]
    """Its arrays as the pass computes with them (`Layer.used`)."""

    def neuron(self, place: tuple[int, ...]) -> Neuron | None:
        """Return what the output number at a place is made of; None where the layer states nothing."""
        return self.layer.neuron(self.inputs, place)


class Window(NamedTuple):
    """One output number, computed step by step."""

    place: tuple[int, ...]
    neuron: Neuron
    patch: Array
    """The numbers that it reads; padding as it counts, NaN where it does not count."""
    real: Array
    """For each of them whether it is part of the input."""
    weights: Array | None
    """The weight of each of them; None without weights."""
    products: Array | None
    bias: float | None
    value: float
    peak: tuple[int, ...] | None
    """The place on the input of the largest number (the first of equal ones, a NaN before all); None for other functions."""

    @property
    def sums(self) -> Array:
        """Return the sums of the products, slice by slice: time x depth, or depth."""
        terms = self.patch if self.products is None else self.products
        spatial = tuple(range(min(2, terms.ndim - 1)))
        return np.asarray(terms.sum(axis=spatial))


def notes_axes(array: Array) -> Array:
    """Return one image, (time x) height x width x depth, with the axes of the notes: width, height, time, depth."""
    axes = tuple(reversed(range(array.ndim - 1)))
    return np.transpose(array, (*axes, array.ndim - 1))


def window(stage: Stage, place: tuple[int, ...]) -> Window | None:
    """Return the arithmetic of one output number; None where its layer does not state what it is made of."""
    neuron = stage.neuron(place)
    if neuron is None:
        return None
    patch, real = _patch(stage.x, neuron)
    weights = kernel(stage, neuron)
    with np.errstate(all="ignore"):
        products = None if weights is None else patch * weights
        bias = None if neuron.bias is None else float(stage.weights["bias"][neuron.bias])
        value, peak = _value(stage, neuron, patch if products is None else products, real, bias)
    return Window(place, neuron, patch, real, weights, products, bias, value, peak)


def _patch(x: Array, neuron: Neuron) -> tuple[Array, Array]:
    """Return the numbers at the places of a neuron, and which of them are part of the input."""
    grids = np.ix_(*(np.array(places, dtype=np.intp) for places in neuron.places))
    sides = x.shape
    real = np.ones(tuple(map(len, neuron.places)), dtype=bool)
    for grid, side in zip(grids, sides, strict=True):
        real &= (grid >= 0) & (grid < side)
    clipped = tuple(np.clip(grid, 0, side - 1) for grid, side in zip(grids, sides, strict=True))
    outside = np.nan if neuron.outside is None else neuron.outside
    return np.where(real, x[clipped], outside), real


def kernel(stage: Stage, neuron: Neuron) -> Array | None:
    """Return the weights of a neuron, one for each number that it reads; None without weights."""
    if not neuron.taps:
        return None
    return whole_kernel(stage, neuron)[np.ix_(*(np.array(tap, dtype=np.intp) for tap in neuron.taps))]


def whole_kernel(stage: Stage, neuron: Neuron) -> Array:
    """Return the kernel as it is stored, unflipped, also those of its weights that this neuron does not meet."""
    weight = stage.weights["weight"]
    weight = weight.reshape(neuron.shape) if neuron.shape else weight
    for at in neuron.front:
        weight = weight[at]
    for at in reversed(neuron.back):
        weight = weight[..., at]
    return notes_axes(weight)


def _value(stage: Stage, neuron: Neuron, terms: Array, real: Array, bias: float | None) -> tuple[float, tuple[int, ...] | None]:
    """Return the output number, and the place of the largest one for a maximum."""
    if neuron.function == "max":
        turned = terms.transpose()  # the first one row by row; a NaN is the largest, as in the forward pass
        first = np.unravel_index(int(np.argmax(turned)), turned.shape)[::-1]
        peak = tuple(places[int(at)] for places, at in zip(neuron.places, first, strict=True))
        return float(terms[first]), peak
    counted = terms if neuron.outside is not None else np.where(real, terms, 0)
    if neuron.function == "mean":
        return float(np.divide(counted.sum(), neuron.divisor)), None
    if neuron.function == "root":
        return float(np.sqrt(np.square(counted).sum())), None
    if neuron.response is not None:
        place, k, alpha, beta = neuron.response
        base = k + alpha / neuron.divisor * np.square(counted).sum()
        return float(stage.x[place] / base**beta), None
    return float(counted.sum() + (0 if bias is None else bias)), None


def largest_input(stage: Stage) -> float:
    """Return the largest number of the input, without its sign."""
    return float(np.abs(stage.x).max(initial=0))


def padded_input(stage: Stage) -> Array:
    """Return the input with the padding of the layer's windows, where that counts as a number."""
    neuron = stage.neuron((0,) * len(stage.output.sides)) if stage.inputs else None
    if neuron is None or neuron.outside is None or not any(before or after for before, after in neuron.padding):
        return stage.x
    return np.pad(stage.x, (*neuron.padding, (0, 0)), constant_values=neuron.outside)


def places(output: Volume) -> Iterator[tuple[int, ...]]:
    """Yield the places of all output numbers in the order of the demo: filter by filter, row by row from the top."""
    for channel in range(output.depth):
        for position in itertools.product(*map(range, reversed(output.size))):
            yield (*reversed(position), channel)


def order(output: Volume, place: Sequence[int]) -> int:
    """Return the number of output numbers before a place."""
    index = place[-1]
    for at, side in zip(reversed(place[:-1]), reversed(output.size), strict=True):
        index = index * side + at
    return index


def place_at(output: Volume, index: int) -> tuple[int, ...]:
    """Return the place of the output number with so many before it."""
    position: list[int] = []
    for side in output.size:
        index, at = divmod(index, side)
        position.append(at)
    return (*position, index)


def first_max_index(stage: Stage, peak: Sequence[int]) -> int:
    """Return the index of a place within its slice, row by row (PyTorch's and cuDNN's index)."""
    index = 0
    for at, side in zip(reversed(peak[:-1]), reversed(stage.x.shape[:-1]), strict=True):
        index = index * side + at
    return index


def cells(neuron: Neuron) -> int:
    """Return the number of places of a window in one slice."""
    return math.prod(map(len, neuron.places[:-1]))
