"""Random weights that keep the variance of a rectified network, drawn on all threads."""

from math import prod, sqrt

import numpy as np
import numpy.typing as npt

from cnncalc.forward.kernels.arrays import Array
from cnncalc.forward.kernels.errors import MisfitError
from cnncalc.forward.kernels.parallel import for_each

_CHUNK = 1 << 18
"""Values drawn from one stream: 1 MiB in float32.  A constant, so that equal seeds give equal weights
on any number of threads."""


def he_uniform(
    shape: tuple[int, ...],
    fan_in: int,
    seed: np.random.SeedSequence,
    dtype: npt.DTypeLike = np.float32,
) -> Array:
    """Return weights drawn evenly from -b to b, b = sqrt(6 / fan_in): a variance of 2 / fan_in.

    Args:
        shape: any.
        fan_in: how many inputs one output sums over: kernel taps x depth per group, or the values
            of a fully connected layer.
        seed: where the numbers come from; it is not changed, and equal seeds give equal weights.
        dtype: float32 or float64; both get the same numbers, up to rounding.

    Returns:
        An array of `shape`.

    Raises:
        MisfitError: `fan_in` below 1.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10.

    """
    if fan_in < 1:
        message = f"fan-in {fan_in}: wanted at least 1"
        raise MisfitError(message)
    flat: Array = np.empty(prod(shape), dtype=dtype)
    bound = sqrt(6 / fan_in)

    def run(index: int) -> None:
        own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, index))
        _fill(flat[index * _CHUNK : (index + 1) * _CHUNK], np.random.Generator(np.random.SFC64(own)), bound)

    for_each(run, range(-(-flat.size // _CHUNK)))
    return flat.reshape(shape)


def _fill(values: Array, stream: np.random.Generator, bound: float) -> None:
    """Draw `values` evenly from -bound to bound: whole numbers of 32 bits, scaled; twice as fast as drawing floats."""
    bits = stream.integers(0, 1 << 64, size=-(-values.size // 2), dtype=np.uint64)
    values[...] = bits.view(np.int32)[: values.size]
    values *= values.dtype.type(bound / 2.0**31)
