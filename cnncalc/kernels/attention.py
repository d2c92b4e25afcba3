"""Scaled dot-product attention, and the groups of positions that attend to each other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncalc.kernels.arrays import Array, Indices
from cnncalc.kernels.axes import even_ranges
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.parallel import for_each, threads


def project(x: Array, w: Array, b: Array | None = None) -> Array:
    """Return the product of each position with a matrix, plus biases.

    Args:
        x: N x any axes x depth.
        w: depth x units.
        b: units, or None.

    Raises:
        MisfitError: weights for another depth.

    """
    if w.shape[0] != x.shape[-1]:
        message = f"weights of shape {w.shape} for a depth of {x.shape[-1]}"
        raise MisfitError(message)
    out: Array = np.matmul(x.reshape(-1, x.shape[-1]), w).reshape((*x.shape[:-1], w.shape[1]))
    return out if b is None else np.add(out, b, out=out)


def attend(
    q: Array, k: Array, v: Array, heads: int, kv_heads: int, *, bias: Array | None = None, mask: NDArray[np.bool_] | None = None
) -> Array:
    """Return softmax(q k^T / sqrt(d)) v for each head; one head of k and v serves heads/kv_heads heads of q.

    Args:
        q: N x positions x (heads * d).
        heads: heads of the queries.
        kv_heads: heads of the keys and values, a divisor of `heads`.
        k: N x other positions x (kv_heads * d).
        v: N x other positions x (kv_heads * d).
        bias: heads x positions x other positions, added to the scores.
        mask: groups x positions x other positions, true where a position may look; image n has the mask n modulo groups.

    Returns:
        N x positions x (heads * d).

    Source: Vaswani et al. 2017, arXiv:1706.03762, equation 1; Ainslie et al. 2023, arXiv:2305.13245 (kv_heads).

    """
    images, positions, units = q.shape
    d, serves = units // heads, heads // kv_heads
    out = np.empty_like(q)
    by_head = out.reshape(images, positions, heads, d)

    def run(part: slice) -> None:
        for at in range(part.start, part.stop):
            image, head = divmod(at, heads)
            own = slice(head // serves * d, (head // serves + 1) * d)
            scores = q[image, :, head * d : (head + 1) * d] @ k[image, :, own].T
            scores *= q.dtype.type(d**-0.5)
            if bias is not None:
                scores += bias[head]
            if mask is not None:
                scores[np.logical_not(mask[image % mask.shape[0]])] = -np.inf
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            by_head[image, :, head] = scores @ v[image, :, own]

    for_each(run, even_ranges(images * heads, max(1, min(threads(), images * heads))))
    return out


class Groups(NamedTuple):
    """The positions that attend to each other."""

    sizes: Sequence[int]
    """The positions of a group along each axis; of a grid, the number of groups."""
    shifts: Sequence[int]
    """The cyclic shift along each axis."""
    grid: bool = False
    """Whether a group has every n-th position along each axis, and not positions side by side."""


def attend_within(q: Array, k: Array, v: Array, heads: int, kv_heads: int, groups: Groups, table: Array | None = None) -> Array:
    """Return the attention of each position to those of its group.

    Args:
        q: N x spatial axes x (heads * d).
        k: N x spatial axes x (kv_heads * d).
        v: N x spatial axes x (kv_heads * d).
        heads: heads of the queries.
        kv_heads: heads of the keys and values.
        groups: the positions that attend to each other.
        table: distances x heads, a bias for each distance of two positions.

    Returns:
        N x spatial axes x (heads * d).

    """
    sizes, shifts, grid = groups
    axes, shape = tuple(range(1, q.ndim - 1)), q.shape
    moved = any(shifts)
    if moved:
        q, k, v = (np.roll(each, [-shift for shift in shifts], axes) for each in (q, k, v))
    inside = [side // size for side, size in zip(shape[1:], sizes, strict=False)] if grid else sizes
    bias = None if table is None else relative_bias(table, inside)
    mask = shifted_mask(shape[1:-1], sizes, shifts) if moved else None
    q, k, v = (partitioned(each, sizes, grid=grid) for each in (q, k, v))
    y = joined(attend(q, k, v, heads, kv_heads, bias=bias, mask=mask), shape, sizes, grid=grid)
    return np.roll(y, shifts, axes) if moved else y


def partitioned(x: Array, sizes: Sequence[int], *, grid: bool = False) -> Array:
    """Return the positions by groups, as images of their own: N*groups x positions of a group x depth.

    Args:
        x: N x spatial axes x depth.
        sizes: the positions of a group along each spatial axis; with `grid`, the groups along each axis.
        grid: whether a group has every n-th position along each axis, and not positions side by side.

    """
    rank = len(sizes)
    folded = x.reshape(
        x.shape[0], *(each for side, size in zip(x.shape[1:], sizes, strict=False) for each in _folds(side, size)), -1
    )
    groups, inside = _axes(rank, grid=grid)
    moved = folded.transpose(0, *groups, *inside, 2 * rank + 1)
    positions = int(np.prod([moved.shape[1 + rank + at] for at in range(rank)]))
    return np.ascontiguousarray(moved).reshape(-1, positions, x.shape[-1])


def joined(parts: Array, shape: tuple[int, ...], sizes: Sequence[int], *, grid: bool = False) -> Array:
    """Return the volume of groups of positions: the inverse of `partitioned`, of N x spatial axes x any depth."""
    rank, depth = len(sizes), parts.shape[-1]
    groups, inside = _axes(rank, grid=grid)
    folds = [each for side, size in zip(shape[1:], sizes, strict=False) for each in _folds(side, size)]
    order = (0, *groups, *inside, 2 * rank + 1)
    moved = parts.reshape(shape[0], *(folds[axis - 1] for axis in (*groups, *inside)), depth)
    return moved.transpose(np.argsort(order)).reshape((*shape[:-1], depth))


def _folds(side: int, size: int) -> tuple[int, int]:
    if side % size:
        message = f"{side} positions in groups of {size}"
        raise MisfitError(message)
    return side // size, size


def _axes(rank: int, *, grid: bool) -> tuple[list[int], list[int]]:
    """Return the axes of groups, and the axes inside a group, of an array with every axis folded in two."""
    outer, inner = list(range(1, 2 * rank, 2)), list(range(2, 2 * rank + 1, 2))
    return (inner, outer) if grid else (outer, inner)


def relative_bias(table: Array, sizes: Sequence[int]) -> Array:
    """Return the bias of each pair of positions of a group, heads x positions x positions, from a table of their distances.

    Source: Liu et al. 2021, arXiv:2103.14030, equation 4.
    """
    return np.ascontiguousarray(table[distance_index(sizes)].transpose(2, 0, 1))


def distance_index(sizes: Sequence[int]) -> Indices:
    """Return the row of a table of distances for each pair of positions of a group, positions x positions."""
    places = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), axis=-1).reshape(-1, len(sizes))
    distances = places[:, None] - places[None] + (np.array(sizes) - 1)
    index = np.zeros(distances.shape[:2], dtype=np.int64)
    for axis, size in enumerate(sizes):
        index = index * (2 * size - 1) + distances[..., axis]
    return index


def shifted_mask(sides: Sequence[int], sizes: Sequence[int], shifts: Sequence[int]) -> NDArray[np.bool_]:
    """Return which positions of each shifted window may look at each other: those that were neighbours before the cyclic shift.

    Source: Liu et al. 2021, arXiv:2103.14030, figure 4.
    """
    regions: Array = np.zeros((1, *sides, 1))
    for axis, (side, size, shift) in enumerate(zip(sides, sizes, shifts, strict=True)):
        along = (
            np.searchsorted([side - size, side - shift], np.arange(side), side="right") if shift else np.zeros(side, dtype=np.int64)
        )
        regions = regions * 3 + along.reshape([-1 if at == axis else 1 for at in range(len(sides))])[None, ..., None]
    parts = partitioned(regions, sizes)[..., 0]
    return np.asarray(parts[:, :, None] == parts[:, None, :])
