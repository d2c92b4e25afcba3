"""Softmax over positions, over groups of channels, or over one channel of each group."""

from math import prod

import numpy as np

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each
from cnncalc.kernels.tiles import output_for


def softmax_of_parts(
    x: Array, count: int = 1, *, places: bool = False, groups: bool = False, part: bool = False, out: Array | None = None
) -> Array:
    """Return exp(x) / sum of exp(x) over some axes of each image, after subtraction of the largest value.

    Args:
        x: N x spatial axes x depth.
        count: the groups of neighbouring channels.
        places: the sum is over all positions.
        groups: the sum is over the groups.
        part: the sum is over the channels of a group.
        out: the output array; `x` itself works in place.

    Raises:
        MisfitError: groups that do not divide the depth.

    """
    if x.shape[-1] % count:
        message = f"groups {count} do not divide depth {x.shape[-1]}"
        raise MisfitError(message)
    result = output_for(x, out)
    axes = tuple(at for at, over in enumerate((places, groups, part)) if over)
    split = (prod(x.shape[1:-1]), count, x.shape[-1] // count)

    def run(image: int) -> None:
        values = x[image].reshape(split)
        shares = np.exp(values - values.max(axis=axes, keepdims=True))
        shares /= shares.sum(axis=axes, keepdims=True)
        result[image] = shares.reshape(x.shape[1:])

    for_each(run, range(x.shape[0]))
    return result


def softmax_backward(
    y: Array, gradient: Array, count: int = 1, *, places: bool = False, groups: bool = False, part: bool = False
) -> Array:
    """Return y * (gradient - sum of y * gradient), over the axes that `softmax_of_parts` sums over.

    Args:
        y: the softmax, N x spatial axes x depth.
        gradient: that of the softmax.
        count: the groups of neighbouring channels.
        places: the sum is over all positions.
        groups: the sum is over the groups.
        part: the sum is over the channels of a group.

    """
    axes = tuple(at for at, over in enumerate((places, groups, part), 1) if over)
    split = (y.shape[0], prod(y.shape[1:-1]), count, y.shape[-1] // count)
    shares = y.reshape(split)
    weighed = gradient.reshape(split) * shares
    weighed -= shares * weighed.sum(axis=axes, keepdims=True)
    return weighed.reshape(y.shape)
