"""Means, sums, largest values and norms over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.arithmetic import merged
from benchmarks.census.operators.table import handles
from benchmarks.census.values import UnknownOperatorError, Value, length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.census.translate import Translator


def _over(t: Translator, value: Value, dims: Sequence[int]) -> str | None:
    """Return the word for the axes of a reduction; None if it is over a part of an axis."""
    factors = {id(factor) for at in dims for factor in value.dims[at]}
    axes = {"depth": value.depth, **dict(zip(["width", "height", "time"], value.space[::-1], strict=False))}
    words = [word for word, each in axes.items() if each and all(id(factor) in factors for factor in each)]
    covered = {id(factor) for word in words for factor in axes[word]}
    if t.batch in [factor for at in dims for factor in value.dims[at]]:
        message = "a reduction over the batch"
        raise UnknownOperatorError(message)
    if covered != factors:
        return None
    spatial = [word for word, each in axes.items() if word != "depth" and each]
    return (
        "volume"
        if len(words) == len(spatial) + 1 and "depth" in words
        else "space"
        if words and set(words) == set(spatial)
        else ",".join(words)
    )


def _reduced(value: Value, dims: Sequence[int], *, keep: bool, layer: str) -> Value:
    factors = {id(factor) for at in dims for factor in value.dims[at]}
    gone = {at % len(value.dims) for at in dims}
    new = value.copy()
    new.layer = layer
    new.space = [[factor for factor in each if id(factor) not in factors] for each in new.space]
    new.depth = [factor for factor in new.depth if id(factor) not in factors]
    new.dims = [[] if at in gone else dim for at, dim in enumerate(new.dims) if keep or at not in gone]
    return new


def _reduction(t: Translator, node: Any, kind: str, dims: Sequence[int] | int | None, *, keep: bool) -> Value:
    return reduced(t, node, t.value(node), kind, dims, keep=keep)


def reduced(t: Translator, node: Any, value: Value, kind: str, dims: Sequence[int] | int | None, *, keep: bool) -> Value:
    """Add a reduction over some axes of a tensor."""
    if isinstance(dims, int):
        dims = [dims]
    if not dims:
        message = "a reduction over the batch"
        raise UnknownOperatorError(message)
    first = [factor for at in dims for factor in value.dims[at]]
    if kind == "SUM" and first and first == value.depth[: len(first)] and len(first) < len(value.depth):
        return _sum_of_parts(t, node, value, dims, keep=keep)
    over = _over(t, value, dims)
    if over is None:
        value, over = t.deep(value, first), "depth"
    if not over:  # over axes of size 1: a copy
        return _reduced(value, dims, keep=keep, layer=value.layer)
    if kind == "MEAN" and over == "space":
        layer = t.layers.add("GAP", t.name(node), [value])
    else:
        said = f"[{over.replace(',', ', ')}]" if "," in over else over
        layer = t.layers.add(kind, t.name(node), [value], over=said)
    return _reduced(value, dims, keep=keep, layer=layer)


def _sum_of_parts(t: Translator, node: Any, value: Value, dims: Sequence[int], *, keep: bool) -> Value:
    """Add up parts of the depth."""
    parts = length([factor for at in dims for factor in value.dims[at]])
    depth = length(value.depth) // parts
    slices = [
        value.at(t.layers.add("SLICE", f"{t.name(node)}.part{at}", [value], start=at * depth, depth=depth)) for at in range(parts)
    ]
    layer = t.layers.add("ADD", t.name(node), slices)
    return _reduced(value, dims, keep=keep, layer=layer)


@handles("mean")
def mean(t: Translator, node: Any) -> Value:
    return _reduction(t, node, "MEAN", t.arg(node, 1, "dim"), keep=t.arg(node, 2, "keepdim", default=False))


@handles("sum")
def total(t: Translator, node: Any) -> Value:
    return _reduction(t, node, "SUM", t.arg(node, 1, "dim"), keep=t.arg(node, 2, "keepdim", default=False))


@handles("amax")
def amax(t: Translator, node: Any) -> Value:
    return _reduction(t, node, "MAX", t.arg(node, 1, "dim"), keep=t.arg(node, 2, "keepdim", default=False))


@handles("linalg_vector_norm")
def linalg_vector_norm(t: Translator, node: Any) -> Value:
    return _reduction(t, node, "NORM", t.arg(node, 2, "dim"), keep=t.arg(node, 3, "keepdim", default=False))


@handles("max")
def largest(t: Translator, node: Any) -> list[Value]:
    """The largest values along an axis; their indices are not translated."""
    return [_reduction(t, node, "MAX", t.arg(node, 1, "dim"), keep=t.arg(node, 2, "keepdim", default=False))]


@handles("var", "std")
def variance(t: Translator, node: Any) -> Value:
    """The mean square of the differences from the mean, or its root."""
    value = t.value(node)
    dims = t.arg(node, 1, "dim")
    dims = [dims] if isinstance(dims, int) else dims
    average = reduced(t, node, value, "MEAN", dims, keep=True)
    square = t.step(node, "POW", merged(t, node, "SUB", value, average), None, p=2)
    found = reduced(t, node, square, "MEAN", dims, keep=t.arg(node, 3, "keepdim", default=False))
    return t.step(node, "SQRT", found, None) if "std" in str(node.target) else found
