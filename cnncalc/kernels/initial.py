"""Random weights that preserve the variance through a rectified network, drawn on all threads."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each

_CHUNK = 1 << 18
"""Values drawn from one stream: 1 MiB in float32.  A constant: equal seeds give equal weights on any
number of threads."""


class Blank(NamedTuple):
    """An array to fill."""

    array: Array
    """Any shape, contiguous, float32 or float64; both dtypes give the same numbers, up to rounding."""
    fan_in: int
    """Number of inputs summed per output: kernel taps x depth per group, or the values of a fully connected layer."""
    seed: np.random.SeedSequence
    """The source of the numbers; it is not changed, and equal seeds give equal weights."""


def fill_he_uniform(blanks: Sequence[Blank]) -> None:
    """Draw weights evenly from -b to b, b = sqrt(6 / fan_in): a variance of 2 / fan_in. The threads share all arrays.

    Raises:
        MisfitError: a `fan_in` below 1.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10.

    """
    wrong = next((blank.fan_in for blank in blanks if blank.fan_in < 1), None)
    if wrong is not None:
        message = f"fan-in {wrong}: wanted at least 1"
        raise MisfitError(message)

    def run(piece: tuple[Blank, int]) -> None:
        (array, fan_in, seed), index = piece
        own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, index))
        values = array.reshape(-1)[index * _CHUNK : (index + 1) * _CHUNK]
        _fill(values, np.random.Generator(np.random.SFC64(own)), sqrt(6 / fan_in))

    for_each(run, [(blank, index) for blank in blanks for index in range(-(-blank.array.size // _CHUNK))])


def _fill(values: Array, stream: np.random.Generator, bound: float) -> None:
    """Draw `values` evenly from -bound to bound: scaled 32-bit integers, twice as fast as drawing floats."""
    bits = stream.integers(0, 1 << 64, size=-(-values.size // 2), dtype=np.uint64)
    values[...] = bits.view(np.int32)[: values.size]
    values *= values.dtype.type(bound / 2.0**31)
