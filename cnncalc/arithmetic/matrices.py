"""A layer as a product of matrices, with its numbers: im2col, and one large matrix that is zero nearly everywhere.

Positions are counted row by row; cells of a window and numbers of a volume slice by slice, and row by row within a slice, as in
the notes' X_col and in torch.nn.functional.unfold. Only the rows and columns asked for are computed.

Source: CS231n course notes, "Implementation as Matrix Multiplication"; Knet tutorial, "Convolution vs matrix multiplication".
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.arithmetic.window import kernel, place_at, window
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.arithmetic.window import Stage
    from cnncalc.kernels.arrays import Array
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume


class Part(NamedTuple):
    """Some rows and columns of a matrix."""

    rows: int
    columns: int
    row: Sequence[int]
    """The rows shown, in order."""
    column: Sequence[int]
    numbers: Array
    """The rows shown x the columns shown."""


class Im2col(NamedTuple):
    """The windows of a layer stretched out into columns: a convolution is one product, a pool one function of each column."""

    columns: Part
    """X_col: a row for each cell of the window, a column for each position."""
    filters: Part | None
    """W_row: a row for each filter, of the group of the marked window; None without weights."""
    result: Part
    """Their product, without the biases; for a pool the function of each column."""
    first: int
    """The first filter of the group."""
    channels: range
    """The channels that the columns hold."""
    copies: Array
    """How often each pixel stands in X_col: width x height (x time)."""
    entries: int
    """The entries of X_col, padding included."""


class Sparse(NamedTuple):
    """A layer as one matrix: a row for each output number, a column for each input number."""

    matrix: Part
    structure: Array
    """Whether an entry is a weight; others are zero whatever the weights are."""
    x: Array
    """The input numbers of the columns shown."""
    product: Array
    """The output numbers of the rows shown, without the biases."""
    weights: int
    """The entries of the whole matrix that are weights."""


def index_of(volume: Volume, place: Sequence[int]) -> int:
    """Return the place of a number in a stretched-out volume: slice by slice, row by row."""
    index = place[-1]
    for at, side in zip(reversed(place[:-1]), reversed(volume.size), strict=True):
        index = index * side + at
    return index


def position_of(volume: Volume, place: Sequence[int]) -> int:
    """Return the number of a position, row by row."""
    return index_of(volume, (*place[:-1], 0))


def shares_windows(stage: Stage) -> bool:
    """Return whether every position reads as many cells, and meets the same weights: the condition of one product for all."""
    origin = (0,) * len(stage.output.sides)
    first = stage.neuron(origin)
    if first is None or first.function == "response":
        return False
    along = ((*origin[:axis], at, *origin[axis + 1 :]) for axis, side in enumerate(stage.output.size) for at in range(1, side))
    return all(_form(_neuron(stage, place)) == _form(first) for place in along)


def _form(neuron: Neuron) -> tuple[object, ...]:
    """Return what all windows of a product have in common: their size, their steps, and their weights."""
    return ([(len(places), places.step) for places in neuron.places], neuron.taps, neuron.front)


def is_linear(stage: Stage) -> bool:
    """Return whether the layer, without its biases, is a product with a matrix."""
    neuron = stage.neuron((0,) * len(stage.output.sides))
    return neuron is not None and neuron.function in {"sum", "mean", "max"}


def im2col(stage: Stage, place: tuple[int, ...], rows: Sequence[int], columns: Sequence[int], filters: Sequence[int]) -> Im2col:
    """Return the matrices: these cells of the window, these positions, these filters of the group of `place`."""
    output = stage.output
    neuron = _neuron(stage, place)
    count, positions = neuron.cells, math.prod(output.size)
    patches = [_stretched(window_patch(stage, (*place_at(output, position)[:-1], place[-1]))) for position in columns]
    entries = np.array([[patch[row] for patch in patches] for row in rows]).reshape(len(rows), len(columns))
    group, first = _group(stage, place, neuron)
    shown = [first + each for each in filters] if neuron.taps else [place[-1]]
    result = np.array([[_value(stage, (*place_at(output, at)[:-1], k)) for at in columns] for k in shown])
    weights = np.array([[_row(stage, place, k)[row] for row in rows] for k in shown]) if neuron.taps else None
    return Im2col(
        Part(count, positions, rows, columns, entries),
        None if weights is None else Part(group, count, filters, rows, weights.reshape(len(shown), len(rows))),
        Part(group if neuron.taps else 1, positions, filters if neuron.taps else (0,), columns, result),
        first,
        neuron.places[-1],
        copies(stage),
        count * positions,
    )


def window_patch(stage: Stage, place: tuple[int, ...]) -> Array:
    """Return the numbers of a window."""
    found = window(stage, place)
    return found.patch if found is not None else np.empty(0)


def group_of(stage: Stage, place: tuple[int, ...]) -> tuple[int, int]:
    """Return the number of filters that read the channels of `place`, and the first of them."""
    return _group(stage, place, _neuron(stage, place))


def _group(stage: Stage, place: tuple[int, ...], neuron: Neuron) -> tuple[int, int]:
    same = [k for k in range(stage.output.depth) if _neuron(stage, (*place[:-1], k)).places[-1] == neuron.places[-1]]
    return len(same), same[0]


def copies(stage: Stage) -> Array:
    """Return how many windows read each pixel: width x height (x time)."""
    result = np.ones(())
    for axis, side in enumerate(stage.x.shape[:-1]):
        line = np.zeros(side)
        for at in range(stage.output.size[axis]):
            place = [0] * (stage.output.rank + 1)
            place[axis] = at
            inside = [each for each in _neuron(stage, tuple(place)).places[axis] if 0 <= each < side]
            line[inside] += 1
        result = np.multiply.outer(result, line)
    return result


def sparse(stage: Stage, rows: Sequence[int], columns: Sequence[int]) -> Sparse:
    """Return these rows and columns of the matrix, their input numbers and the product."""
    (volume, *_), output = stage.inputs, stage.output
    found = [_matrix_row(stage, place_at(output, row)) for row in rows]
    numbers = np.array([[row.get(column, 0.0) for column in columns] for row in found]).reshape(len(rows), len(columns))
    structure = np.array([[column in row for column in columns] for row in found]).reshape(len(rows), len(columns))
    x = np.array([stage.x[place_at(volume, column)] for column in columns])
    product = np.array([_value(stage, place_at(output, row)) for row in rows])
    return Sparse(Part(output.values, volume.values, rows, columns, numbers), structure, x, product, _entries(stage))


def _matrix_row(stage: Stage, place: tuple[int, ...]) -> dict[int, float]:
    """Return the entries of a row by their columns: weights, shares of a mean, or a 1 at the largest number."""
    (volume, *_), found = stage.inputs, window(stage, place)
    if found is None:
        return {}
    if found.peak is not None:
        return {index_of(volume, found.peak): 1.0}
    entries: dict[int, float] = {}
    boxes = itertools.product(*(enumerate(places) for places in found.neuron.places))
    for box in boxes:
        cell, pixel = zip(*box, strict=True)
        if found.real[cell]:
            share = 1 / found.neuron.divisor if found.weights is None else float(found.weights[cell])
            entries[index_of(volume, pixel)] = share
    return entries


def _entries(stage: Stage) -> int:
    """Return the number of entries of the whole matrix that are weights: for each output the numbers of the input that it reads."""
    total = 0
    for channel in range(stage.output.depth):
        lines: list[int] = []
        for axis, side in enumerate(stage.x.shape[:-1]):
            place = [0] * stage.output.rank + [channel]
            line = 0
            for at in range(stage.output.size[axis]):
                place[axis] = at
                line += sum(0 <= each < side for each in _neuron(stage, tuple(place)).places[axis])
            lines.append(line)
        neuron = _neuron(stage, (*(0 for _ in stage.output.size), channel))
        each = math.prod(stage.output.size) if neuron.function == "max" else math.prod(lines) * len(neuron.places[-1])
        total += each
    return total


def _neuron(stage: Stage, place: tuple[int, ...]) -> Neuron:
    neuron = stage.neuron(place)
    assert neuron is not None  # noqa: S101  the callers show layers whose numbers have a making
    return neuron


def _stretched(box: Array) -> Array:
    """Return the numbers of a box as a column: slice by slice, row by row."""
    return np.transpose(box, tuple(reversed(range(box.ndim)))).reshape(-1)


def _row(stage: Stage, place: tuple[int, ...], k: int) -> Array:
    """Return a filter stretched out into a row."""
    weights = kernel(stage, _neuron(stage, (*place[:-1], k)))
    return np.empty(0) if weights is None else _stretched(weights)


def _value(stage: Stage, place: tuple[int, ...]) -> float:
    """Return an output number without its bias."""
    found = window(stage, place)
    if found is None:
        return math.nan
    return found.value if found.products is None else float(found.products.sum())
