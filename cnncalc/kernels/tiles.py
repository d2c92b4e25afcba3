"""Elementwise work, one cache-sized tile at a time, in place if the caller allows it."""

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
"""Values added or compared by a thread while a helper wakes (measured)."""

DEAR = 1 << 13
"""The same for powers, exponentials and similar functions."""

Pass: TypeAlias = Callable[[Array, Array], object]
"""(input tile, output tile): writes the output, possibly over the input; the return value is ignored."""


def output_for(x: Array, out: Array | None) -> Array:
    """Return `out`, or a new array like `x` if it is None.

    Raises:
        MisfitError: the shape or dtype of `out` differs from that of `x`.

    """
    if out is None:
        return np.empty(x.shape, dtype=x.dtype)
    if out.shape != x.shape or out.dtype != x.dtype:
        message = f"out is {out.dtype} of shape {out.shape}, the result {x.dtype} of shape {x.shape}"
        raise MisfitError(message)
    return out


def map_tiles(work: Pass, x: Array, out: Array | None, *, keep: int = 0, small: int = DEAR) -> Array:
    """Run `work` over `x` tile by tile and return the output.

    Args:
        work: the function on a tile; tiles run in any order, on several threads.
        x: any array.
        out: the output array: None for a new one, `x` itself to work in place.
        keep: number of last axes whole in every tile (1 if channels belong together).
        small: values processed by a thread while a helper wakes: CHEAP or DEAR.

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
