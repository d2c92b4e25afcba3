"""Merging volumes: sum, difference, product, quotient, extremes, concatenation."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.axes import Box
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.tiles import CHEAP, output_for, over_tiles


def add(volumes: Sequence[Array], *, out: Array | None = None) -> Array:
    """Return the sum of volumes; along each axis those of size 1 are spread over the others.

    Args:
        volumes: at least one, N x spatial axes x depth.
        out: the output array, used if it has the shape of the result; one of the volumes works in place.

    Returns:
        The shape that all are spread to; it may be larger than each of them.

    Raises:
        MisfitError: shapes that differ along an axis where neither size is 1.

    """
    return _join(volumes, np.add, out)


def mul(volumes: Sequence[Array], *, out: Array | None = None) -> Array:
    """Return the product of volumes, value by value; otherwise as `add` (1x1xD scales the channels of WxHxD)."""
    return _join(volumes, np.multiply, out)


def sub(volumes: Sequence[Array], *, out: Array | None = None) -> Array:
    """Return the first volume minus all others; otherwise as `add`."""
    return _join(volumes, np.subtract, out)


def div(volumes: Sequence[Array], *, out: Array | None = None) -> Array:
    """Return the first volume divided by all others, one after the other; otherwise as `add`."""
    return _join(volumes, np.divide, out)


def maximum(volumes: Sequence[Array], *, out: Array | None = None) -> Array:
    """Return the largest of the values at each place; otherwise as `add`."""
    return _join(volumes, np.maximum, out)


def minimum(volumes: Sequence[Array], *, out: Array | None = None) -> Array:
    """Return the smallest of the values at each place; otherwise as `add`."""
    return _join(volumes, np.minimum, out)


def _join(volumes: Sequence[Array], join: np.ufunc, out: Array | None) -> Array:
    """Return the volumes joined value by value."""
    _check_some(volumes)
    try:
        shape = np.broadcast_shapes(*(volume.shape for volume in volumes))
    except ValueError as error:
        message = f"volumes of shapes {', '.join(str(volume.shape) for volume in volumes)}"
        raise MisfitError(message) from error
    spread = [volume if volume.shape == shape else np.broadcast_to(volume, shape) for volume in volumes]
    result = output_for(spread[0], out if out is not None and out.shape == shape else None)

    def run(box: Box) -> None:
        *others, last = (volume[box] for volume in spread)
        if others:
            join(reduce(join, others), last, out=result[box])
        else:
            result[box] = last

    over_tiles(run, shape, small=CHEAP)
    return result


def concat(volumes: Sequence[Array]) -> Array:
    """Return the volumes side by side along the depth, the first one's channels first.

    Args:
        volumes: at least one, N x spatial axes x depth, equal except for the depth.

    Returns:
        N x spatial axes x the sum of the depths.

    Raises:
        MisfitError: no volumes, or volumes that differ in another axis.

    """
    _check_some(volumes)
    if len({volume.shape[:-1] for volume in volumes}) > 1:
        message = f"volumes of shapes {', '.join(str(volume.shape) for volume in volumes)}"
        raise MisfitError(message)
    return np.concatenate(volumes, axis=-1)


def _check_some(volumes: Sequence[Array]) -> None:
    """Raise MisfitError if there is nothing to merge."""
    if not volumes:
        message = "no volumes to merge"
        raise MisfitError(message)
