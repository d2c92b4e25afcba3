"""Random masks (Srivastava et al. 2014), inverted: what is left is divided by its share, and inference changes nothing."""

import numpy as np

from cnncalc.kernels.arrays import Array, Chance, Saved


def mask_of(x: Array, rate: float, chance: Chance, *, channels: bool = False, divided: bool = False) -> Saved:
    """Return which values stay, each with probability 1 - rate: one byte each, or `divided` by 1 - rate in the dtype of `x`.

    Args:
        x: N x spatial axes x depth.
        rate: the share that is dropped, below 1.
        chance: the random numbers.
        channels: one number for each channel of an image, not for each value (Tompson et al. 2015, section 3.2).
        divided: whether the mask has numbers of the dtype of `x`, 0 and 1/(1 - rate).

    """
    shape = (x.shape[0], *(1,) * (x.ndim - 2), x.shape[-1]) if channels else x.shape
    mask = chance.random(shape) >= rate
    return mask.astype(x.dtype) / x.dtype.type(1 - rate) if divided else mask


def factors_of(x: Array, rate: float, chance: Chance) -> Array:
    """Return a factor for each image, 0 or 1/(1 - rate) (Huang et al. 2016, arXiv:1603.09382)."""
    kept = chance.random((x.shape[0], *(1,) * (x.ndim - 1))) >= rate
    return np.asarray(kept.astype(x.dtype) / x.dtype.type(1 - rate))


def drop(x: Array, mask: Saved, rate: float, *, out: Array | None = None) -> Array:
    """Return `x` times a mask of `mask_of`; one of bytes is divided by 1 - rate here."""
    result = np.multiply(x, mask, out=out)
    return result if mask.dtype == x.dtype else np.multiply(result, x.dtype.type(1 / (1 - rate)), out=result)
