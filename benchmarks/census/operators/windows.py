"""Convolutions, linear layers, pools, padding and resizing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.attention import projected
from benchmarks.census.operators.table import handles
from benchmarks.census.values import Heads, UnknownOperatorError, Value, axis, pair, plain, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.census.translate import Translator


@handles("conv2d", "conv1d", "conv3d")
def conv2d(t: Translator, node: Any) -> Value:
    waiting = t.lazy(node)
    weight, bias = node.args[1], t.arg(node, 2, "bias")
    if isinstance(waiting, Heads) and waiting.dims[1] == waiting.depth and set(weight.meta["val"].shape[2:]) == {1}:
        return projected(t, node, waiting, 1)
    value = t.first(t.real(waiting))
    rank = len(weight.meta["val"].shape) - 2
    stride, padding, dilation = (
        pair(t.arg(node, at, key, default), rank)
        if not isinstance(t.arg(node, at, key, default), str)
        else t.arg(node, at, key, default)
        for at, key, default in ((3, "stride", 1), (4, "padding", 0), (5, "dilation", 1))
    )
    groups = t.arg(node, 6, "groups", 1)
    filters, _, *kernel = weight.meta["val"].shape
    if value.dims[0] != [t.batch]:
        return _on_parts(t, node, value, [filters, *kernel], stride, padding, groups)
    options: dict[str, object] = {"kernel": size_text(kernel), "filters": filters}
    if max(stride) > 1:
        options["stride"] = size_text(stride)
    options["padding"] = padding if isinstance(padding, str) else size_text(padding)
    if max(dilation) > 1:
        options["dilation"] = size_text(dilation)
    if groups > 1:
        options["groups"] = groups
    if bias is None:
        options["bias"] = False
    options |= _standardized(t, weight)
    found = _shared(t, node, "CONV", value, node.meta["val"].shape, weight, options)
    if {*kernel, *stride, groups} == {1}:
        t.linear[found.layer] = (value, bias is not None)
    return found


def _on_parts(
    t: Translator, node: Any, value: Value, weight: Sequence[int], stride: Sequence[int], padding: Sequence[int] | str, groups: int
) -> Value:
    """Add a convolution of parts of an image, which are one more axis with a kernel of 1."""
    filters, *kernel = weight
    _, depth, *space = node.meta["val"].shape
    if isinstance(padding, str) or len(value.space) != len(kernel) + 1:
        message = "a convolution of parts of an image"
        raise UnknownOperatorError(message)
    options: dict[str, object] = {
        "kernel": size_text([1, *kernel]),
        "filters": filters,
        "stride": size_text([1, *stride]),
        "padding": size_text([0, *padding]),
        "groups": groups,
        **({} if t.arg(node, 2, "bias") is not None else {"bias": False}),
    }
    layer = t.layers.add("CONV", t.name(node), [value], **options)
    new, sides = axis(depth), [axis(each) for each in space]
    dims = [list(value.dims[0]), list(new), *(list(each) for each in sides)]
    return Value(layer, [value.space[0], *sides], new, dims, t.batch)


def _standardized(t: Translator, weight: Any) -> dict[str, object]:
    """Return the options of a kernel that is normalized in each pass, or that is not learned."""
    if not t.is_learned(weight):
        return {"learned": False}
    while weight.op == "call_function":
        if "batch_norm" in str(weight.target):
            return {"standardize": True, **({"gain": True} if weight.args[1] is not None else {})}
        weight = next((each for each in weight.all_input_nodes if each in t.stored and t.is_learned(each)), None)
    return {}


def _shared(
    t: Translator,
    node: Any,
    kind: str,
    value: Value,
    shape: Sequence[int],
    weight: Any,
    options: dict[str, object],
    *,
    last: bool = False,
) -> Value:
    key = f"{kind} {sorted(t.stored[weight])}"
    owner = t.applied.get(key, "")
    layer = t.layers.add(kind, t.name(node), [value], share=owner, **options)
    t.applied.setdefault(key, layer)
    return plain(layer, shape, t.batch, last=last)


@handles("linear")
def linear(t: Translator, node: Any) -> Value:
    value = t.lazy(node)
    if isinstance(value, Heads) and value.dims[-1] == value.depth:
        return projected(t, node, value, -1)
    value = t.real(value)
    weight, bias = node.args[1], t.arg(node, 2, "bias")
    units = weight.meta["val"].shape[0]
    value = t.last(value)
    if len(value.dims) == 2 and value.dims[0] == [t.batch]:
        options: dict[str, object] = {"units": units, **({} if bias is not None else {"bias": False})}
        found = _shared(t, node, "FC", value, [2, units], weight, options, last=True)
        found.space = [[] for _ in value.space]
        return found
    options = {"kernel": 1, "filters": units, "padding": 0, **({} if bias is not None else {"bias": False})}
    key = f"CONV {sorted(t.stored[weight])}"
    layer = t.layers.add("CONV", t.name(node), [value], share=t.applied.get(key, ""), **options)
    t.applied.setdefault(key, layer)
    t.linear[layer] = (value, bias is not None)
    depth = axis(units)
    return Value(layer, value.space, depth, [*value.dims[:-1], list(depth)], t.batch)


def _pool(t: Translator, node: Any, kind: str, **more: object) -> Value:
    value = t.first(t.value(node))
    rank = len(value.dims) - 2
    kernel = pair(node.args[1], rank)
    stride = pair(t.arg(node, 2, "stride") or kernel, rank)
    padding = pair(t.arg(node, 3, "padding", 0), rank)
    options: dict[str, object] = {"kernel": size_text(kernel), "stride": size_text(stride), **more}
    if max(padding):
        options["padding"] = size_text(padding)
    ceil = t.arg(node, 5 if kind == "POOL" else 4, "ceil_mode", default=False)
    if ceil:
        options["rounding"] = "ceil"
    if kind == "AVGPOOL" and max(padding) and not t.arg(node, 5, "count_include_pad", default=True):
        options["count_padding"] = False
    return t.step(node, kind, value, node.meta["val"].shape, **options)


@handles("max_pool2d")
def max_pool2d(t: Translator, node: Any) -> Value:
    return _pool(t, node, "POOL")


@handles("avg_pool2d")
def avg_pool2d(t: Translator, node: Any) -> Value:
    return _pool(t, node, "AVGPOOL")


@handles("adaptive_avg_pool2d")
def adaptive_avg_pool2d(t: Translator, node: Any) -> Value:
    value = t.first(t.value(node))
    out = pair(node.args[1], 2)
    return (
        t.step(node, "GAP", value, node.meta["val"].shape)
        if out == [1, 1]
        else t.step(node, "AVGPOOL", value, node.meta["val"].shape, out=size_text(out))
    )


@handles("adaptive_max_pool2d")
def adaptive_max_pool2d(t: Translator, node: Any) -> list[Value]:
    value = t.first(t.value(node))
    out, shape = pair(node.args[1], 2), node.meta["val"][0].shape
    whole = out == [1, 1]
    return [t.step(node, "GMP", value, shape) if whole else t.step(node, "POOL", value, shape, out=size_text(out))]


@handles("upsample_nearest2d", "upsample_bilinear2d", "upsample_bicubic2d")
def upsample_nearest2d(t: Translator, node: Any) -> Value:
    value = t.first(t.value(node))
    shape = node.meta["val"].shape
    return t.step(node, "UPSAMPLE", value, shape, size=size_text(shape[2:]), **_mode(node))


def _mode(node: Any) -> dict[str, object]:
    mode = re.search(r"nearest|bilinear|bicubic", str(node.target))
    aligned = node.args[2] if len(node.args) > 2 and isinstance(node.args[2], bool) else node.kwargs.get("align_corners", False)
    return {"mode": mode.group() if mode else "nearest", **({"align_corners": True} if aligned else {})}


@handles("pad")
def pad(t: Translator, node: Any) -> Value:
    value = t.first(t.value(node))
    sides = list(node.args[1])
    if not any(sides):  # a copy
        return t.step(node, "SCALE", value, None, factor=1)
    if min(sides) < 0:
        value = _cropped(t, node, value, sides)
        sides = [max(each, 0) for each in sides]
    pairs = [f"{sides[at]}:{sides[at + 1]}" for at in range(0, len(sides), 2)]
    while len(pairs) < len(value.space):
        pairs.append("0:0")
    mode = t.arg(node, 2, "mode", "constant")
    number = t.arg(node, 3, "value", 0) or 0
    options: dict[str, object] = {"padding": "x".join(pairs)}
    if mode != "constant":
        options["mode"] = {"replicate": "replicate", "reflect": "reflect", "circular": "circular"}[mode]
    if number:
        options["value"] = number
    return t.step(node, "PAD", value, node.meta["val"].shape, **options)


def _cropped(t: Translator, node: Any, value: Value, sides: Sequence[int]) -> Value:
    """Return the value without the pixels that negative padding takes away."""
    cuts = [max(-each, 0) for each in sides]
    texts = [f"{cuts[at]}:{cuts[at + 1]}" for at in range(0, len(cuts), 2)]
    shape = list(node.meta["val"].shape)
    for at in range(0, len(sides), 2):
        shape[-1 - at // 2] -= max(sides[at], 0) + max(sides[at + 1], 0)
    return t.step(node, "CROP", value, shape, crop="x".join(texts))
