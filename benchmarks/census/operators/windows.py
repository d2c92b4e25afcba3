"""Convolutions, linear layers, pools, padding and resizing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.attention import projected
from benchmarks.census.operators.table import handles
from benchmarks.census.values import Heads, UnknownOperatorError, Value, axis, length, pair, plain, size_text

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


@handles("max_pool1d", "max_pool2d")
def max_pool2d(t: Translator, node: Any) -> Value:
    return _pool(t, node, "POOL")


@handles("avg_pool1d", "avg_pool2d")
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


@handles("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose2d(t: Translator, node: Any) -> Value:
    value = t.first(t.value(node))
    weight = node.args[1]
    rank = len(weight.meta["val"].shape) - 2
    stride, padding, more, dilation = (
        pair(t.arg(node, at, key, default), rank)
        for at, key, default in ((3, "stride", 1), (4, "padding", 0), (5, "output_padding", 0), (7, "dilation", 1))
    )
    _, filters, *kernel = weight.meta["val"].shape
    groups = t.arg(node, 6, "groups", 1)
    options: dict[str, object] = {"kernel": size_text(kernel), "filters": filters * groups, "stride": size_text(stride)}
    options |= {"padding": size_text(padding), "output_padding": size_text(more), "dilation": size_text(dilation), "groups": groups}
    if t.arg(node, 2, "bias") is None:
        options["bias"] = False
    return _shared(t, node, "DECONV", value, node.meta["val"].shape, weight, options)


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
    value, given = t.value(node), list(node.args[1])
    if not any(given):  # a copy
        return t.step(node, "SCALE", t.first(value), None, factor=1)
    sides = [(0, 0)] * len(value.dims)
    for at in range(0, len(given), 2):
        sides[-1 - at // 2] = (given[at], given[at + 1])
    value, axes = _with_free_depth(t, value, sides)
    cuts = [(max(-low, 0), max(-high, 0)) for low, high in sides]
    adds = [(max(low, 0), max(high, 0)) for low, high in sides]
    if any(map(any, cuts)):
        value = _resized(t, node, "CROP", value, axes, [(-low, -high) for low, high in cuts], crop=_pairs(cuts, axes))
    if not any(map(any, adds)):
        return value
    options: dict[str, object] = {"padding": _pairs(adds, axes)}
    mode, number = t.arg(node, 2, "mode", "constant"), t.arg(node, 3, "value", 0) or 0
    if mode != "constant":
        options["mode"] = mode
    if number:
        options["value"] = number
    return _resized(t, node, "PAD", value, axes, adds, **options)


def _with_free_depth(t: Translator, value: Value, sides: Sequence[tuple[int, int]]) -> tuple[Value, list[int]]:
    """Return the value with a depth that is not padded and the padded axes in space, and the axis of the tensor of each."""
    free = [at for at in range(1, len(sides)) if not any(sides[at])]
    depth = next((at for at in free if value.dims[at] == value.depth), free[0] if free else None)
    axes = [at for at in range(1, len(sides)) if at != depth]
    if len(axes) > 3 or value.dims[0] != [t.batch]:
        axes = [at for at in axes if any(sides[at])]
        rest = [each for at in range(len(sides)) if at not in axes for each in value.dims[at] if each is not t.batch]
        return t.ordered(value, rest, [value.dims[at] for at in axes]), axes
    return t.ordered(value, value.dims[depth] if depth else [], [value.dims[at] for at in axes]), axes


def _pairs(sides: Sequence[tuple[int, int]], axes: Sequence[int]) -> str:
    """Return sides as cnncalc writes them, the width first."""
    return "x".join(f"{sides[at][0]}:{sides[at][1]}" for at in axes[::-1])


def _resized(
    t: Translator, node: Any, kind: str, value: Value, axes: Sequence[int], more: Sequence[tuple[int, int]], /, **options: object
) -> Value:
    """Add a layer that makes the axes of a volume longer or shorter."""
    layer = t.layers.add(kind, t.name(node), [value], **options)
    dims, space = [list(each) for each in value.dims], [list(each) for each in value.space]
    for place, at in enumerate(axes):
        if any(more[at]):
            space[place] = axis(length(space[place]) + sum(more[at]))
            dims[at] = list(space[place])
    return Value(layer, space, value.depth, dims, t.batch)
