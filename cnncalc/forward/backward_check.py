"""One layer, forward and backward on its own: what it keeps, and its gradients against central differences.

The gradients are held against differences of the output along random directions of all inputs and learned arrays: with v for the
output's gradient and u for the direction, <J^T v, u> = <v, J u>. Each array has the same weight in the sum.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.layers.base import How, Kept, Wanted, float_bytes
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.kernels.arrays import Array, Chance
    from cnncalc.layers.base import Gradients, Keeps, Layer, Passed

STEP = 1e-7
"""The largest change of a number: small enough that few of some million values cross the corner of a rectifier."""
TOLERANCE = 2e-3
"""The largest difference, of a derivative of about 1."""

SMALL = 1e-6
"""The norm of a gradient that is zero but for rounding."""


def hollow(array: Array) -> Array:
    """Return an array of the same shape without values: NaN everywhere, in the memory of one number."""
    return np.broadcast_to(np.full((), np.nan, dtype=array.dtype), array.shape)


def kept(fact: Keeps, inputs: Sequence[Array], passed: Passed, *, overwritten: bool = False) -> Kept:
    """Return what a backward step may read of a forward pass; what the layer does not keep is hollow."""
    held = () if overwritten else fact.kept(range(len(inputs)))
    given = tuple(each if at in held else hollow(each) for at, each in enumerate(inputs))
    return Kept(given, passed.output if fact.output else hollow(passed.output), passed.saved, overwritten)


def saved_bytes(fact: Keeps, batch: int, size: int, parameter_size: int) -> int:
    """Return the bytes that a layer keeps for a batch beside its inputs and its output."""
    fixed = (fact.statistics + fact.copies) * parameter_size
    statistics = fact.image_statistics * parameter_size + fact.image_floats * float_bytes(parameter_size)
    return fixed + batch * (fact.values * size + fact.image_bytes + statistics)


class Pass(NamedTuple):
    """A layer as a function of its inputs and weights, with the same random numbers in each pass."""

    layer: Layer
    training: bool
    seed: int

    def run(
        self, inputs: Sequence[Array], weights: Mapping[str, Array], *, spare: bool = False, wanted: Wanted | None = None
    ) -> Passed:
        """Return a forward pass of a training step; `spare` inputs are overwritten."""
        chance = np.random.default_rng(self.seed) if self.training else None
        return self.layer.train(tuple(inputs), weights, How("auto", (spare,) * len(inputs), (), chance, wanted))


class Check(NamedTuple):
    """The derivative along a random direction, by the gradients and by differences."""

    gradients: float
    differences: float
    arrays: int = 1
    """The arrays that change; each adds a number of about 1 and of either sign to the derivative."""

    @property
    def error(self) -> float:
        """Return the difference of the two, relative to the usual size of the derivative: the root of the number of arrays."""
        return abs(self.gradients - self.differences) / sqrt(self.arrays)


def check(
    pass_: Pass,
    inputs: Sequence[Array],
    weights: Mapping[str, Array],
    learned: Sequence[str],
    fact: Keeps,
    rng: Chance,
) -> Check:
    """Return the derivative of a layer along a random direction; the inputs and weights are of float64.

    `learned` are the names of the arrays with a gradient.
    """
    passed = pass_.run(inputs, weights)
    slope = spread(rng, passed.output.shape)
    wanted = Wanted((True,) * len(inputs), weights=bool(learned))
    found = pass_.layer.backward(kept(fact, inputs, passed), slope, weights, wanted)
    arrays = _arrays(found, inputs, learned)
    norms = [float(np.linalg.norm(each)) for each in arrays]
    scales = [1 / norm if norm > SMALL else 1.0 for norm in norms]
    ways = [spread(rng, each.shape) * scale for each, scale in zip(arrays, scales, strict=True)]
    derivative = float(sum(np.vdot(each, way) for each, way in zip(arrays, ways, strict=True)))
    step = STEP / max(scales)

    given = [*inputs, *(weights[name] for name in learned)]

    def beside(sign: int) -> Array:
        moved = [array + sign * step * way for array, way in zip(given, ways, strict=True)]
        there = {**weights, **dict(zip(learned, moved[len(inputs) :], strict=True))}
        return pass_.run(moved[: len(inputs)], there).output

    difference = float(np.vdot(slope, beside(1) - beside(-1)) / (2 * step))
    return Check(derivative, difference, len(arrays))


def spread(rng: Chance, shape: tuple[int, ...]) -> Array:
    """Return random numbers of mean 0 and variance 1: uniform ones, which are drawn quickly."""
    found = rng.random(shape)
    found -= 0.5
    found *= sqrt(12)
    return found


def _arrays(found: Gradients, inputs: Sequence[Array], learned: Sequence[str]) -> list[Array]:
    """Return the gradients in order; those of spread inputs summed to the size of the input."""
    into = [reduced(gradient, x.shape) for gradient, x in zip(found.inputs, inputs, strict=True) if gradient is not None]
    return [*into, *(found.weights[name] for name in learned)]


def reduced(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Return the gradient of an array that was spread: summed along the axes of size 1."""
    if gradient.shape == shape:
        return gradient
    axes = tuple(at for at, (have, wanted) in enumerate(zip(gradient.shape, shape, strict=True)) if have != wanted)
    return np.asarray(gradient.sum(axis=axes, keepdims=True))
