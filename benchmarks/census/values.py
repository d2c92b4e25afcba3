"""Tensors of PyTorch as volumes: a value has the axes of both.

Tensors of PyTorch have any number of axes, volumes of cnncalc have width, height and depth. A `Value` holds both: the volume of
a layer, and the axes of the tensor as products of factors of the volume's axes. A view, a permutation or a split only moves
factors. A layer is added where an operator needs an order that the volume does not have.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class UnknownOperatorError(Exception):
    """An operator, or a use of one, that has no layer."""


class Factor:
    """A factor of an axis. Two factors are the same only if they are one object."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size


Axis = list[Factor]


def axis(size: int) -> Axis:
    """Return an axis of one factor; none for a size of 1."""
    return [Factor(size)] if size != 1 else []


def length(factors: Axis) -> int:
    """Return the size of an axis."""
    return math.prod(each.size for each in factors)


class Value:
    """A tensor: the layer that computes it, the axes of the layer's volume, and its own axes as PyTorch has them.

    `space` are the spatial axes in PyTorch's order (time, height, width), `depth` is the last axis of the volume.
    """

    def __init__(self, layer: str, space: list[Axis], depth: Axis, dims: list[Axis], batch: Factor) -> None:
        self.layer = layer
        self.space = space
        self.depth = depth
        self.dims = dims
        self.batch = batch

    @property
    def shape(self) -> list[int]:
        """Return the sizes of the tensor's axes."""
        return [length(each) for each in self.dims]

    @property
    def flat(self) -> Axis:
        """Return the factors of all positions, in the order of the volume."""
        return [factor for each in self.space for factor in each]

    def at(self, layer: str) -> Value:
        """Return the same axes at another layer."""
        return Value(layer, self.space, self.depth, self.dims, self.batch)

    def split(self, factor: Factor, sizes: Sequence[int]) -> list[Factor]:
        """Write a factor as a product, in the volume and in the tensor."""
        parts = [Factor(size) for size in sizes if size != 1]
        for each in [*self.space, self.depth, *self.dims]:
            if factor in each:
                place = each.index(factor)
                each[place : place + 1] = parts
        if factor is self.batch:
            message = "the batch is split"
            raise UnknownOperatorError(message)
        return parts

    def copy(self) -> Value:
        """Return the same value with lists of its own."""
        return Value(self.layer, [list(a) for a in self.space], list(self.depth), [list(a) for a in self.dims], self.batch)

    def renewed(self) -> Value:
        """Return a copy with factors of its own, so that they are not taken for those of another value of the same layer."""
        names: dict[int, Factor] = {id(self.batch): self.batch}

        def new(factors: Axis) -> Axis:
            return [names.setdefault(id(each), Factor(each.size)) for each in factors]

        return Value(self.layer, [new(each) for each in self.space], new(self.depth), [new(each) for each in self.dims], self.batch)

    def viewed(self, shape: Sequence[int]) -> Value:
        """Return the tensor in another shape."""
        new = self.copy()
        flat = new.fused([factor for dim in new.dims for factor in dim])
        dims: list[Axis] = []
        for size in shape:
            dim: Axis = []
            while length(dim) < size:
                if not flat:
                    message = "a view of axes that are spread"
                    raise UnknownOperatorError(message)
                factor = flat.pop(0)
                left = size // length(dim)
                if factor.size > left:
                    if factor.size % left:
                        message = f"a view cuts {factor.size} into parts of {left}"
                        raise UnknownOperatorError(message)
                    first, *rest = new.split(factor, [left, factor.size // left])
                    flat[:0] = rest
                    factor = first
                dim.append(factor)
            dims.append(dim)
        new.dims = dims
        return new

    def fused(self, flat: Axis) -> Axis:
        """Write factors that follow each other both in the tensor and in an axis of the volume as one; return the tensor's."""
        found: Axis = []
        for factor in flat:
            at = next((each for each in [*self.space, self.depth] if found and found[-1] in each and factor in each), None)
            if at is None or at.index(factor) != at.index(found[-1]) + 1:
                found.append(factor)
                continue
            place = at.index(found[-1])
            one = Factor(found.pop().size * factor.size)
            at[place : place + 2] = [one]
            found.append(one)
        return found

    def permuted(self, order: Sequence[int]) -> Value:
        """Return the tensor with its axes in another order."""
        new = self.copy()
        new.dims = [new.dims[at] for at in order]
        return new


def plain(layer: str, shape: Sequence[int], batch: Factor, *, last: bool = False) -> Value:
    """Return the value of a tensor N x C x space, or N x space x C with `last`."""
    sizes = list(shape[1:])
    depth = axis(sizes.pop(-1 if last else 0))
    space = [axis(size) for size in sizes]
    dims = [[batch], *([*space, depth] if last else [depth, *space])]
    return Value(layer, space, depth, [list(each) for each in dims], batch)


class Part(Value):
    """One of several equal parts of a volume's depth, such as queries, keys and values: the layer that takes it is not added yet.

    `part` is the factor of the depth that counts the parts.
    """

    def __init__(self, whole: Value, dims: list[Axis], part: Factor, index: int) -> None:
        super().__init__(whole.layer, whole.space, whole.depth, dims, whole.batch)
        self.part = part
        self.index = index

    def copy(self) -> Part:
        return Part(super().copy(), [list(each) for each in self.dims], self.part, self.index)

    @property
    def others(self) -> Axis:
        """Return the depth of the part alone."""
        return [each for each in self.depth if each is not self.part]


class Heads(Value):
    """The result of an attention before its projection: the layer is not added yet."""

    def __init__(self, whole: Part, source: Value, name: str, options: dict[str, object]) -> None:
        super().__init__(whole.layer, whole.space, [*whole.dims[-3], *whole.dims[-1]], whole.dims, whole.batch)
        self.source = source
        self.name = name
        self.options = options

    def copy(self) -> Heads:
        found = Heads.__new__(Heads)
        found.__dict__.update(super().copy().__dict__)
        found.source, found.name, found.options = self.source, self.name, self.options
        return found


def size_text(sizes: Sequence[int]) -> str:
    """Return sizes in PyTorch's order (height, width) as WxH."""
    found = list(sizes)[::-1]
    return str(found[0]) if len(set(found)) == 1 else "x".join(map(str, found))


def pair(value: Any, rank: int) -> list[int]:
    """Return one number for each axis."""
    return [value] * rank if isinstance(value, int) else list(value) if len(value) == rank else list(value) * rank


def refine(a: Value, of_a: Axis, b: Value, of_b: Axis) -> None:
    """Write two axes of equal size as products of the same factors. Both are lists of their values and change with them."""
    at = 0
    while at < min(len(of_a), len(of_b)):
        one, other = of_a[at], of_b[at]
        if one.size != other.size:
            small = min(one.size, other.size)
            larger, value = (one, a) if one.size > small else (other, b)
            if larger.size % small:
                message = f"axes cut into {one.size} and {other.size}"
                raise UnknownOperatorError(message)
            value.split(larger, [small, larger.size // small])
        at += 1
    if len(of_a) != len(of_b):
        message = f"axes of {length(of_a)} and {length(of_b)}"
        raise UnknownOperatorError(message)
