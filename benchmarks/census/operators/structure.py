"""Parts, stacks, views and copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.table import handles
from benchmarks.census.values import Part, UnknownOperatorError, Value, axis, length, plain, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.census.translate import Translator


def joined(t: Translator, name: str, values: Sequence[Value], dim: int) -> Value:
    """Add a stack of volumes along one axis of their tensors."""
    if dim == 1 and len(values[0].dims) == 4 and values[0].dims[0] == [t.batch]:
        found = [t.first(each) for each in values]
    else:
        found = [t.ordered(each, each.dims[dim], [one for at, one in enumerate(each.dims) if at != dim]) for each in values]
    if len(found) == 1:  # a copy
        return found[0]
    layer = t.layers.add("CONCAT", name, found)
    depth = axis(sum(length(each.depth) for each in found))
    dims = [list(depth) if at == dim else list(each) for at, each in enumerate(found[0].dims)]
    return Value(layer, found[0].space, depth, dims, t.batch)


@handles("cat", "concat")
def cat(t: Translator, node: Any) -> Value:
    dim = t.arg(node, 1, "dim", 0) % len(node.meta["val"].shape)
    front = [each for each in node.args[0] if each not in t.values]
    values = [t.real(t.values[each]) for each in node.args[0] if each in t.values]
    if not front:
        return joined(t, t.name(node), values, dim)
    if node.args[0][: len(front)] != front or len(values) > 1 or len(values[0].dims) != 3 or dim != 1:
        message = f"cat of volumes and stored numbers over {dim}"
        raise UnknownOperatorError(message)
    return _first_tokens(t, node, values[0], sum(int(each.meta["val"].shape[1]) for each in front))


def _first_tokens(t: Translator, node: Any, value: Value, count: int) -> Value:
    """Put learned tokens in front."""
    value = t.tokens(value)
    layer = t.layers.add(
        "TOKEN",
        t.name(node) if count == 1 else f"{t.name(node)}.tokens",
        [value],
        **({"count": count} if count > 1 else {}),
    )
    return plain(layer, node.meta["val"].shape, t.batch, last=True)


@handles("stack")
def stack(t: Translator, node: Any) -> Value:
    values = [t.real(t.values[each]) for each in node.args[0] if each in t.values]
    if len(values) != len(node.args[0]):
        message = "a stack of volumes and stored numbers"
        raise UnknownOperatorError(message)
    shape = list(node.meta["val"].shape)
    dim = t.arg(node, 1, "dim", 0) % len(shape)
    along = min(max(dim, 1), len(shape) - 2)  # an axis of the volumes that the new one stands in front of
    parts = shape.pop(dim)
    shape.insert(along, parts)
    found = joined(t, t.name(node), values, along).viewed(shape)
    order = [at for at in range(len(shape)) if at != along]
    order.insert(dim, along)
    return found.permuted(order)


def cut(t: Translator, node: Any, value: Value, dim: int, start: int, stop: int, name: str = "") -> Value:
    """Return a part of one axis: channels, pixels, or channels of another order of the axes."""
    dim %= len(value.dims)
    size = length(value.dims[dim])
    if (start, stop) == (0, size):
        return value
    if value.batch in value.dims[dim]:
        message = "a part of the batch"
        raise UnknownOperatorError(message)
    new = axis(stop - start)
    if value.dims[dim] in value.space:
        at = value.space.index(value.dims[dim])
        sides = [f"{start}:{size - stop}" if each == at else "0:0" for each in range(len(value.space))]
        layer = t.layers.add("CROP", name or t.name(node), [value], crop="x".join(sides[::-1]))
        space = [list(new) if each == at else list(one) for each, one in enumerate(value.space)]
        depth = list(value.depth)
    else:
        value = t.deep(value, value.dims[dim]) if value.dims[dim] != value.depth else value
        layer = t.layers.add("SLICE", name or t.name(node), [value], start=start, depth=stop - start)
        space, depth = [list(each) for each in value.space], list(new)
    dims = [list(new) if at == dim else list(each) for at, each in enumerate(value.dims)]
    return Value(layer, space, depth, dims, value.batch)


@handles("slice")
def part(t: Translator, node: Any) -> Value:
    value = t.value(node)
    dim, start, stop = t.arg(node, 1, "dim", 0), t.arg(node, 2, "start") or 0, t.arg(node, 3, "end")
    size, step = value.shape[dim], t.arg(node, 4, "step", 1)
    stop = size if stop is None else min(size, stop if stop >= 0 else size + stop)
    start = start if start >= 0 else size + start
    if step == 1:
        return cut(t, node, value, dim, start, stop)
    if size % step or stop != size or start >= step:
        message = "a slice with a step that does not divide the axis"
        raise UnknownOperatorError(message)
    shape = value.shape
    every = value.viewed([*shape[:dim], size // step, step, *shape[dim + 1 :]])
    one = cut(t, node, every, dim + 1, start, start + 1)
    return one.viewed([*shape[:dim], size // step, *shape[dim + 1 :]])


@handles("narrow")
def narrow(t: Translator, node: Any) -> Value:
    _, dim, start, count = node.args
    return cut(t, node, t.value(node), dim, start, start + count)


@handles("select")
def select(t: Translator, node: Any) -> Value:
    value, dim, index = t.value(node), node.args[1], node.args[2]
    dim %= len(value.dims)
    if dim == 1 and len(value.dims) == 3 and value.depth == value.dims[2]:
        value = t.tokens(value)
    index %= value.shape[dim]
    found = cut(t, node, value, dim, index, index + 1, f"{t.name(node)}.token").copy()
    del found.dims[dim]
    return found


@handles("unbind")
def unbind(t: Translator, node: Any) -> list[Value]:
    value, dim = t.value(node), t.arg(node, 1, "dim", 0)
    dim %= len(value.dims)
    dims = [each for at, each in enumerate(value.dims) if at != dim]
    if len(value.dims[dim]) == 1 and value.dims[dim][0] in value.depth:
        return [Part(value, [list(each) for each in dims], value.dims[dim][0], at) for at in range(length(value.dims[dim]))]
    found = []
    for at in range(value.shape[dim]):
        one = cut(t, node, value, dim, at, at + 1, f"{node.name}.{at}").copy()
        del one.dims[dim]
        found.append(one)
    return found


@handles("split", "split_with_sizes", "chunk", "tensor_split")
def split(t: Translator, node: Any) -> list[Value]:
    value, dim = t.value(node), t.arg(node, 2, "dim", 0)
    sizes = {each.shape[dim] for each in node.meta["val"]}
    if value.layer in t.linear and len(sizes) == 1 and len(node.meta["val"]) == 3:  # perhaps queries, keys and values
        return _thirds(value, dim % len(value.dims))
    found, start = [], 0
    for at, each in enumerate(node.meta["val"]):
        size = each.shape[dim]
        found.append(cut(t, node, value, dim, start, start + size, f"{node.name}.{at}"))
        start += size
    return found


def _thirds(value: Value, dim: int) -> list[Value]:
    """Return three equal parts of an axis, which wait for what reads them."""
    shape = value.shape
    whole = value.viewed([*shape[:dim], 3, shape[dim] // 3, *shape[dim + 1 :]])
    (part,) = whole.dims.pop(dim)
    return [Part(whole, [list(each) for each in whole.dims], part, at) for at in range(3)]


@handles("roll")
def roll(t: Translator, node: Any) -> Value:
    """The end of an axis before its beginning."""
    value = t.value(node)
    for shift, dim in zip(node.args[1], node.args[2], strict=True):
        size = value.shape[dim]
        at = -shift % size
        if at:
            ends = [cut(t, node, value, dim, at, size), cut(t, node, value, dim, 0, at)]
            value = joined(t, t.name(node), ends, dim % len(value.dims))
    return value


@handles("getitem")
def getitem(t: Translator, node: Any) -> Value | None:
    found, at = t.values[node.args[0]], node.args[1]
    return found[at] if at < len(found) else None  # the indices of a maximum


@handles("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "reshape_as", "_unsafe_view", "view_as")
def view(t: Translator, node: Any) -> Value:
    value, before = t.lazy(node), list(node.args[0].meta["val"].shape)
    return (value if value.shape == before else _spread(t, node, t.real(value), before)).viewed(node.meta["val"].shape)


def _spread(t: Translator, node: Any, value: Value, shape: Sequence[int]) -> Value:
    """Repeat a volume along its axes of size 1, as `expand` promised."""
    where = [at for at, (have, size) in enumerate(zip(value.shape, shape, strict=True)) if have != size]
    if len(where) > 3:
        message = "a view of more than three axes that are spread"
        raise UnknownOperatorError(message)
    sizes = [shape[at] for at in where]
    value = t.ordered(value, [each for dim in value.dims for each in dim if each is not t.batch], [[] for _ in where])
    layer = t.layers.add("UPSAMPLE", f"{t.name(node)}.spread", [value], size=size_text(sizes), mode="nearest")
    dims, space = [list(each) for each in value.dims], [axis(size) for size in sizes]
    for at, each in zip(where, space, strict=True):
        dims[at] = list(each)
    return Value(layer, space, value.depth, dims, t.batch)


@handles("permute")
def permute(t: Translator, node: Any) -> Value:
    return t.lazy(node).permuted(node.args[1])


@handles("transpose")
def transpose(t: Translator, node: Any) -> Value:
    value = t.lazy(node)
    order = list(range(len(value.dims)))
    a, b = node.args[1], node.args[2]
    order[a], order[b] = order[b], order[a]
    return value.permuted(order)


@handles("t", "numpy_T", "mT")
def matrix_transpose(t: Translator, node: Any) -> Value:
    value = t.lazy(node)
    return value.permuted([*range(len(value.dims) - 2), -1, -2])


@handles("movedim")
def movedim(t: Translator, node: Any) -> Value:
    value = t.lazy(node)
    ends = [[each] if isinstance(each, int) else list(each) for each in node.args[1:3]]
    source, target = [[each % len(value.dims) for each in end] for end in ends]
    rest = [at for at in range(len(value.dims)) if at not in source]
    for at, each in sorted(zip(target, source, strict=True)):
        rest.insert(at, each)
    return value.permuted(rest)


@handles("contiguous", "to", "dropout", "alias", "feature_dropout", "clone", "detach", "lift_fresh_copy", "type_as", "_to_copy")
def contiguous(t: Translator, node: Any) -> Value:
    return t.lazy(node)


@handles("expand", "expand_as")
def expand(t: Translator, node: Any) -> Value:
    """Axes of size 1 are spread by what reads them."""
    value = t.lazy(node).copy()
    value.dims = [*([] for _ in range(len(node.meta["val"].shape) - len(value.dims))), *value.dims]
    return value


@handles("repeat")
def repeat(t: Translator, node: Any) -> Value:
    value, times = t.value(node).copy(), node.args[1]
    value.dims = [*([] for _ in range(len(times) - len(value.dims))), *value.dims]
    for dim, count in enumerate(times):
        if count > 1:
            value = joined(t, t.name(node), [value] * count, dim)
    return value


@handles("assert_tensor_metadata", "_assert_tensor_metadata")
def assert_tensor_metadata(_: Translator, __: Any) -> None:
    """Nothing is computed."""
