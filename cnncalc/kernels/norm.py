"""Normalizations by mean and variance: batch, layer, group and instance.

Statistics are summed in float64 to keep precision on large maps; values keep their dtype.
"""

from collections.abc import Sequence
from functools import partial
from math import gcd, prod

import numpy as np

from cnncalc.kernels.after import Tile
from cnncalc.kernels.arrays import Array, spatial_rank
from cnncalc.kernels.axes import even_ranges
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each
from cnncalc.kernels.program import Call, do
from cnncalc.kernels.tiles import CHEAP, map_tiles, output_for

_EPSILON = 1e-5
"""PyTorch's and ONNX's default: keeps the division finite for a constant channel."""

_WIDE = 1024
"""Channels beyond which a longer inner loop gains nothing (measured)."""

_MANY = 256
"""Minimum number of pixels for which longer inner loops are worth their preparation (measured)."""

_BLOCK = 1 << 16
"""Values squared at a time: 256 KiB in float32."""


def batch_norm(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    *,
    epsilon: float = _EPSILON,
    out: Array | None = None,
) -> Array:
    """Return gamma * (x - mean) / sqrt(variance + epsilon) + beta with given statistics.

    Args:
        x: N x any axes x depth.
        mean: depth, the running mean.
        variance: depth, the running variance.
        gamma: depth, or None for 1.
        beta: depth, or None for 0.
        epsilon: added to the variance.
        out: the output array; `x` itself works in place.

    Returns:
        The shape of `x`.

    Raises:
        MisfitError: a statistic without exactly one number per channel.

    Source: Ioffe & Szegedy 2015, algorithm 2.

    """
    result = output_for(x, out)
    _check_channels("mean", mean, x.shape[-1])
    scaling = scaling_of(mean, variance, gamma, beta, epsilon=epsilon)
    map_tiles(scaling.apply, x, result, keep=1, small=CHEAP)
    return result


def moments(x: Array) -> tuple[Array, Array]:
    """Return mean and (biased) variance of each channel over a batch, depth each; summed in float64.

    For a batch norm without running statistics.
    """
    mean = x.mean(axis=tuple(range(x.ndim - 1)), dtype=np.float64)
    variance = x.var(axis=tuple(range(x.ndim - 1)), dtype=np.float64)
    return mean.astype(x.dtype), variance.astype(x.dtype)


class Scaling:
    """A batch norm with given statistics: a factor and an addend per channel; without factors a shift."""

    def __init__(self, slope: Array | None, offset: Array) -> None:
        """Store slope and offset, depth each."""
        self.slope, self.offset = slope, offset
        self._wide: dict[int, tuple[Array | None, Array]] = {}

    def __call__(self, tile: Tile) -> Sequence[Call]:
        """Plan the scaling of a tile in place, as a step after a convolution."""
        values, part = tile.values, tile.channels
        if self.offset.size != tile.whole[-1]:
            _check_channels("mean", self.offset, tile.whole[-1])
        if values.shape[-1] == self.offset.size:
            return self._calls(values, values)
        return _scaled(values, None if self.slope is None else self.slope[part], self.offset[part], values)

    def apply(self, tile: Array, to: Array) -> None:
        """Write the scaled tile into `to`, which may be the tile itself."""
        do(self._calls(tile, to))

    def _calls(self, tile: Array, to: Array) -> Sequence[Call]:
        """Plan the calls that write the scaled tile into `to`."""
        depth = self.offset.size
        if depth > _WIDE // 2 or tile.size < _MANY * depth or not (tile.flags.c_contiguous and to.flags.c_contiguous):
            return _scaled(tile, self.slope, self.offset, to)
        repeats = gcd(tile.size // depth, _repeats(depth))
        return _scaled(tile.reshape(-1, repeats * depth), *self._widened(repeats), to.reshape(-1, repeats * depth))

    def _widened(self, repeats: int) -> tuple[Array | None, Array]:
        """Return slope and offset for `repeats` pixels treated as one pixel with more channels.

        NumPy starts an inner loop per pixel, at the cost of about a hundred channels.
        """
        if repeats not in self._wide:
            slope = None if self.slope is None else side_by_side(self.slope, repeats)
            self._wide[repeats] = (slope, side_by_side(self.offset, repeats))
        return self._wide[repeats]


def _scaled(tile: Array, slope: Array | None, offset: Array, to: Array) -> Sequence[Call]:
    """Plan the calls that write tile * slope + offset into `to`."""
    if slope is None:
        return (partial(np.add, tile, offset, to),)
    return partial(np.multiply, tile, slope, to), partial(np.add, to, offset, to)


def side_by_side(values: Array, repeats: int) -> Array:
    """Return the values with the last axis repeated; np.tile takes much longer on small arrays."""
    wide = np.empty((*values.shape[:-1], repeats, values.shape[-1]), dtype=values.dtype)
    wide[...] = values[..., np.newaxis, :]
    return wide.reshape(*values.shape[:-1], -1)


def _repeats(depth: int) -> int:
    """Return the power of 2 by which `depth` channels reach about the length of a long inner loop."""
    return 1 << max(0, (_WIDE // depth).bit_length() - 1)


def scaling_of(
    mean: Array,
    variance: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    *,
    epsilon: float = _EPSILON,
) -> Scaling:
    """Return a batch norm as a scaling, for the arguments of `batch_norm`."""
    for name, value in (("variance", variance), ("gamma", gamma), ("beta", beta)):
        if value is not None and value.shape != mean.shape:
            _check_channels(name, value, mean.size)
    slope = variance + variance.dtype.type(epsilon)
    np.sqrt(slope, slope)
    np.divide(1 if gamma is None else gamma, slope, slope)
    offset = mean * slope
    return Scaling(slope, np.negative(offset, offset) if beta is None else np.subtract(beta, offset, offset))


def layer_norm(
    x: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    *,
    whole: bool = False,
    epsilon: float = _EPSILON,
    out: Array | None = None,
) -> Array:
    """Return `x` with mean 0 and variance 1 over the depth of each pixel, or over each whole volume.

    Args:
        x: N x spatial axes x depth.
        gamma: factors: depth, or with `whole` the shape of a volume; None for 1.
        beta: addends, shaped like gamma; None for 0.
        whole: normalize each volume as one (Ba et al. 2016), not each pixel (ConvNeXt).
        epsilon: added to the variance.
        out: the output array; `x` itself works in place.

    Returns:
        The shape of `x`.

    Raises:
        MisfitError: gamma or beta of another shape.

    """
    wanted = x.shape[1:] if whole else x.shape[-1:]
    for name, value in (("gamma", gamma), ("beta", beta)):
        if value is not None and value.shape != wanted:
            message = f"{name} of shape {value.shape}, wanted {wanted}"
            raise MisfitError(message)
    if whole:
        return _by_groups(x, 1, gamma, beta, epsilon, out)

    def work(tile: Array, to: Array) -> None:
        mean = tile.mean(axis=-1, keepdims=True, dtype=np.float64)
        np.subtract(tile, mean.astype(tile.dtype), out=to)
        variance = np.square(to).mean(axis=-1, keepdims=True, dtype=np.float64)
        to *= _inverse_root(variance, epsilon, to)
        _affine(to, gamma, beta)

    return map_tiles(work, x, out, keep=1)


def group_norm(
    x: Array,
    groups: int,
    gamma: Array | None = None,
    beta: Array | None = None,
    *,
    epsilon: float = _EPSILON,
    out: Array | None = None,
) -> Array:
    """Return `x` with mean 0 and variance 1 over each group of channels of an image (Wu & He 2018).

    Args:
        x: N x spatial axes x depth.
        groups: blocks of neighbouring channels.
        gamma: depth, or None for 1.
        beta: depth, or None for 0.
        epsilon: added to the variance.
        out: the output array; `x` itself works in place.

    Returns:
        The shape of `x`.

    Raises:
        MisfitError: groups that do not divide the depth, gamma or beta not one per channel.

    """
    depth = x.shape[-1]
    if groups < 1 or depth % groups:
        message = f"groups {groups} do not divide depth {depth}"
        raise MisfitError(message)
    _check_channels("gamma", gamma, depth)
    _check_channels("beta", beta, depth)
    return _by_groups(x, groups, gamma, beta, epsilon, out)


def instance_norm(
    x: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    *,
    epsilon: float = _EPSILON,
    out: Array | None = None,
) -> Array:
    """Return `x` with mean 0 and variance 1 over each channel of each image (Ulyanov et al. 2016).

    Arguments, result and errors as in `group_norm`.
    """
    spatial_rank(x.shape)
    return group_norm(x, x.shape[-1], gamma, beta, epsilon=epsilon, out=out)


def _check_channels(name: str, value: Array | None, depth: int) -> None:
    """Raise MisfitError unless `value` has one number per channel."""
    if value is not None and value.shape != (depth,):
        message = f"{name} of shape {value.shape} for depth {depth}"
        raise MisfitError(message)


def _by_groups(
    x: Array,
    groups: int,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
    out: Array | None,
) -> Array:
    """Return `x` normalized over each group of each image, times gamma and plus beta."""
    result = output_for(x, out)
    # Splitting the depth must give a writable view, and a result may have any memory layout.
    target = result if result.flags.c_contiguous else np.empty(x.shape, dtype=x.dtype)
    split = (x.shape[0], prod(x.shape[1:-1]), groups, x.shape[-1] // groups)
    sources, targets = x.reshape(split), target.reshape(split)

    def run(image: int) -> None:
        _standardise(sources[image], targets[image], epsilon)
        _affine(target[image], gamma, beta)

    for_each(run, range(x.shape[0]))
    if target is not result:
        result[...] = target
    return result


def _standardise(x: Array, to: Array, epsilon: float) -> None:
    """Write each group of `x` (pixels x groups x channels) with mean 0 and variance 1 into `to`."""
    count = x.shape[0] * x.shape[2]
    blocks = even_ranges(x.shape[0], -(-x.size // _BLOCK))
    total = sum(x[rows].sum(axis=(0, 2), dtype=np.float64) for rows in blocks)
    mean = (np.asarray(total) / count).astype(x.dtype)[:, None]
    squares = np.zeros(x.shape[1], dtype=np.float64)
    for rows in blocks:
        np.subtract(x[rows], mean, out=to[rows])
        squares += np.square(to[rows]).sum(axis=(0, 2), dtype=np.float64)
    to *= _inverse_root(squares / count, epsilon, to)[:, None]


def _inverse_root(variance: Array, epsilon: float, like: Array) -> Array:
    """Return 1 / sqrt(variance + epsilon) in the dtype of `like`."""
    return np.asarray(1 / np.sqrt(variance + epsilon)).astype(like.dtype)


def _affine(to: Array, gamma: Array | None, beta: Array | None) -> None:
    """Multiply by gamma and add beta, in place."""
    if gamma is not None:
        to *= gamma
    if beta is not None:
        to += beta
