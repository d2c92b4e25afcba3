"""Activation functions, elementwise; `out=x` works in place.

All of them keep NaN.
"""

from collections.abc import Sequence
from functools import cache, partial
from math import pi, sqrt

import numpy as np

from cnncalc.kernels.after import Tile
from cnncalc.kernels.arrays import Array
from cnncalc.kernels.erf import normal_cdf
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.program import Call
from cnncalc.kernels.tiles import CHEAP, TILE, map_tiles

# Klambauer et al., "Self-Normalizing Neural Networks", NIPS 2017, equation 14.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

# Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016: the tanh approximation.
GELU_CUBIC = 0.044715


@cache
def _zeros(dtype: np.dtype[np.floating]) -> Array:
    """Return a tile of zeros: NumPy compares two arrays five times faster than an array and a number."""
    zeros = np.zeros(2 * TILE, dtype=dtype)
    zeros.flags.writeable = False
    return zeros


def _positive(tile: Array, to: Array) -> None:
    """Write max(tile, 0)."""
    np.maximum(tile, _zeros_like(tile), out=to)


def _zeros_like(tile: Array) -> Array:
    """Return zeros to compare a tile with: of the tile's size if cached, else a single one."""
    zeros = _zeros(tile.dtype)
    return zeros[: tile.size].reshape(tile.shape) if tile.size <= zeros.size else zeros[0]


def relu(x: Array, *, out: Array | None = None) -> Array:
    """Return max(x, 0)."""
    return map_tiles(_positive, x, out, small=CHEAP)


def relu_after(tile: Tile) -> Sequence[Call]:
    """Plan max(tile, 0) in place, as a step after a convolution."""
    return (partial(np.maximum, tile.values, _zeros_like(tile.values), out=tile.values),)


def relu6_after(tile: Tile) -> Sequence[Call]:
    """Plan min(max(tile, 0), 6) in place, as a step after a convolution."""
    return (partial(tile.values.clip, 0, 6, tile.values),)


def relu6(x: Array, *, out: Array | None = None) -> Array:
    """Return min(max(x, 0), 6)."""
    return map_tiles(lambda tile, to: np.clip(tile, 0, 6, out=to), x, out, small=CHEAP)


def leaky_relu(x: Array, *, slope: float = 0.01, out: Array | None = None) -> Array:
    """Return x for positive x, slope * x elsewhere."""

    def work(tile: Array, to: Array) -> None:
        _join(tile, to, np.minimum(tile, 0) * tile.dtype.type(slope))

    return map_tiles(work, x, out)


def _join(tile: Array, to: Array, negative: Array) -> None:
    """Write max(tile, 0) + negative; one of the two terms is zero everywhere."""
    _positive(tile, to)
    to += negative


def prelu(x: Array, slope: Array, *, out: Array | None = None) -> Array:
    """Return x for positive x, slope * x elsewhere.

    Args:
        x: N x spatial axes x depth.
        slope: depth, or 1 for all channels (He et al. 2015, "Delving Deep into Rectifiers").
        out: the output array.

    Raises:
        MisfitError: the slopes are neither one nor one per channel.

    """
    if slope.shape not in ((1,), x.shape[-1:]):
        message = f"slopes of shape {slope.shape} for depth {x.shape[-1]}"
        raise MisfitError(message)

    def work(tile: Array, to: Array) -> None:
        _join(tile, to, np.minimum(tile, 0) * slope)

    return map_tiles(work, x, out, keep=1)


def elu(x: Array, *, alpha: float = 1.0, out: Array | None = None) -> Array:
    """Return x for positive x, alpha * (exp(x) - 1) elsewhere (Clevert et al. 2016)."""

    def work(tile: Array, to: Array) -> None:
        _join(tile, to, np.expm1(np.minimum(tile, 0)) * tile.dtype.type(alpha))

    return map_tiles(work, x, out)


def selu(x: Array, *, out: Array | None = None) -> Array:
    """Return the scaled ELU with the constants that keep mean 0 and variance 1 (Klambauer et al. 2017)."""
    return scaled_elu(x, alpha=SELU_ALPHA, scale=SELU_SCALE, out=out)


def scaled_elu(x: Array, *, alpha: float, scale: float, out: Array | None = None) -> Array:
    """Return scale * elu(x), the general form of SELU."""

    def work(tile: Array, to: Array) -> None:
        _join(tile, to, np.expm1(np.minimum(tile, 0)) * tile.dtype.type(alpha))
        to *= tile.dtype.type(scale)

    return map_tiles(work, x, out)


def _logistic(tile: Array) -> Array:
    """Return 1 / (1 + exp(-tile)) without overflow, by the saturating tanh."""
    half = tile.dtype.type(0.5)
    result = np.tanh(tile * half)
    result *= half
    result += half
    return np.asarray(result)


def sigmoid(x: Array, *, out: Array | None = None) -> Array:
    """Return 1 / (1 + exp(-x))."""

    def work(tile: Array, to: Array) -> None:
        to[...] = _logistic(tile)

    return map_tiles(work, x, out)


def tanh(x: Array, *, out: Array | None = None) -> Array:
    """Return the hyperbolic tangent of x."""
    return map_tiles(lambda tile, to: np.tanh(tile, out=to), x, out)


def silu(x: Array, *, out: Array | None = None) -> Array:
    """Return x * sigmoid(x) (Elfwing et al. 2018; "swish" with beta 1)."""
    return map_tiles(lambda tile, to: np.multiply(tile, _logistic(tile), out=to), x, out)


def mish(x: Array, *, out: Array | None = None) -> Array:
    """Return x * tanh(log(1 + exp(x))) (Misra 2019)."""

    def work(tile: Array, to: Array) -> None:
        soft = np.log1p(np.exp(-np.abs(tile)))
        soft += np.maximum(tile, 0)
        np.multiply(tile, np.tanh(soft, out=soft), out=to)

    return map_tiles(work, x, out)


def hsigmoid(x: Array, *, alpha: float = 1 / 6, beta: float = 0.5, out: Array | None = None) -> Array:
    """Return min(max(alpha * x + beta, 0), 1) (Howard et al. 2019: relu6(x + 3) / 6)."""

    def work(tile: Array, to: Array) -> None:
        np.multiply(tile, tile.dtype.type(alpha), out=to)
        to += tile.dtype.type(beta)
        np.clip(to, 0, 1, out=to)

    return map_tiles(work, x, out)


def hswish(x: Array, *, out: Array | None = None) -> Array:
    """Return x * relu6(x + 3) / 6 (Howard et al. 2019, "Searching for MobileNetV3")."""

    def work(tile: Array, to: Array) -> None:
        gate = tile + tile.dtype.type(3)
        np.clip(gate, 0, 6, out=gate)
        gate /= tile.dtype.type(6)
        np.multiply(tile, gate, out=to)

    return map_tiles(work, x, out)


def gelu(x: Array, *, approximate: bool = False, out: Array | None = None) -> Array:
    """Return x * Phi(x), Phi the normal distribution (Hendrycks & Gimpel 2016).

    Args:
        x: any array.
        approximate: Phi by the paper's formula with tanh, as in GPT-2, instead of exactly.
        out: the output array.

    """
    share = _tanh_cdf if approximate else normal_cdf
    return map_tiles(lambda tile, to: np.multiply(tile, share(tile), out=to), x, out)


def _tanh_cdf(tile: Array) -> Array:
    """Return the approximation of the normal distribution by tanh."""
    inner = tile * tile
    inner *= tile.dtype.type(GELU_CUBIC)
    inner += tile.dtype.type(1)
    inner *= tile
    inner *= tile.dtype.type(2 * sqrt(2 / pi))
    return _logistic(inner)


def scaled(x: Array, factor: float, shift: float, *, out: Array | None = None) -> Array:
    """Return x * factor + shift."""

    def work(tile: Array, to: Array) -> None:
        np.multiply(tile, tile.dtype.type(factor), out=to)
        to += tile.dtype.type(shift)

    return map_tiles(work, x, out, small=CHEAP)


def softmax(x: Array, *, out: Array | None = None) -> Array:
    """Return exp(x) / sum of exp(x) over the depth, after subtraction of the largest value."""

    def work(tile: Array, to: Array) -> None:
        np.subtract(tile, tile.max(axis=-1, keepdims=True), out=to)
        np.exp(to, out=to)
        to /= to.sum(axis=-1, keepdims=True)

    return map_tiles(work, x, out, keep=1)
