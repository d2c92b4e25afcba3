"""Products of matrices: of two volumes, and of a volume with learned numbers."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.table import handles
from benchmarks.census.values import Axis, Factor, UnknownOperatorError, Value, axis, length, refine

if TYPE_CHECKING:
    from benchmarks.census.translate import Translator


def product(t: Translator, name: str, a: Value, b: Value, letters: str) -> Value:
    """Add the product of two volumes; `letters` name their axes as `einsum` does.

    Axes of both volumes that stay are heads, those that go are summed up, and the others are the rows and columns of matrices.
    """
    of_a, of_b, out = _letters(letters)
    a, b = a.copy(), b.renewed()
    axes_a, axes_b = dict(zip(of_a, a.dims, strict=True)), dict(zip(of_b, b.dims, strict=True))
    pairs: list[tuple[Factor, Factor]] = []
    summed: list[tuple[Factor, Factor]] = []
    for each in of_a:
        if each in axes_b and axes_a[each] and axes_b[each]:
            refine(a, axes_a[each], b, axes_b[each])
            both = [(x, y) for x, y in zip(axes_a[each], axes_b[each], strict=True) if x is not t.batch]
            (pairs if each in out else summed).extend(both)
    if any(axes_a[each] and each not in out and each not in axes_b for each in of_a):
        message = f"a product {letters} that sums up one side"
        raise UnknownOperatorError(message)
    order = {id(each): at for at, each in enumerate([*a.flat, *a.depth])}
    pairs.sort(key=lambda pair: order[id(pair[0])])
    summed.sort(key=lambda pair: order[id(pair[0])])
    heads_a, heads_b = [x for x, _ in pairs], [y for _, y in pairs]
    inner_a, inner_b = [x for x, _ in summed], [y for _, y in summed]
    rows, columns = _others(a, [*heads_a, *inner_a], t.batch), _others(b, [*heads_b, *inner_b], t.batch)
    a, turned_a = _left(t, a, heads_a, inner_a, rows)
    b, turned_b = _right(t, b, heads_b, inner_b, columns)
    if len(a.space) != len(b.space):
        a, b = (t.ordered(each, each.depth, [each.flat]) for each in (a, b))
    rows = a.depth[len(heads_a) :] if turned_a else a.flat
    columns = b.flat if turned_b else b.depth[len(heads_b) :]
    options: dict[str, object] = {"heads": length(heads_a)} if heads_a else {}
    if turned_a:
        options["transpose_a"] = True
    if turned_b:
        options["transpose_b"] = True
    layer = t.layers.add("MATMUL", name, [a, b], **options)
    named = {**dict(zip(of_b, b.dims, strict=True)), **{k: v for k, v in zip(of_a, a.dims, strict=True) if v}}
    space = [*([] for _ in a.space[1:]), rows] if turned_a else a.space
    return Value(layer, space, [*heads_a, *columns], [list(named.get(each, [])) for each in out], t.batch)


def _letters(text: str) -> tuple[str, str, str]:
    sides, out = text.split("->")
    a, b = sides.split(",")
    return a, b, out


def _others(value: Value, taken: Axis, batch: Factor) -> Axis:
    """Return the factors of a volume that are not taken, in its order."""
    gone = {id(each) for each in [*taken, batch]}
    return [each for each in [*value.flat, *value.depth] if id(each) not in gone]


def _left(t: Translator, a: Value, heads: Axis, inner: Axis, rows: Axis) -> tuple[Value, bool]:
    """Return the first volume as rows x (heads, inner), and whether it is its transpose."""
    if a.depth == [*heads, *inner]:
        return a, False
    if a.depth == [*heads, *rows] and a.flat == inner:
        return a, True
    return t.ordered(a, [*heads, *inner], [rows]), False


def _right(t: Translator, b: Value, heads: Axis, inner: Axis, columns: Axis) -> tuple[Value, bool]:
    """Return the second volume as inner x (heads, columns), and whether it is its transpose."""
    if b.depth == [*heads, *columns] and b.flat == inner:
        return b, False
    if b.depth == [*heads, *inner]:
        return b, True
    if b.depth and any(b.depth[-1] is each for each in columns):
        return t.ordered(b, [*heads, *columns], [inner]), False
    return t.ordered(b, [*heads, *inner], [columns]), True


def learned_product(t: Translator, node: Any, value: Value, weight: Any, letters: str) -> Value:
    """Add the product of a volume with a stored matrix, or with one for each group: a 1x1 convolution."""
    of_value, of_weight, out = _letters(letters)
    sizes = dict(zip(of_weight, weight.meta["val"].shape, strict=True))
    axes = dict(zip(of_value, value.dims, strict=True))
    inner = [factor for each in of_value if each in sizes and each not in out for factor in axes[each]]
    groups = [factor for each in of_value if each in sizes and each in out and sizes[each] > 1 for factor in axes[each]]
    new = {each: axis(sizes[each]) for each in of_weight if each not in axes}
    if t.batch in groups or not all(t.batch is not each for each in inner) or any(each not in out for each in new):
        message = f"a product {letters} with stored numbers"
        raise UnknownOperatorError(message)
    t.own_numbers(weight)
    value = t.deep(value, [*groups, *inner])
    filters = [factor for each in new.values() for factor in each]
    options: dict[str, object] = {"kernel": 1, "filters": length([*groups, *filters]), "padding": 0, "bias": False}
    if groups:
        options["groups"] = length(groups)
    if not t.is_learned(weight):
        options["learned"] = False
    layer = t.layers.add("CONV", t.name(node), [value], **options)
    return Value(layer, value.space, [*groups, *filters], [list(new.get(each, axes.get(each, []))) for each in out], t.batch)


def any_product(t: Translator, node: Any, a: Any, b: Any, letters: str) -> Value:
    """Add the product of two operands, of which one may be stored."""
    if a in t.values and b in t.values:
        return product(t, t.name(node), t.real(t.values[a]), t.real(t.values[b]), letters)
    of_a, of_b, out = _letters(letters)
    if a in t.values:
        return learned_product(t, node, t.real(t.values[a]), b, letters)
    return learned_product(t, node, t.real(t.values[b]), a, f"{of_b},{of_a}->{out}")


def matrix_letters(rank_a: int, rank_b: int) -> str:
    """Return the letters of a product of matrices in the last two axes, the others as they stand."""
    others = string.ascii_lowercase[: max(rank_a, rank_b) - 2]
    a, b = others[len(others) - (rank_a - 2) :], others[len(others) - (rank_b - 2) :]
    return f"{a}xy,{b}yz->{others}xz"


@handles("matmul", "bmm")
def matmul(t: Translator, node: Any) -> Value:
    a, b = node.args[:2]
    ranks = [len(each.meta["val"].shape) for each in (a, b)]
    if min(ranks) < 2:
        message = "a product with a vector"
        raise UnknownOperatorError(message)
    return any_product(t, node, a, b, matrix_letters(*ranks))


@handles("einsum")
def einsum(t: Translator, node: Any) -> Value:
    letters, operands = node.args[0].replace(" ", ""), node.args[1]
    if len(operands) != 2 or "." in letters:
        message = f"einsum {letters}"
        raise UnknownOperatorError(message)
    return any_product(t, node, *operands, letters)
