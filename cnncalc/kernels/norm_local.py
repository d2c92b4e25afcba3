"""Normalizations by the neighbourhood of each value: local response, local contrast, divisive."""

from collections.abc import Sequence
from math import exp

import numpy as np

from cnncalc.kernels.arrays import Array, Sizes, spatial_rank
from cnncalc.kernels.axes import window_axes
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each
from cnncalc.kernels.pool import average_pool
from cnncalc.kernels.tiles import map_tiles


def lrn(
    x: Array,
    size: int,
    *,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
    out: Array | None = None,
) -> Array:
    """Return x / (k + alpha / size * sum of squares over `size` neighbouring channels) ** beta.

    Channels c - floor((size-1)/2) to c + ceil((size-1)/2) are neighbours; channels outside
    the depth count as zeros.

    Args:
        x: N x spatial axes x depth.
        size: neighbours, the channel itself included.
        alpha: the weight of the mean square; Krizhevsky's own alpha weighs the sum.
        beta: the exponent.
        k: the constant added to the mean square.
        out: the output array; `x` itself works in place.

    Returns:
        The shape of `x`.

    Raises:
        MisfitError: `size` below 1.

    Source: Krizhevsky et al. 2012, section 3.3; alpha / size as in Caffe, ONNX and PyTorch.

    """
    if size < 1:
        message = f"size {size}: wanted at least 1"
        raise MisfitError(message)
    before = (size - 1) // 2
    depth = x.shape[-1]

    def work(tile: Array, to: Array) -> None:
        squares = np.square(tile)
        sums = np.zeros_like(squares)
        for shift in range(-min(before, depth - 1), min(size - before, depth)):
            low, high = max(0, -shift), min(depth, depth - shift)
            sums[..., low:high] += squares[..., low + shift : high + shift]
        np.multiply(tile, _damping(sums, alpha / size, beta, k), out=to)

    return map_tiles(work, x, out, keep=1)


def lrn_within(x: Array, sizes: Sizes, *, alpha: float = 1.0, beta: float = 0.75, k: float = 1.0) -> Array:
    """Return x / (k + alpha * mean of squares over a window) ** beta, channel by channel.

    The window of F pixels extends floor((F-1)/2) pixels before and floor(F/2) pixels after its pixel. Pixels outside the map
    count as zeros (Caffe's WITHIN_CHANNEL).

    Args:
        x: N x spatial axes x depth.
        sizes: pixels of the window per axis.
        alpha: the weight of the mean square.
        beta: the exponent.
        k: the constant added to the mean square.

    Returns:
        The shape of `x`.

    Raises:
        MisfitError: not one size, of at least 1, per axis.

    """
    out = np.empty(x.shape, dtype=x.dtype)

    def run(image: int) -> None:
        part = slice(image, image + 1)
        np.multiply(x[part], _damping(mean_of_squares(x[part], sizes), alpha, beta, k), out=out[part])

    for_each(run, range(x.shape[0]))
    return out


def mean_of_squares(x: Array, sizes: Sizes) -> Array:
    """Return the mean of the squares in the window around each value, zeros around the map."""
    _check_window(x, sizes)
    ones = (1,) * len(sizes)
    return average_pool(np.square(x), sizes, stride=ones, padding=sides(sizes), dilation=ones)


def sides(sizes: Sizes) -> list[tuple[int, int]]:
    """Return the padding that keeps the size of the map; the odd pixel goes to the far end."""
    return [((size - 1) // 2, size // 2) for size in sizes]


def _damping(sums: Array, scale: float, beta: float, k: float) -> Array:
    """Return (k + scale * sums) ** -beta, in place."""
    kind = sums.dtype.type
    sums *= kind(scale)
    sums += kind(k)
    return np.asarray(np.power(sums, kind(-beta), out=sums))


def local_contrast_norm(x: Array, sizes: Sizes, *, sigma: float | None = None) -> Array:
    """Subtract the local mean, then divide by the local deviation or its mean, whichever is larger.

    v = x - mean of all channels under a Gaussian window; s = root of the mean of v*v under the same
    window; y = v / max(s, mean of s over the image).  The window sums to 1 over the pixels and
    channels inside the image: a constant image gives zeros up to its edges (unspecified in the paper).

    Args:
        x: N x spatial axes x depth.
        sizes: pixels of the window per axis (9 in the paper).
        sigma: width of the Gaussian in pixels; None for a quarter of the size (as in Torch7).

    Returns:
        The shape of `x`; 0 for an image without any contrast.

    Raises:
        MisfitError: not one size, of at least 1, per axis, or a width not above 0.

    Source: Jarrett et al., "What is the best multi-stage architecture for object recognition?",
    ICCV 2009, section 2.1.

    """
    _check_window(x, sizes)
    windows = gaussians(sizes, sigma)
    out = np.empty(x.shape, dtype=x.dtype)

    def run(image: int) -> None:
        centred, deviation = centred_and_deviation(x[image], windows, out=out[image])
        floor = deviation.mean()
        centred /= np.maximum(deviation, floor if floor != 0 else 1)[..., None]

    for_each(run, range(x.shape[0]))
    return out


def centred_and_deviation(image: Array, windows: Sequence[tuple[float, ...]], *, out: Array | None = None) -> tuple[Array, Array]:
    """Return an image without its local mean over all channels, and the local deviation from it at each position."""
    centred = np.subtract(image, _local_mean(image.mean(axis=-1), windows)[..., None], out=out)
    energy = np.einsum("...c,...c->...", centred, centred) / image.dtype.type(image.shape[-1])
    return centred, np.asarray(np.sqrt(np.maximum(_local_mean(energy, windows), 0)))


def divisive_norm(x: Array, sizes: Sizes, *, sigma: float = 1.0) -> Array:
    """Return x / sqrt(sigma^2 + mean of squares in a window of the same channel), zeros around the map.

    Args:
        x: N x spatial axes x depth.
        sizes: pixels of the window per axis.
        sigma: the constant under the root; 0 / 0 gives 0.

    Returns:
        The shape of `x`.

    Raises:
        MisfitError: not one size, of at least 1, per axis.

    Source: Lyu & Simoncelli, "Nonlinear image representation using divisive normalization", CVPR 2008, equation 1, with
    equal weights; the paper learns weights and constant from images.

    """
    out = np.empty(x.shape, dtype=x.dtype)

    def run(image: int) -> None:
        part = slice(image, image + 1)
        energy = mean_of_squares(x[part], sizes)
        energy += x.dtype.type(sigma * sigma)
        np.sqrt(energy, out=energy)
        energy[energy == 0] = 1
        np.divide(x[part], energy, out=out[part])

    for_each(run, range(x.shape[0]))
    return out


def _check_window(x: Array, sizes: Sizes) -> None:
    """Raise MisfitError unless there is one size of at least 1 per spatial axis."""
    if len(sizes) != spatial_rank(x.shape) or min(sizes) < 1:
        message = f"window {sizes}: wanted {spatial_rank(x.shape)} whole numbers of at least 1"
        raise MisfitError(message)


def gaussians(sizes: Sizes, sigma: float | None = None) -> list[tuple[float, ...]]:
    """Return the Gaussian window along each axis, of width `sigma`, or of a quarter of its size."""
    return [_gaussian(size, size / 4 if sigma is None else sigma) for size in sizes]


def _gaussian(size: int, sigma: float) -> tuple[float, ...]:
    """Return a Gaussian window of `size` pixels around its middle, not normalized."""
    if not sigma > 0:
        message = f"sigma {sigma}: wanted above 0"
        raise MisfitError(message)
    return tuple(exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma * sigma)) for i in range(size))


def _local_mean(values: Array, windows: Sequence[tuple[float, ...]]) -> Array:
    """Return the mean of `values` (spatial axes) under the window around each pixel, axis by axis."""
    for index, window in enumerate(windows):
        values = np.moveaxis(values, index, 0)
        values = np.moveaxis(_weigh(values, window) / shares_under(values, window), 0, index)
    return values


def shares_under(values: Array, window: tuple[float, ...]) -> Array:
    """Return the sum of the window inside the image around each place of the first axis, spread over the other axes."""
    ones = np.ones(values.shape[0], dtype=values.dtype)
    return _weigh(ones, window).reshape(-1, *(1,) * (values.ndim - 1))


def _weigh(values: Array, window: tuple[float, ...]) -> Array:
    """Return the weighted sums of `values` under the window along the first axis, zeros outside."""
    (axis,) = window_axes(values.shape[:1], (len(window),), (1,), sides((len(window),)), (1,))
    sums = np.zeros_like(values)
    for tap, weight in enumerate(window):
        outputs, pixels = axis.seen(tap)
        sums[outputs] += values[pixels] * values.dtype.type(weight)
    return sums
