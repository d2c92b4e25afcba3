"""The slopes of the activations, each times the gradient of the output.

A slope is a function of the input `x`, or of the output `y` where that is what a layer keeps. At a corner (0 of a rectifier) it is
PyTorch's (2.14). Where a slope has no value, as that of the root of -1, it is NaN, and where it grows beyond all numbers it is
infinite: as in PyTorch, without a warning.
"""

from math import pi, sqrt

import numpy as np

from cnncalc.kernels.activation import GELU_CUBIC, SELU_ALPHA, SELU_SCALE, sigmoid
from cnncalc.kernels.arrays import Array
from cnncalc.kernels.erf import normal_cdf
from cnncalc.kernels.functions import QUICK


def relu_slope(y: Array, gradient: Array) -> Array:
    """Return the gradient where the output is above zero (Nair and Hinton 2010)."""
    return gradient * (y > 0)


def clip_slope(x: Array, gradient: Array, low: float | None, high: float | None) -> Array:
    """Return the gradient within the bounds, both excluded; None for no bound."""
    if low is not None:
        gradient = gradient * (x > low)
    return gradient if high is None else gradient * (x < high)


def relu6_slope(x: Array, gradient: Array) -> Array:
    """Return the gradient between 0 and 6, both excluded."""
    return gradient * ((x > 0) & (x < 6))


def leaky_relu_slope(volume: Array, gradient: Array, slope: float | Array) -> Array:
    """Return the gradient above zero, slope * gradient elsewhere; from the input, or the output if no slope is negative."""
    return np.where(volume > 0, gradient, gradient * slope)


def prelu_backward(x: Array, slope: Array, gradient: Array) -> tuple[Array, Array]:
    """Return the gradients of the input and of the slopes (He et al. 2015, equation 3).

    Args:
        x: N x any axes x depth.
        slope: depth, or 1 for all channels.
        gradient: that of the output.

    """
    of_slope = np.where(x > 0, 0, gradient * x)
    axes = tuple(range(x.ndim if slope.size == 1 else x.ndim - 1))
    return np.where(x > 0, gradient, gradient * slope), np.asarray(of_slope.sum(axis=axes)).reshape(slope.shape)


def elu_slope(volume: Array, gradient: Array, *, alpha: float, scale: float = 1.0, rate: float = 1.0, of_output: bool) -> Array:
    """Return the gradient times the slope of `x > 0: scale*x, else scale*alpha*(exp(rate*x) - 1)`.

    Args:
        volume: the input, or with `of_output` the output.
        gradient: that of the output.
        alpha: not negative with `of_output`, so that the output tells the side.
        scale: the slope above zero.
        rate: the factor in the exponent.
        of_output: whether `volume` is the output.

    """
    if of_output:
        below = (np.minimum(volume, 0) + scale * alpha) * rate
    else:
        below = np.exp(np.minimum(volume, 0) * rate) * (scale * alpha * rate)
    return np.where(volume > 0, gradient * scale, gradient * below)


def selu_slope(volume: Array, gradient: Array, *, of_output: bool) -> Array:
    """Return the gradient times the slope of the scaled exponential linear unit (Klambauer et al. 2017)."""
    return elu_slope(volume, gradient, alpha=SELU_ALPHA, scale=SELU_SCALE, of_output=of_output)


def sigmoid_slope(y: Array, gradient: Array) -> Array:
    """Return the gradient times y * (1 - y)."""
    return gradient * (1 - y) * y


def tanh_slope(y: Array, gradient: Array) -> Array:
    """Return the gradient times 1 - y^2."""
    return gradient * (1 - y * y)


def softplus_slope(x: Array, gradient: Array) -> Array:
    """Return the gradient times the sigmoid."""
    return gradient * sigmoid(x)


def silu_slope(x: Array, gradient: Array) -> Array:
    """Return the gradient times s * (1 + x * (1 - s)), s the sigmoid."""
    gate = sigmoid(x)
    return gradient * gate * (1 + x * (1 - gate))


def quick_gelu_slope(x: Array, gate: Array, gradient: Array) -> Array:
    """Return the gradient of x * gate, where the gate is sigmoid(1.702 * x)."""
    return gradient * gate * (1 + QUICK * x * (1 - gate))


def gelu_slope(x: Array, gradient: Array, *, approximate: bool = False) -> Array:
    """Return the gradient times Phi(x) + x * Phi'(x), Phi the normal distribution, or its approximation by tanh."""
    if approximate:
        inner = 2 * sqrt(2 / pi) * x * (1 + GELU_CUBIC * x * x)
        share = sigmoid(inner)
        density = share * (1 - share) * (2 * sqrt(2 / pi) * (1 + 3 * GELU_CUBIC * x * x))
    else:
        share, density = normal_cdf(x), np.exp(x * x * -0.5) / sqrt(2 * pi)
    return gradient * (share + x * density)


def mish_slope(x: Array, gradient: Array) -> Array:
    """Return the gradient times t + x * sigmoid(x) * (1 - t^2), t = tanh(log(1 + exp(x)))."""
    soft = np.tanh(np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0))
    return np.asarray(gradient * (soft + x * sigmoid(x) * (1 - soft * soft)))


def hsigmoid_slope(x: Array, gradient: Array) -> Array:
    """Return a sixth of the gradient between -3 and 3, both excluded."""
    return gradient / 6 * ((x > -3) & (x < 3))


def hswish_slope(x: Array, gradient: Array) -> Array:
    """Return the gradient times x/3 + 1/2 between -3 and 3, the gradient from 3, and zero up to -3."""
    return np.where(x < 3, gradient * np.where(x > -3, x / 3 + 0.5, 0), gradient)


def absolute_slope(x: Array, gradient: Array) -> Array:
    """Return the gradient times the sign; 0 at 0."""
    return np.asarray(gradient * np.sign(x))


def power_slope(x: Array, gradient: Array, exponent: float) -> Array:
    """Return the gradient times exponent * x^(exponent - 1)."""
    if exponent == 0:
        return np.zeros_like(gradient)
    with np.errstate(all="ignore"):
        return np.asarray(gradient * (exponent * np.power(x, x.dtype.type(exponent - 1))))


def sqrt_slope(y: Array, gradient: Array) -> Array:
    """Return the gradient over twice the root."""
    with np.errstate(all="ignore"):
        return np.asarray(gradient / (2 * y))


def log_slope(x: Array, gradient: Array) -> Array:
    """Return the gradient over the input."""
    with np.errstate(all="ignore"):
        return np.asarray(gradient / x)


def glu_backward(x: Array, gradient: Array) -> Array:
    """Return the gradient of both halves of the depth: of one times the sigmoid of the other (Dauphin et al. 2016)."""
    half = x.shape[-1] // 2
    gate = sigmoid(x[..., half:])
    return np.concatenate([gradient * gate, gradient * x[..., :half] * gate * (1 - gate)], axis=-1)
