"""Weight standardization: the kernel of each filter with mean 0 and variance 1.

Source: Qiao et al. 2019, arXiv:1903.10520, equations 7 and 8; Brock et al. 2021, arXiv:2101.08692, equation 2.
"""

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
