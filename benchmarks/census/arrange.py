"""The layers that bring the factors of a volume into another order.

The values of a volume stand in the order height, width, depth. `RESHAPE` cuts this order anywhere into axes, and `TRANSPOSE`
exchanges one axis for the depth, so that a chain of both reaches every order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.census.values import Axis, UnknownOperatorError, Value, length, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.census.layers import Layers

MOST_AXES = 3


def arranged(layers: Layers, value: Value, depth: Axis, space: Sequence[Axis]) -> Value:
    """Return the value with a volume of these axes; layers are added if the volume differs."""
    axes = list(space)
    while len(axes) > MOST_AXES:
        axes[:2] = [[*axes[0], *axes[1]]]
    flat, have = [each for dim in axes for each in dim], value.flat
    if {id(each) for each in [*flat, *depth]} != {id(each) for each in [*have, *value.depth]}:
        message = f"axes that are spread: {value.shape}"
        raise UnknownOperatorError(message)
    if depth == value.depth and flat == have:
        return value if _same(axes, value.space) else _reshaped(layers, value, depth, axes)
    for each in (_exchanged, _shuffled, _to_depth, _flattened):
        found = each(layers, value, depth, axes)
        if found is not None:
            return found
    return _reshaped(layers, _permuted(layers, value, [*flat, *depth]), depth, axes)


def _same(wanted: Sequence[Axis], space: Sequence[Axis]) -> bool:
    """Return whether the axes are these, or none are asked for."""
    return list(wanted) == list(space) or not wanted


def _reshaped(layers: Layers, value: Value, depth: Axis, axes: Sequence[Axis]) -> Value:
    """Return the same order cut into these axes."""
    sizes = [length(each) for each in axes] or [1]
    if [*axes] == [*value.space] and depth == value.depth:
        return value
    layer = layers.add("RESHAPE", f"{value.layer}.reshape", [value], shape="x".join(map(str, [*sizes[::-1], length(depth)])))
    return Value(layer, list(axes) or [[]], depth, value.dims, value.batch)


def _exchanged(layers: Layers, value: Value, depth: Axis, axes: Sequence[Axis]) -> Value | None:
    """Exchange the depth for all positions."""
    flat = [each for dim in axes for each in dim]
    if depth != value.flat or flat != value.depth or (not flat and not depth):
        return None
    if not depth or not flat:  # the same order
        return _reshaped(layers, value, depth, axes)
    tokens = value
    if len(value.space) > 1:
        layer = layers.add("RESHAPE", f"{value.layer}.tokens", [value], shape=f"{length(value.flat)}x{length(value.depth)}")
        tokens = value.at(layer)
    layer = layers.add("TRANSPOSE", f"{value.layer}.transpose", [tokens])
    found = Value(layer, [flat], depth, value.dims, value.batch)
    return found if len(axes) == 1 else _reshaped(layers, found, depth, axes)


def _shuffled(layers: Layers, value: Value, depth: Axis, axes: Sequence[Axis]) -> Value | None:
    """Exchange two factors of the depth."""
    if len(value.depth) != 2 or depth != value.depth[::-1] or list(axes) != value.space:
        return None
    layer = layers.add("SHUFFLE", f"{value.layer}.shuffle", [value], groups=value.depth[0].size)
    return Value(layer, value.space, depth, value.dims, value.batch)


def _to_depth(layers: Layers, value: Value, depth: Axis, axes: Sequence[Axis]) -> Value | None:
    """Make blocks of pixels channels."""
    steps = [len(each) == 2 and each[0] is now[0] for each, now in zip(value.space, axes, strict=False) if now]
    if len(axes) != len(value.space) or len(steps) != len(axes) or not all(steps):
        return None
    if {id(each) for each in depth} != {id(each) for each in [*value.depth, *(each[1] for each in value.space)]}:
        return None
    layer = layers.add("S2D", f"{value.layer}.s2d", [value], scale=size_text([each[1].size for each in value.space]))
    return Value(layer, list(axes), depth, value.dims, value.batch)


def _flattened(layers: Layers, value: Value, depth: Axis, axes: Sequence[Axis]) -> Value | None:
    """Put all values into the depth, which a fully connected layer reads."""
    if any(axes) or depth != [*value.depth, *value.flat]:
        return None
    layer = layers.add("FLATTEN", f"{value.layer}.flatten", [value])
    return Value(layer, list(axes) or [[]], depth, value.dims, value.batch)


def _permuted(layers: Layers, value: Value, wanted: Sequence[object]) -> Value:
    """Bring all factors into an order: each step exchanges a block for the rest behind it."""
    order = [*value.flat, *value.depth]
    while order != wanted:
        start = next(at for at, (now, then) in enumerate(zip(order, wanted, strict=True)) if now is not then)
        cut = next(at for at, each in enumerate(order) if each is wanted[start])
        before, block, rest = order[:start], order[start:cut], order[cut:]
        if start:
            value = _reshaped(layers, value, rest, [before, block])
            layer = layers.add("TRANSPOSE", f"{value.layer}.transpose", [value], over="width")
            value = Value(layer, [before, rest], block, value.dims, value.batch)
        else:
            value = _reshaped(layers, value, rest, [block])
            layer = layers.add("TRANSPOSE", f"{value.layer}.transpose", [value])
            value = Value(layer, [rest], block, value.dims, value.batch)
        order = [*before, *rest, *block]
    return value
