"""Upsampling: nearest neighbour and linear interpolation, axis by axis."""

import numpy as np

from cnncalc.kernels.arrays import Array, Sizes, empty_like, spatial_rank
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each


def upsample_nearest(x: Array, sizes: Sizes) -> Array:
    """Return the map at other sizes: output pixel i is input pixel floor(i * in / out) (PyTorch, Caffe).

    Args:
        x: N x spatial axes x depth.
        sizes: output pixels per axis.

    Returns:
        N x sizes x depth.

    Raises:
        MisfitError: not one size, of at least 1, per axis.

    """
    _check(x, sizes)
    pixels = (np.arange(wanted) * size // wanted for size, wanted in zip(x.shape[1:-1], sizes, strict=True))
    return x[(slice(None), *np.ix_(*pixels))]


def upsample_linear(x: Array, sizes: Sizes, *, align_corners: bool = False) -> Array:
    """Return the map at other sizes: each output pixel is a weighted mean of its two neighbours per axis.

    Bilinear in 2-D, trilinear in 3-D.

    Args:
        x: N x spatial axes x depth.
        sizes: output pixels per axis.
        align_corners: whether to align the centres of the outer pixels (pixels are points) instead of the
            outer edges (pixels are squares; positions outside the map use its edge).

    Returns:
        N x sizes x depth.

    Raises:
        MisfitError: not one size, of at least 1, per axis.

    """
    _check(x, sizes)
    for axis, (size, wanted) in enumerate(zip(x.shape[1:-1], sizes, strict=True), start=1):
        if wanted != size:
            x = _linear(x, axis, _reads(size, wanted, align_corners=align_corners))
    return x


def _reads(size: int, wanted: int, *, align_corners: bool) -> list[tuple[int, float]]:
    """Return for each output pixel the input pixel before it, and the share of the next one, as an integer ratio."""
    if align_corners:
        parts = [divmod(i * (size - 1), max(1, wanted - 1)) for i in range(wanted)]
        return [(low, rest / max(1, wanted - 1)) for low, rest in parts]
    parts = [divmod(max(0, (2 * i + 1) * size - wanted), 2 * wanted) for i in range(wanted)]
    return [(low, rest / (2 * wanted)) if low < size - 1 else (size - 1, 0.0) for low, rest in parts]


def _linear(x: Array, axis: int, reads: list[tuple[int, float]]) -> Array:
    """Return `x` interpolated along one axis; a pixel with share 0 is not read."""
    result = empty_like(x, (*x.shape[:axis], len(reads), *x.shape[axis + 1 :]))
    source, target = np.moveaxis(x, axis, 0), np.moveaxis(result, axis, 0)

    def run(index: int) -> None:
        low, share = reads[index]
        line = target[index]
        if share:
            np.multiply(source[low], x.dtype.type(1 - share), out=line)
            line += x.dtype.type(share) * source[low + 1]
        else:
            line[...] = source[low]

    for_each(run, range(len(reads)))
    return result


def _check(x: Array, sizes: Sizes) -> None:
    """Raise MisfitError unless there is one size of at least 1 per spatial axis."""
    if len(sizes) != spatial_rank(x.shape) or min(sizes) < 1:
        message = f"sizes {sizes}: wanted {spatial_rank(x.shape)} whole numbers of at least 1"
        raise MisfitError(message)
