"""Elementwise work, one cache-sized tile at a time, in place where the caller allows it."""

from collections.abc import Callable
from math import prod
from typing import TypeAlias

import numpy as np

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.axes import Box, boxes
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import crew, for_each

TILE = 1 << 17
"""Values in a tile: 512 KiB in float32, half of a 1 MiB cache; smaller tiles cost more calls (measured)."""

CHEAP = 1 << 17
"""Values that a thread adds or compares while a helper wakes (measured)."""

DEAR = 1 << 13
"""The same for values that are powers, exponentials and their like."""

Pass: TypeAlias = Callable[[Array, Array], object]
"""(input tile, output tile): writes the output, which may be the input; what it returns is not looked at."""


def output_for(x: Array, out: Array | None) -> Array:
    """Return `out`, or a new array like `x` where it is None.

    Raises:
        MisfitError: `out` has another shape or dtype than `x`.

    """
    if out is None:
        return np.empty(x.shape, dtype=x.dtype)
    if out.shape != x.shape or out.dtype != x.dtype:
        message = f"out is {out.dtype} of shape {out.shape}, the result {x.dtype} of shape {x.shape}"
        raise MisfitError(message)
    return out


def map_tiles(work: Pass, x: Array, out: Array | None, *, keep: int = 0, small: int = DEAR) -> Array:
    """Run `work` over `x` tile by tile and return what it wrote.

    Args:
        work: what to do with a tile; the tiles come in any order, on several threads.
        x: any array.
        out: where to write: None for a new array, `x` itself to work in place.
        keep: how many of the last axes every tile takes whole (1 when channels belong together).
        small: values that a thread does while a helper wakes: CHEAP or DEAR.

    """
    result = output_for(x, out)

    def run(box: Box) -> None:
        work(x[box], result[box])

    over_tiles(run, x.shape, keep=keep, small=small)
    return result


def over_tiles(work: Callable[[Box], None], shape: tuple[int, ...], *, keep: int = 0, small: int = DEAR) -> None:
    """Call `work` with tiles that cover an array of `shape`, the last `keep` axes whole in each."""
    size, cut = prod(shape), len(shape) - keep
    if size == 0:
        return
    hands, lead = crew(size, small)
    for_each(work, boxes(shape[:cut], TILE // prod(shape[cut:]), hands, lead), hands)
