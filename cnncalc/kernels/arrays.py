"""The array types shared by all kernels.

Data arrays are channels last: N x spatial axes x depth.  The spatial axes are ordered
(time,) height, width: the reverse of the spec language's width x height (x time).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from cnncalc.kernels.errors import MisfitError

Array: TypeAlias = npt.NDArray[np.floating]
"""Real numbers, float32 or float64; the output of a kernel has the dtype of its input."""

Indices: TypeAlias = npt.NDArray[np.int64]
"""Places in an array."""

Saved: TypeAlias = npt.NDArray[Any]
"""An array that a forward pass saves for the backward pass: numbers, indices or a mask."""

Chance: TypeAlias = np.random.Generator
"""Random numbers."""

Sizes: TypeAlias = tuple[int, ...]
"""One whole number per spatial axis, in the order of the data's axes."""

Padding: TypeAlias = Sequence[tuple[int, int]]
"""(before, after) per spatial axis, in pixels."""


def spatial_rank(shape: tuple[int, ...]) -> int:
    """Return the number of spatial axes of a data array (N x spatial x depth) of this shape.

    Raises:
        MisfitError: too few axes, or one of size 0.

    """
    if len(shape) < 3:
        message = f"data has {len(shape)} axes, wanted N x spatial axes x depth"
        raise MisfitError(message)
    if 0 in shape:
        message = f"data of shape {shape} holds nothing"
        raise MisfitError(message)
    return len(shape) - 2


def in_one_run(x: Array) -> bool:
    """Return whether the pixels of a data array are evenly spaced in memory, as needed for a view with one pixel axis."""
    if x.flags.c_contiguous:
        return True
    axes = [(size, stride) for size, stride in zip(x.shape[:-1], x.strides[:-1], strict=True) if size > 1]
    return all(outer == size * inner for (_, outer), (size, inner) in pairwise(axes))


def empty_like(x: Array, shape: tuple[int, ...]) -> Array:
    """Return an uninitialised array of `shape` with the dtype of `x`."""
    return np.empty(shape, dtype=x.dtype)
