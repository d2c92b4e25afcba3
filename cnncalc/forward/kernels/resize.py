"""Upsampling: nearest neighbour and linear interpolation, axis by axis."""

import numpy as np
import numpy.typing as npt

from cnncalc.forward.kernels.arrays import Array, Sizes, empty_like, spatial_rank
from cnncalc.forward.kernels.errors import MisfitError
from cnncalc.forward.kernels.parallel import for_each


def upsample_nearest(x: Array, sizes: Sizes) -> Array:
    """Return the map at other sizes, output pixel i taking input pixel floor(i * in / out) (PyTorch, Caffe).

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
    """Return the map at other sizes, each output pixel weighing its two neighbours per axis.

    Bilinear in 2-D, trilinear in 3-D.

    Args:
        x: N x spatial axes x depth.
        sizes: output pixels per axis.
        align_corners: whether the outer pixels' centres meet (pixels are points), or else the outer
            edges (pixels are squares; positions outside the map take its edge).

    Returns:
        N x sizes x depth.

    Raises:
        MisfitError: not one size, of at least 1, per axis.

    """
    _check(x, sizes)
    for axis, (size, wanted) in enumerate(zip(x.shape[1:-1], sizes, strict=True), start=1):
        if wanted != size:
            x = _linear(x, axis, _positions(size, wanted, align_corners=align_corners))
    return x


def _positions(size: int, wanted: int, *, align_corners: bool) -> npt.NDArray[np.float64]:
    """Return where on the input axis each output pixel lies, in pixels."""
    steps = np.arange(wanted, dtype=np.float64)
    if align_corners:
        return steps * ((size - 1) / (wanted - 1)) if wanted > 1 else steps
    return np.clip((steps + 0.5) * (size / wanted) - 0.5, 0, size - 1)


def _linear(x: Array, axis: int, positions: npt.NDArray[np.float64]) -> Array:
    """Return `x` read at `positions` of one axis, between pixels by their distance."""
    result = empty_like(x, (*x.shape[:axis], len(positions), *x.shape[axis + 1 :]))
    source, target = np.moveaxis(x, axis, 0), np.moveaxis(result, axis, 0)
    last = x.shape[axis] - 1

    def run(index: int) -> None:
        low = min(int(positions[index]), last)
        share = x.dtype.type(positions[index] - low)
        line = target[index]
        np.multiply(source[low], 1 - share, out=line)
        line += share * source[min(low + 1, last)]

    for_each(run, range(len(positions)))
    return result


def _check(x: Array, sizes: Sizes) -> None:
    """Raise MisfitError unless there is one good size per spatial axis."""
    if len(sizes) != spatial_rank(x) or min(sizes) < 1:
        message = f"sizes {sizes}: wanted {spatial_rank(x)} whole numbers of at least 1"
        raise MisfitError(message)
