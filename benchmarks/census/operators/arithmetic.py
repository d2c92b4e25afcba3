"""Sums, products and quotients: of two volumes, with constants and with learned numbers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.census.operators.table import handles
from benchmarks.census.values import Axis, UnknownOperatorError, Value, length, refine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.census.translate import Translator


def _binary(kind: str, t: Translator, node: Any) -> Value:
    a, b = node.args[0], node.args[1]
    if isinstance(a, torch.fx.Node) and isinstance(b, torch.fx.Node) and a in t.values and b in t.values:
        return merged(t, node, kind, t.value(node), t.value(node, 1))
    flipped = not (isinstance(a, torch.fx.Node) and a in t.values)
    value, other = (t.value(node, 1), a) if flipped else (t.value(node), b)
    if not isinstance(other, torch.fx.Node):
        return _constant(t, node, kind, value, float(other), flipped=flipped)
    return with_stored(t, node, kind, value, other)


def _constant(t: Translator, node: Any, kind: str, value: Value, number: float, *, flipped: bool) -> Value:
    if flipped and kind == "SUB":
        return t.step(node, "SCALE", value, None, factor=-1, shift=number)
    if flipped and kind == "DIV":
        inverse = t.step(node, "POW", value, None, p=-1)
        return inverse if number == 1 else t.step(node, "SCALE", inverse, None, factor=number)
    if kind in {"ADD", "SUB"}:
        return t.step(node, "SCALE", value, None, factor=1, shift=number if kind == "ADD" else -number)
    if kind in {"MUL", "DIV"}:
        return t.step(node, "SCALE", value, None, factor=number if kind == "MUL" else 1 / number)
    return t.step(node, "CLIP", value, None, **({"min": number} if kind == "MAXIMUM" else {"max": number}))


def with_stored(t: Translator, node: Any, kind: str, value: Value, other: Any) -> Value:
    """Add a factor or a number of each channel, or a table."""
    sizes = list(other.meta["val"].shape)
    value = value.copy()
    value.dims = [*([] for _ in range(len(sizes) - len(value.dims))), *value.dims]
    sizes = [1] * (len(value.dims) - len(sizes)) + sizes
    where = [at for at, size in enumerate(sizes) if size > 1]
    if any(sizes[at] != length(value.dims[at]) for at in where):
        message = f"a tensor of {value.shape} spread over stored numbers of {sizes}"
        raise UnknownOperatorError(message)
    if where == [len(sizes) - 1] and value.dims[-1] != value.depth:
        value = t.last(value)
    if not t.is_learned(other):
        t.constants += bool(where)
        return t.step(node, "SCALE", value, None, factor=1)
    t.own_numbers(other)
    spread = [factor for at in where for factor in value.dims[at]]
    if kind in {"ADD", "SUB"} and spread != value.depth:
        found = _table(t, node, value, spread)
        if found is not None:
            return found
    if where:
        value = t.deep(value, spread)
    options: dict[str, object] = {"shift": False} if kind in {"MUL", "DIV"} else {"scale": False}
    if not where:
        options["shared"] = True
    return t.step(node, "AFFINE", value, None, **options)


def _table(t: Translator, node: Any, value: Value, spread: Axis) -> Value | None:
    """Add a learned table, if each axis of the volume belongs to it as a whole or not at all."""
    own = {id(each) for each in spread}
    if own == {id(each) for each in [*value.flat, *value.depth]}:
        return t.step(node, "TABLE", t.tokens(value) if len(value.dims) == 3 else value, None)
    axes = [*value.space, value.depth]
    inside = [[id(each) in own for each in one] for one in axes]
    if not spread or any(any(each) and not all(each) for each in inside):
        return None
    sides = [length(one) if any(each) else 1 for one, each in zip(axes, inside, strict=True)]
    return t.step(node, "TABLE", value, None, shape="x".join(map(str, [*sides[-2::-1], sides[-1]])))


def merged(t: Translator, node: Any, kind: str, a: Value, b: Value) -> Value:
    """Add a merge of two volumes; an axis of size 1 is spread."""
    a, b = a.copy(), b.renewed()
    ranks = max(len(a.dims), len(b.dims))
    for each in (a, b):
        each.dims = [*([] for _ in range(ranks - len(each.dims))), *each.dims]
    twin: dict[int, int] = {}  # the factor of the second volume that stands at the place of one of the first
    for one, other in zip(a.dims, b.dims, strict=True):
        if one and other:
            refine(a, one, b, other)
            twin.update(zip(map(id, other), map(id, one), strict=True))
    if not _fit(a, b, twin):
        a, b = _fitted(t, a, b, twin)
    layer = t.layers.add(kind, t.name(node), [a, b])
    space = [one or other for one, other in zip(a.space, b.space, strict=True)]
    return Value(layer, space, a.depth or b.depth, [list(one or other) for one, other in zip(a.dims, b.dims, strict=True)], t.batch)


def _axes(value: Value) -> list[Axis]:
    return [*value.space, value.depth]


def _fit(a: Value, b: Value, twin: dict[int, int]) -> bool:
    """Return whether each axis of the volumes is the same, or of size 1 where the tensor has a size of 1."""
    if len(a.space) != len(b.space):
        return False
    shared = {*twin, *twin.values()}
    for one, other in zip(_axes(a), _axes(b), strict=True):
        if one and other:
            if [id(each) for each in one] != [twin.get(id(each)) for each in other]:
                return False
        elif any(id(each) in shared for each in [*one, *other]):
            return False
    return True


def _fitted(t: Translator, a: Value, b: Value, twin: dict[int, int]) -> tuple[Value, Value]:
    """Bring one volume to the axes of the other, or both to the axes of the tensors."""
    back = {one: other for other, one in twin.items()}
    for first, second, names in ((a, b, back), (b, a, twin)):
        found = _like(t, first, second, names)
        if found is not None:
            return (first, found) if first is a else (found, first)
    dims = [(one, other) for one, other in zip(a.dims, b.dims, strict=True)]
    inner = [([f for f in one if f is not t.batch], [f for f in other if f is not t.batch]) for one, other in dims]
    inner = [each for each in inner if each[0] or each[1]]
    while len(inner) > 4:
        at = next((at for at in range(len(inner) - 2) if _alike(inner[at : at + 2])), None)
        if at is None:
            message = f"{a.shape} and {b.shape} spread over each other"
            raise UnknownOperatorError(message)
        inner[at : at + 2] = [(inner[at][0] + inner[at + 1][0], inner[at][1] + inner[at + 1][1])]
    depth = inner.pop()
    return (
        t.ordered(a, depth[0], [one for one, _ in inner] or [[]]),
        t.ordered(b, depth[1], [other for _, other in inner] or [[]]),
    )


def _alike(pair: Sequence[tuple[Axis, Axis]]) -> bool:
    (a, b), (c, d) = pair
    return bool(a) == bool(c) and bool(b) == bool(d)


def _like(t: Translator, leader: Value, other: Value, names: dict[int, int]) -> Value | None:
    """Bring the other volume to the axes of a leader that has all its factors; None if that is impossible."""
    factors = {id(each): each for each in [*other.flat, *other.depth]}
    axes = [[names.get(id(each)) for each in one] for one in _axes(leader)]
    if any(None in one and any(one) for one in axes):
        return None
    wanted = [[factors[each] for each in one if each is not None] for one in axes]
    if sum(map(len, wanted)) != len(factors):
        return None
    return t.ordered(other, wanted[-1], [[], *wanted[:-1]][1:])


for word in ("add", "sub", "mul", "div", "maximum", "minimum"):
    handles(word)(partial(_binary, word.upper()))


@handles("addcmul")
def addcmul(t: Translator, node: Any) -> Value:
    """bias + a*b, with learned numbers and one volume."""
    bias, a, b = node.args[:3]
    value = t.real(t.values[b] if b in t.values else t.values[a])
    factor = a if b in t.values else b
    if not (t.is_stored(bias) and t.is_stored(factor)):
        message = "addcmul of volumes"
        raise UnknownOperatorError(message)
    sizes = list(factor.meta["val"].shape)
    where = [at - len(sizes) for at, size in enumerate(sizes) if size > 1]
    if where == [-1] and value.dims[-1] != value.depth:
        value = t.last(value)
    spread = [each for at in where for each in value.dims[at]]
    if spread == value.depth:
        return t.step(node, "AFFINE", value, None)
    message = f"addcmul over {sizes}"
    raise UnknownOperatorError(message)
