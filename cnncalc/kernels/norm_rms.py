"""Normalizations by root mean squares and by norms; sums are made in float64."""

import numpy as np

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.tiles import map_tiles


def rms_norm(
    x: Array, scale: Array | None = None, *, whole: bool = False, epsilon: float = 1e-6, out: Array | None = None
) -> Array:
    """Return x / sqrt(mean of x^2 + epsilon), times `scale`, over the depth of each pixel, or over each whole volume.

    Raises:
        MisfitError: a scale of another shape than the depth, or the volume.

    """
    wanted = x.shape[1:] if whole else x.shape[-1:]
    if scale is not None and scale.shape != wanted:
        message = f"scale of shape {scale.shape}, wanted {wanted}"
        raise MisfitError(message)
    axes = tuple(range(1, x.ndim)) if whole else (-1,)

    def work(tile: Array, to: Array) -> None:
        root = np.sqrt(np.square(tile, dtype=np.float64).mean(axis=axes, keepdims=True) + epsilon)
        np.divide(tile, root.astype(tile.dtype), out=to)
        if scale is not None:
            to *= scale

    return map_tiles(work, x, out, keep=x.ndim - 1 if whole else 1)


def response_norm(x: Array, scale: Array, shift: Array, *, epsilon: float = 1e-6) -> Array:
    """Return scale * (x * n) + shift + x; n: the norms of the channels over their mean (Woo et al. 2023, algorithm 1)."""
    norms = np.sqrt(np.square(x, dtype=np.float64).sum(axis=tuple(range(1, x.ndim - 1)), keepdims=True))
    share = norms / (norms.mean(axis=-1, keepdims=True) + epsilon)
    return np.asarray(x * share.astype(x.dtype) * scale + shift + x)
