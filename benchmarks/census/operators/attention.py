"""Attention: as one layer where one matrix makes queries, keys and values, else written out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.activations import softmax_over
from benchmarks.census.operators.arithmetic import merged, with_stored
from benchmarks.census.operators.products import matrix_letters, product
from benchmarks.census.operators.table import handles
from benchmarks.census.values import Axis, Heads, Part, UnknownOperatorError, Value, axis, length, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.census.translate import Translator


@handles("scaled_dot_product_attention")
def scaled_dot_product_attention(t: Translator, node: Any) -> Value:
    parts = [t.values.get(each) for each in node.args[:3]]
    query = parts[0]
    if isinstance(query, Part) and _of_one_matrix(t, query, parts):
        options = _mask(t, node, query)
        if options is not None:
            return _one_layer(t, node, query, options)
    if not all(isinstance(each, Value) for each in parts):
        message = "an attention to stored numbers"
        raise UnknownOperatorError(message)
    return _written_out(t, node, [t.real(each) for each in parts if each is not None])


def _of_one_matrix(t: Translator, query: Part, parts: Sequence[object]) -> bool:
    """Return whether one matrix makes queries, keys and values, and nothing but this attention reads them."""
    return (
        [(each.index, each.layer) for each in parts if isinstance(each, Part)] == [(at, query.layer) for at in range(3)]
        and query.layer in t.linear
        and t.layers.rows[-1][1] == query.layer
        and query.part.size == 3
        and [id(each) for each in query.others] == [id(each) for each in [*query.dims[-3], *query.dims[-1]]]
    )


def _mask(t: Translator, node: Any, query: Part) -> dict[str, object] | None:
    """Return the options for windows and learned biases of distances; None if they are of another kind."""
    mask = t.arg(node, 3, "attn_mask")
    looked, heads = query.dims[-2], length(query.dims[-3])
    sides, options = _windows(query, looked)
    if not sides or mask in t.values:
        return None
    if mask is None:
        return options
    if not t.is_learned(mask):
        t.constants += 1
        return options
    if t.parameters(mask) != heads * math.prod(2 * each - 1 for each in sides):
        return None
    return {**options, "relative": True}


def _windows(query: Part, looked: Axis) -> tuple[list[int], dict[str, object]]:
    """Return the sides of the windows that attend within, and the options that say so; no sides if no option does."""
    if looked == query.flat:
        return [length(each) for each in query.space], {}
    if len(looked) == len(query.space) and all(len(each) == 2 for each in query.space):
        for at, word in ((1, "window"), (0, "grid")):
            if looked == [each[at] for each in query.space]:
                return [each.size for each in looked], {word: size_text([each[1].size for each in query.space])}
    return [], {}


def _one_layer(t: Translator, node: Any, query: Part, more: dict[str, object]) -> Heads:
    """One attention of queries, keys and values that one matrix makes."""
    source, bias = t.linear[query.layer]
    t.layers.rows.pop()
    heads, units = length(query.dims[-3]), length([*query.dims[-3], *query.dims[-1]])
    options = {"heads": heads, "units": units, "fused": False, **({} if bias else {"bias": False}), **more}
    return Heads(query, source, t.name(node), options)


def _written_out(t: Translator, node: Any, parts: Sequence[Value]) -> Value:
    """Scale queries and keys by the fourth root of their depth, as PyTorch does, multiply, and weigh the values."""
    query, key, value = parts
    mask = t.arg(node, 3, "attn_mask")
    width = length(query.dims[-1])
    query = t.step(node, "SCALE", query, None, factor=width**-0.25)
    key = t.step(node, "SCALE", key, None, factor=width**-0.25)
    ranks = len(query.dims), len(key.dims)
    letters = matrix_letters(*ranks)
    first, second = letters.split("->")[0].split(",")
    scores = product(t, t.name(node), query, key, f"{first},{second[:-2]}zy->{letters.split('->')[1]}")
    if mask is not None:
        scores = (
            merged(t, node, "ADD", scores, t.real(t.values[mask]))
            if mask in t.values
            else with_stored(t, node, "ADD", scores, mask)
        )
    weights = softmax_over(t, node, scores, -1)
    return product(t, t.name(node), weights, value, matrix_letters(len(weights.dims), len(value.dims)))


def projected(t: Translator, node: Any, value: Heads, at: int) -> Value:
    """Add an attention at its projection, which works on one axis of the tensor."""
    out = node.args[1].meta["val"].shape[0]
    bias = {} if t.arg(node, 2, "bias") is not None else {"out_bias": False}
    layer = t.layers.add("ATTENTION", value.name, [value.source], **value.options, out=out, **bias)
    depth = axis(out)
    dims = [list(each) for each in value.dims]
    dims[at] = list(depth)
    return Value(layer, value.space, depth, dims, t.batch)
