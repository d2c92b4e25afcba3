"""Further functions of each value; `out=x` works in place, NaN stays.

Where a function has no value, as the root of -1, the result is NaN, and where it grows beyond all numbers it is infinite: as
in PyTorch, without a warning.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from cnncalc.kernels.activation import sigmoid
from cnncalc.kernels.arrays import Array
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.tiles import CHEAP, map_tiles

QUICK = 1.702
"""The factor of the sigmoid that approximates the normal distribution (Hendrycks & Gimpel 2016, section 2)."""


def _quiet(work: Callable[[Array, Array], Any]) -> Callable[[Array, Array], None]:
    """Return work on a tile that NumPy does not warn of; NumPy's settings are those of the thread that runs it."""

    def quiet(tile: Array, to: Array) -> None:
        with np.errstate(all="ignore"):
            work(tile, to)

    return quiet


def softplus(x: Array, *, out: Array | None = None) -> Array:
    """Return log(1 + exp(x)), without overflow."""
    return map_tiles(lambda tile, to: np.logaddexp(tile, tile.dtype.type(0), out=to), x, out)


def celu(x: Array, *, alpha: float = 1.0, out: Array | None = None) -> Array:
    """Return x for positive x, alpha * (exp(x / alpha) - 1) elsewhere (Barron 2017)."""

    def work(tile: Array, to: Array) -> None:
        slope = tile.dtype.type(alpha)
        negative = np.expm1(np.minimum(tile, 0) / slope) * slope
        np.maximum(tile, 0, out=to)
        to += negative

    return map_tiles(work, x, out)


def clip(x: Array, low: float | None, high: float | None, *, out: Array | None = None) -> Array:
    """Return min(max(x, low), high); None for no bound."""
    return map_tiles(lambda tile, to: np.clip(tile, low, high, out=to), x, out, small=CHEAP)


def power(x: Array, exponent: float, *, out: Array | None = None) -> Array:
    """Return x to the power `exponent`."""
    return map_tiles(_quiet(lambda tile, to: np.power(tile, tile.dtype.type(exponent), out=to)), x, out)


def sqrt(x: Array, *, out: Array | None = None) -> Array:
    """Return the square root."""
    return map_tiles(_quiet(lambda tile, to: np.sqrt(tile, out=to)), x, out)


def exp(x: Array, *, out: Array | None = None) -> Array:
    """Return the exponential."""
    return map_tiles(_quiet(lambda tile, to: np.exp(tile, out=to)), x, out)


def log(x: Array, *, out: Array | None = None) -> Array:
    """Return the natural logarithm."""
    return map_tiles(_quiet(lambda tile, to: np.log(tile, out=to)), x, out)


def absolute(x: Array, *, out: Array | None = None) -> Array:
    """Return the absolute value."""
    return map_tiles(lambda tile, to: np.abs(tile, out=to), x, out, small=CHEAP)


def neg(x: Array, *, out: Array | None = None) -> Array:
    """Return -x."""
    return map_tiles(lambda tile, to: np.negative(tile, out=to), x, out, small=CHEAP)


def quick_gelu(x: Array, *, out: Array | None = None) -> Array:
    """Return x * sigmoid(1.702 * x) (Hendrycks & Gimpel 2016, section 2)."""
    return map_tiles(lambda tile, to: np.multiply(tile, quick_gate(tile), out=to), x, out)


def quick_gate(x: Array) -> Array:
    """Return sigmoid(1.702 * x), an approximation of the normal distribution."""
    return sigmoid(x * x.dtype.type(QUICK))


def glu(x: Array) -> Array:
    """Return the first half of the depth times the sigmoid of the second (Dauphin et al. 2016).

    Raises:
        MisfitError: an odd depth.

    """
    half, odd = divmod(x.shape[-1], 2)
    if odd:
        message = f"depth {x.shape[-1]} is odd"
        raise MisfitError(message)
    gate = sigmoid(x[..., half:])
    return np.multiply(x[..., :half], gate, out=gate)
