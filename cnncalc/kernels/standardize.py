"""Weight standardization: the kernel of each filter with mean 0 and variance 1.

Source: Qiao et al. 2019, arXiv:1903.10520, equations 7 and 8; Brock et al. 2021, arXiv:2101.08692, equation 2.
"""

from collections.abc import Mapping
from math import prod

import numpy as np

from cnncalc.kernels.arrays import Array


def standardized(weights: Array, gain: Array | None = None, *, epsilon: float = 1e-6, gamma: float = 1.0) -> Array:
    """Return (W - mean)/sqrt(variance + epsilon) of each filter; with a gain times gain*gamma/sqrt(N), N numbers in a filter.

    Args:
        weights: kernel axes x depth x filters.
        gain: a factor for each filter, or None.
        epsilon: added to the variance, which divides by N.
        gamma: the factor of the activation before the layer; only with a gain.

    """
    axes = tuple(range(weights.ndim - 1))
    mean = weights.mean(axes, dtype=np.float64)
    factor = 1 / np.sqrt(weights.var(axes, dtype=np.float64) + epsilon)
    if gain is not None:
        factor *= gain * (gamma / np.sqrt(prod(weights.shape[:-1])))
    return np.asarray((weights - mean) * factor, dtype=weights.dtype)


def standardized_with_statistics(
    weights: Array, gain: Array | None = None, *, epsilon: float = 1e-6, gamma: float = 1.0
) -> dict[str, Array]:
    """Return the standardized `kernel`, and of each filter `mean`, `inverse` of the deviation and with a gain `factor`."""
    axes = tuple(range(weights.ndim - 1))
    kernel = standardized(weights, gain, epsilon=epsilon, gamma=gamma)
    mean = weights.mean(axes, dtype=np.float64)
    inverse = 1 / np.sqrt(weights.var(axes, dtype=np.float64) + epsilon)
    saved = {"mean": mean, "inverse": inverse}
    if gain is not None:
        saved["factor"] = gain * (gamma / np.sqrt(prod(weights.shape[:-1])))
    return {"kernel": kernel, **{name: np.asarray(array, dtype=weights.dtype) for name, array in saved.items()}}


def standardized_backward(weights: Array, saved: Mapping[str, Array], gradient: Array, *, gamma: float = 1.0) -> dict[str, Array]:
    """Return the gradients of the stored `weight` and of the `gain`, from that of the standardized kernel.

    Of n numbers z with mean 0 and deviation 1, the gradient is that of z, less its mean, less z times the mean of z*gradient,
    over the deviation.
    """
    axes = tuple(range(weights.ndim - 1))
    normal = (weights - saved["mean"]) * saved["inverse"]
    found: dict[str, Array] = {}
    if "factor" in saved:
        found["gain"] = (gradient * normal).sum(axes) * weights.dtype.type(gamma / np.sqrt(prod(weights.shape[:-1])))
        gradient = gradient * saved["factor"]
    slope = gradient - gradient.mean(axes) - normal * (gradient * normal).mean(axes)
    found["weight"] = slope * saved["inverse"]
    return found
