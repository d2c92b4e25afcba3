"""Pools whose windows follow from the requested output: adaptive average and maximum, global average and maximum."""

from collections.abc import Callable

import numpy as np

from cnncalc.kernels.arrays import Array, Sizes, spatial_rank
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each


def adaptive_average_pool(x: Array, sizes: Sizes) -> Array:
    """Return the means of the requested number of bins per axis.

    Bin i of B on an axis of S pixels is floor(i*S/B) to ceil((i+1)*S/B), as in PyTorch: bins may
    overlap.

    Args:
        x: N x spatial axes x depth.
        sizes: bins per spatial axis.

    Returns:
        N x bins x depth.

    Raises:
        MisfitError: not one number of bins, of at least 1, per axis.

    """
    return _adaptive(x, sizes, np.mean)


def adaptive_max_pool(x: Array, sizes: Sizes) -> Array:
    """Return the largest values of the requested number of bins per axis; arguments, bins and errors as of the averages."""
    return _adaptive(x, sizes, np.max)


def _adaptive(x: Array, sizes: Sizes, summary: Callable[..., object]) -> Array:
    """Return `x` with each axis in bins, one axis after another: the mean over a box is the mean of means over lines."""
    if len(sizes) != spatial_rank(x.shape) or min(sizes) < 1:
        message = f"bins {sizes}: wanted {spatial_rank(x.shape)} whole numbers of at least 1"
        raise MisfitError(message)
    for axis, bins in enumerate(sizes, start=1):
        x = _in_bins(x, axis, bins, summary)
    return x


def _in_bins(x: Array, axis: int, bins: int, summary: Callable[..., object]) -> Array:
    """Return `x` with the mean or the maximum of each bin of one axis."""
    source = np.moveaxis(x, axis, 0)
    size = source.shape[0]
    result = np.empty((bins, *source.shape[1:]), dtype=x.dtype)
    for i in range(bins):
        summary(source[i * size // bins : -(-(i + 1) * size // bins)], axis=0, out=result[i])
    return np.ascontiguousarray(np.moveaxis(result, 0, axis))


def global_average_pool(x: Array) -> Array:
    """Return the mean of each channel, N x 1 (per spatial axis) x depth; summed in float64."""
    axes = tuple(range(1, spatial_rank(x.shape) + 1))
    out = np.empty((x.shape[0], *(1 for _ in axes), x.shape[-1]), dtype=x.dtype)

    def run(image: int) -> None:
        part = slice(image, image + 1)
        out[part] = np.mean(x[part], axis=axes, keepdims=True, dtype=np.float64)

    for_each(run, range(x.shape[0]))
    return out


def global_max_pool(x: Array) -> Array:
    """Return the largest value of each channel, N x 1 (per spatial axis) x depth."""
    axes = tuple(range(1, spatial_rank(x.shape) + 1))
    return np.asarray(np.max(x, axis=axes, keepdims=True))
