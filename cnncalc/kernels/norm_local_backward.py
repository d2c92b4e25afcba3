"""The gradients of normalizations by the neighbourhood of each value, composed as PyTorch composes its `local_response_norm`.

Each is a quotient x/d: the gradient of x is gradient/d, and that of d is -gradient*x/d^2, which goes on to the squares under it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from cnncalc.kernels.arrays import Array, Saved, Sizes
from cnncalc.kernels.axes import window_axes
from cnncalc.kernels.norm_local import centred_and_deviation, gaussians, mean_of_squares, shares_under, sides
from cnncalc.kernels.pool_backward import average_pool_backward


def response_base(x: Array, size: int, alpha: float, k: float) -> tuple[Array, Array]:
    """Return the squares with zeros around the depth, and k + alpha/size * their sums over `size` neighbouring channels."""
    squares = np.pad(np.square(x), [(0, 0)] * (x.ndim - 1) + [((size - 1) // 2, size // 2)])
    depth = x.shape[-1]
    sums = np.zeros_like(x)
    for first in range(size):
        sums += squares[..., first : first + depth]
    return squares, sums * x.dtype.type(alpha / size) + x.dtype.type(k)


def response_base_within(x: Array, sizes: Sizes, alpha: float, k: float) -> tuple[Array, Array]:
    """Return the squares, and k + alpha * their means over the window of each value, zeros around the map."""
    return np.square(x), mean_of_squares(x, sizes) * x.dtype.type(alpha) + x.dtype.type(k)


def response_backward(
    x: Array, base: Array, power: Array, gradient: Array, size: int | Sizes, *, alpha: float, beta: float
) -> Array:
    """Return the gradient of the input of `lrn`, or with a size for each axis of `lrn_within`.

    Args:
        x: N x spatial axes x depth.
        base: k + alpha * the mean of the squares.
        power: base ** beta.
        gradient: that of the output.
        size: the neighbouring channels, or the pixels of the window per axis.
        alpha: the weight of the mean.
        beta: the exponent.

    """
    with np.errstate(all="ignore"):  # where the base is 0 the gradient is NaN, as PyTorch's
        of_base = -gradient * x / (power * power) * (beta * np.power(base, base.dtype.type(beta - 1)))
        into = gradient / power
    of_mean = of_base * alpha
    of_squares = _sums_back(of_mean / size, size) if isinstance(size, int) else _means_back(of_mean, size)
    return np.asarray(into + 2 * x * of_squares)


def _sums_back(of_sums: Array, size: int) -> Array:
    """Return the gradient of the numbers that were summed over `size` neighbouring channels."""
    before, depth = (size - 1) // 2, of_sums.shape[-1]
    found = np.zeros((*of_sums.shape[:-1], depth + size - 1), dtype=of_sums.dtype)
    for first in range(size):
        found[..., first : first + depth] += of_sums
    return found[..., before : before + depth]


def _means_back(of_means: Array, sizes: Sizes) -> Array:
    """Return the gradient of the numbers of which the means over a window were taken, zeros around the map."""
    ones = (1,) * len(sizes)
    return average_pool_backward(of_means, of_means.shape[1:-1], sizes, stride=ones, padding=sides(sizes), dilation=ones)


def divisive_root(x: Array, sizes: Sizes, sigma: float) -> Array:
    """Return the divisor of `divisive_norm`: sqrt(sigma^2 + mean of squares), and 1 where that is 0."""
    root = np.sqrt(mean_of_squares(x, sizes) + x.dtype.type(sigma * sigma))
    root[root == 0] = 1
    return np.asarray(root)


def divisive_backward(x: Array, root: Array, gradient: Array, sizes: Sizes) -> Array:
    """Return the gradient of the input of `divisive_norm`, from the divisor."""
    of_means = -gradient * x / (2 * root * root * root)
    return np.asarray(gradient / root + 2 * x * _means_back(of_means, sizes))


def local_contrast_saved(x: Array, sizes: Sizes) -> dict[str, Array]:
    """Return what `local_contrast_norm` saves: the `centred` values, their `squares`, the `deviation`, and the `divisor`."""
    found = [centred_and_deviation(image, gaussians(sizes)) for image in x]
    centred, deviation = (np.stack(each) for each in zip(*found, strict=True))
    floor = _floor(deviation)
    divisor = np.maximum(deviation, np.where(floor == 0, 1, floor))
    return {"centred": centred, "squares": np.square(centred), "deviation": deviation, "divisor": divisor}


def _floor(deviation: Array) -> Array:
    """Return the mean deviation of each image."""
    return np.asarray(deviation.mean(axis=tuple(range(1, deviation.ndim)), keepdims=True))


def local_contrast_backward(saved: Mapping[str, Saved], gradient: Array, sizes: Sizes) -> Array:
    """Return the gradient of the input of `local_contrast_norm`.

    A deviation that equals the mean shares its gradient with it, as PyTorch's maximum has it; a deviation of 0 passes nothing on.
    """
    centred, deviation, divisor = saved["centred"], saved["deviation"], saved["divisor"]
    windows, depth, floor = gaussians(sizes), gradient.shape[-1], _floor(deviation)
    of_divisor = -(gradient * centred).sum(axis=-1) / (divisor * divisor)
    own = np.where(deviation > floor, of_divisor, np.where(deviation == floor, of_divisor / 2, 0))
    axes = tuple(range(1, deviation.ndim))
    own = own + (of_divisor - own).sum(axis=axes, keepdims=True) / deviation[0].size
    with np.errstate(divide="ignore", invalid="ignore"):
        of_energy = np.where(deviation == 0, 0, own / (2 * deviation))
    of_centred = gradient / divisor[..., None] + centred * (2 / depth * _local_mean_back(of_energy, windows))[..., None]
    return np.asarray(of_centred - (_local_mean_back(of_centred.sum(axis=-1), windows) / depth)[..., None])


def _local_mean_back(of_means: Array, windows: Sequence[tuple[float, ...]]) -> Array:
    """Return the gradient of the values (N x spatial axes) of which the means under the window around each pixel were taken."""
    for index, window in enumerate(windows, 1):
        moved = np.moveaxis(of_means, index, 0)
        moved = moved / shares_under(moved, window)
        (axis,) = window_axes(moved.shape[:1], (len(window),), (1,), sides((len(window),)), (1,))
        found = np.zeros_like(moved)
        for tap, weight in enumerate(window):
            outputs, pixels = axis.seen(tap)
            found[pixels] += moved[outputs] * moved.dtype.type(weight)
        of_means = np.moveaxis(found, 0, index)
    return of_means
