"""The gradients of scaled dot-product attention.

With P = softmax(S) of the scores S = q k^T / sqrt(d) and y = P v: v' = P^T y', P' = y' v^T, S' = P * (P' - the row sums of P' * P),
q' = S' k / sqrt(d) and k' = S'^T q / sqrt(d). Those row sums are the sums of y' * y over a head's depth (Dao et al. 2022,
arXiv:2205.14135, appendix B.2), so that a fused step needs no P: it makes it again of q, k and the logarithm of each row's sum.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncalc.kernels.arrays import Array, Saved
from cnncalc.kernels.attention import Groups, distance_index, joined, partitioned, relative_bias, shifted_mask


class Heads(NamedTuple):
    """The heads of an attention, and the groups within which its positions attend to each other."""

    heads: int
    kv_heads: int
    groups: Groups | None = None
    """None: all positions attend to all others."""

    def parts(self, x: Array, heads: int) -> Array:
        """Return N*groups x heads x positions of a group x depth of a head."""
        if self.groups is not None:
            sizes, shifts, grid = self.groups
            x = np.roll(x, [-shift for shift in shifts], tuple(range(1, x.ndim - 1))) if any(shifts) else x
            x = partitioned(x, sizes, grid=grid)
        return x.reshape(x.shape[0], -1, heads, x.shape[-1] // heads).swapaxes(1, 2)

    def volume(self, parts: Array, shape: tuple[int, ...]) -> Array:
        """Return the volume of such parts, of the spatial axes of `shape`: the inverse of `parts`."""
        depth = parts.shape[1] * parts.shape[3]
        rows = np.ascontiguousarray(parts.swapaxes(1, 2)).reshape(parts.shape[0], parts.shape[2], depth)
        if self.groups is None:
            return rows.reshape(*shape[:-1], depth)
        sizes, shifts, grid = self.groups
        x = joined(rows, shape, sizes, grid=grid)
        return np.roll(x, shifts, tuple(range(1, x.ndim - 1))) if any(shifts) else x

    def inside(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the positions of a group along each axis."""
        if self.groups is None:
            return shape[1:-1]
        sizes, _, grid = self.groups
        return tuple(side // size if grid else size for side, size in zip(shape[1:-1], sizes, strict=True))

    def mask(self, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """Return which positions of each shifted window may look at each other; None: all."""
        if self.groups is None or not any(self.groups.shifts):
            return None
        return shifted_mask(shape[1:-1], self.groups.sizes, self.groups.shifts)


def attention_saved(q: Array, k: Array, heads: Heads, table: Array | None, *, fused: bool) -> dict[str, Array]:
    """Return what attention saves of its scores: their softmax as `shares`, or if fused the `logarithms` of the sums.

    The logarithms are of float32 at least.
    """
    scores = _scores(q, k, heads, table)
    largest = scores.max(axis=-1, keepdims=True)
    powers = np.exp(scores - largest)
    sums = powers.sum(axis=-1, keepdims=True)
    return {"logarithms": (largest + np.log(sums)).astype(np.result_type(q, np.float32))} if fused else {"shares": powers / sums}


def _scores(q: Array, k: Array, heads: Heads, table: Array | None) -> Array:
    """Return the scores, N*groups x heads x positions x other positions; -inf where a position may not look."""
    queries = heads.parts(q, heads.heads)
    keys = np.repeat(heads.parts(k, heads.kv_heads), heads.heads // heads.kv_heads, axis=1)
    scores = queries @ keys.swapaxes(2, 3)
    scores *= q.dtype.type(queries.shape[-1] ** -0.5)
    if table is not None:
        scores += relative_bias(table, heads.inside(q.shape))
    mask = heads.mask(q.shape)
    if mask is not None:
        may = np.tile(mask, (scores.shape[0] // mask.shape[0], 1, 1))[:, None]
        scores = np.where(may, scores, q.dtype.type(-np.inf))
    return np.asarray(scores)


def attend_backward(
    q: Array, k: Array, v: Array, y: Array, gradient: Array, saved: Mapping[str, Saved], heads: Heads, table: Array | None
) -> tuple[Array, Array, Array, Array | None]:
    """Return the gradients of the queries, keys and values, and of the table of relative positions.

    Args:
        q: N x spatial axes x (heads * d).
        k: N x spatial axes x (kv_heads * d).
        v: N x spatial axes x (kv_heads * d).
        y: the output, N x spatial axes x (heads * d); read only with `logarithms`.
        gradient: that of the output.
        saved: the `shares`, or the `logarithms`.
        heads: the heads, and the groups of positions.
        table: distances x heads, or None.

    """
    serves = heads.heads // heads.kv_heads
    queries, slopes = heads.parts(q, heads.heads), heads.parts(gradient, heads.heads)
    keys, values = (np.repeat(heads.parts(each, heads.kv_heads), serves, axis=1) for each in (k, v))
    of_shares = slopes @ values.swapaxes(2, 3)
    if "shares" in saved:
        shares = saved["shares"]
        rows = (of_shares * shares).sum(axis=-1, keepdims=True)
    else:
        shares = np.exp(_scores(q, k, heads, table) - saved["logarithms"])
        rows = (slopes * heads.parts(y, heads.heads)).sum(axis=-1, keepdims=True)
    of_scores = shares * (of_shares - rows)
    scale = q.dtype.type(queries.shape[-1] ** -0.5)

    def shared(parts: Array, shape: tuple[int, ...]) -> Array:
        """Return the gradient of the keys or values, each summed over the heads that it serves."""
        images, _, positions, d = parts.shape
        return heads.volume(parts.reshape(images, heads.kv_heads, serves, positions, d).sum(axis=2), shape)

    return (
        heads.volume(of_scores @ keys * scale, q.shape),
        shared(of_scores.swapaxes(2, 3) @ queries * scale, k.shape),
        shared(shares.swapaxes(2, 3) @ slopes, v.shape),
        None if table is None else _of_table(of_scores.sum(axis=0), table, heads.inside(q.shape)),
    )


def _of_table(of_bias: Array, table: Array, sizes: tuple[int, ...]) -> Array:
    """Return the gradient of the table, from that of each pair of positions: heads x positions x positions."""
    found = np.zeros_like(table)
    np.add.at(found, distance_index(sizes), of_bias.transpose(1, 2, 0))
    return found


def project_backward(
    x: Array, w: Array, gradient: Array, *, of_input: bool, of_weights: bool, biased: bool
) -> tuple[Array | None, list[Array]]:
    """Return the gradients of the input of `project`, and of its matrix and biases; none where they are not wanted."""
    into = gradient @ w.T if of_input else None
    if not of_weights:
        return into, []
    rows = gradient.reshape(-1, gradient.shape[-1])
    matrix = x.reshape(-1, x.shape[-1]).T @ rows
    return into, [matrix, rows.sum(axis=0)] if biased else [matrix]


def side_by_side(*volumes: Array) -> Array:
    """Return volumes joined along the depth, as the product of one matrix makes them."""
    return np.concatenate(volumes, axis=-1)
