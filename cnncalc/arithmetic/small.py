"""Small integers to compute with in the head: an input, weights and biases, as in the course notes' demo."""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.kernels.arrays import Array

NUMBERS, WEIGHTS, BIASES = (0, 2), (-1, 1), (0, 1)
"""The smallest and the largest number of an input, a kernel and a bias: those of the notes' demo."""
DISTINCT = (0, 9)
"""Those of an input that is compared or averaged, and not multiplied."""
NEUTRAL = {"scale": 1.0, "gain": 1.0, "variance": 1.0, "mean": 0.0, "shift": 0.0, "slope": 0.5}
"""The numbers of arrays whose small integers would hide what the layer does, by the name of the array."""

PIECE = 2**20
"""Numbers drawn at a time: the weights of an FC layer would take twice their memory at once."""


def integers(shape: Sequence[int], bounds: tuple[int, int], seed: int, name: str) -> Array:
    """Return uniform integers between two bounds; every array has a stream of its own, from the seed and its name."""
    stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),)))
    found = np.empty(math.prod(shape))
    for start in range(0, found.size, PIECE):
        part = found[start : start + PIECE]
        part[:] = stream.integers(bounds[0], bounds[1], size=part.size, endpoint=True)
    return found.reshape(tuple(shape))


def weights(shape: Sequence[int], tensor: str, role: str, seed: int, name: str) -> Array:
    """Return the array of a layer: biases of 0 and 1, weights from -1 to 1, and numbers that change nothing for norms."""
    if tensor in NEUTRAL:
        return np.full(tuple(shape), NEUTRAL[tensor])
    return integers(shape, BIASES if role == "bias" else WEIGHTS, seed, name)
