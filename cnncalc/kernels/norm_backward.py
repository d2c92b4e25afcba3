"""The gradients of normalizations by mean and variance, by root mean squares, and by the norms of channels.

Of n numbers z with mean 0 and deviation 1, made of x by (x - mean)*inverse, the gradient of x is that of z, less its mean, less z
times the mean of z*gradient, all times `inverse` (Ioffe and Szegedy 2015, arXiv:1502.03167, section 3). Statistics are summed
in float64.
"""

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.kernels.arrays import Array, Saved

Shapes = Mapping[str, tuple[int, ...]]
"""The shapes of the learned `scale` and `shift`, of those that get a gradient: depth, or spatial axes x depth."""


class Form(NamedTuple):
    """The numbers that are normalized together."""

    shape: tuple[int, int, int, int]
    """Images x positions x groups x channels of a group."""
    axes: tuple[int, ...]
    """The axes of this shape over which the mean is 0 and the variance 1."""


def over_batch(shape: tuple[int, ...]) -> Form:
    """Return the form of a batch norm: each channel over all images and positions."""
    return Form((shape[0], prod(shape[1:-1]), 1, shape[-1]), (0, 1))


def over_groups(shape: tuple[int, ...], groups: int) -> Form:
    """Return the form of group and instance norms: each group of channels of an image; with one group its whole volume."""
    return Form((shape[0], prod(shape[1:-1]), groups, shape[-1] // groups), (1, 3))


def over_depth(shape: tuple[int, ...]) -> Form:
    """Return the form of a layer norm: the depth at each position."""
    return Form((shape[0], prod(shape[1:-1]), 1, shape[-1]), (3,))


def statistics(x: Array, form: Form, epsilon: float) -> dict[str, Array]:
    """Return the `mean` and the `inverse` of the deviation, 1/sqrt(variance + epsilon), with the summed axes of size 1."""
    values = x.reshape(form.shape)
    mean = values.mean(form.axes, keepdims=True, dtype=np.float64)
    inverse = 1 / np.sqrt(values.var(form.axes, keepdims=True, dtype=np.float64) + epsilon)
    return {"mean": mean.astype(x.dtype), "inverse": inverse.astype(x.dtype)}


def fixed_statistics(mean: Array, variance: Array, epsilon: float) -> dict[str, Array]:
    """Return running statistics, depth each, as `statistics` does."""
    return {"mean": mean, "inverse": np.asarray(1 / np.sqrt(variance + mean.dtype.type(epsilon)))}


def scale_of_images(scale: Array, images: int) -> Array:
    """Return a scale for each channel repeated for each image, in the form of an instance norm: images x 1 x depth x 1."""
    return np.tile(scale, (images, 1))[:, None, :, None]


def norm_backward(
    x: Array, saved: Mapping[str, Saved], gradient: Array, form: Form, scale: Array | None, learned: Shapes, *, fixed: bool = False
) -> tuple[Array, dict[str, Array]]:
    """Return the gradients of the input, and of the scale and the shift.

    Args:
        x: N x spatial axes x depth.
        saved: the statistics, in the form.
        gradient: that of the output.
        form: the numbers that are normalized together.
        scale: depth, or spatial axes x depth; None for 1. One in `saved` (images x 1 x groups x 1) comes first.
        learned: the shapes of the arrays that get a gradient.
        fixed: whether the statistics are constants.

    """
    slopes = gradient.reshape(form.shape)
    normal = (x.reshape(form.shape) - saved["mean"]) * saved["inverse"]
    onto = _of_learned(gradient, slopes * normal, learned)
    if "scale" in saved:
        slopes = slopes * saved["scale"]
    elif scale is not None:
        slopes = slopes * scale.reshape(-1, *form.shape[2:])
    if not fixed:
        slopes = slopes - slopes.mean(form.axes, keepdims=True) - normal * (slopes * normal).mean(form.axes, keepdims=True)
    return (slopes * saved["inverse"]).reshape(x.shape), onto


def _of_learned(gradient: Array, of_normal: Array, learned: Shapes) -> dict[str, Array]:
    """Return the gradients of a scale and a shift, summed over the images, and over the positions if they have the depth alone."""
    found: dict[str, Array] = {}
    for name, shape in learned.items():
        terms = (of_normal if name == "scale" else gradient).reshape((-1, *shape))
        found[name] = np.asarray(terms.sum(axis=0))
    return found


def root_mean_square_saved(x: Array, epsilon: float, *, whole: bool, scaled: bool) -> dict[str, Array]:
    """Return what `rms_norm` saves as PyTorch composes it: the `inverse` of each root, and if `scaled` the `normal` volume."""
    axes = tuple(range(1, x.ndim)) if whole else (-1,)
    mean = np.square(x, dtype=np.float64).mean(axis=axes, keepdims=True)
    inverse = (1 / np.sqrt(mean + epsilon)).astype(x.dtype)
    return {"inverse": inverse, **({"normal": x * inverse} if scaled else {})}


def root_mean_square_backward(x: Array, inverse: Array, gradient: Array, scale: Array | None) -> Array:
    """Return the gradient of the input of `rms_norm`: of g = scale*gradient, inverse*(g - x*inverse^2 * mean of x*g).

    The sides of `inverse` that are 1 are those over which the mean is.
    """
    slopes = gradient if scale is None else gradient * scale
    axes = tuple(range(1, x.ndim)) if inverse.size == x.shape[0] else (-1,)
    mean = (slopes * x).mean(axis=axes, keepdims=True)
    return np.asarray((slopes - x * (inverse * inverse * mean)) * inverse)


def response_saved(x: Array, epsilon: float) -> dict[str, Array]:
    """Return what `response_norm` saves: the `norms` of the channels, their mean as `divisor`, the `shares`, and the `product`."""
    places = tuple(range(1, x.ndim - 1))
    norms = np.sqrt(np.square(x, dtype=np.float64).sum(axis=places, keepdims=True))
    divisor = norms.mean(axis=-1, keepdims=True) + epsilon
    shares = (norms / divisor).astype(x.dtype)
    return {"norms": norms.astype(x.dtype), "divisor": divisor.astype(x.dtype), "shares": shares, "product": x * shares}


def response_backward(x: Array, saved: Mapping[str, Saved], gradient: Array, scale: Array) -> Array:
    """Return the gradient of the input of `response_norm`: by the sum, by the product, and by the norms; 0 by a norm of 0."""
    places = tuple(range(1, x.ndim - 1))
    of_product = gradient * scale
    of_shares = (of_product * x).sum(axis=places, keepdims=True)
    of_norms = (of_shares - (of_shares * saved["shares"]).mean(axis=-1, keepdims=True)) / saved["divisor"]
    with np.errstate(divide="ignore", invalid="ignore"):
        by_norms = np.where(saved["norms"] == 0, 0, of_norms / saved["norms"])
    return np.asarray(gradient + of_product * saved["shares"] + x * by_norms)
