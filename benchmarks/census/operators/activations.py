"""Activations, and functions of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.table import handles
from benchmarks.census.values import Value, axis, length

if TYPE_CHECKING:
    from benchmarks.census.translate import Translator


@handles("relu")
def relu(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "RELU")


@handles("relu6")
def relu6(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "RELU6")


@handles("hardtanh")
def hardtanh(t: Translator, node: Any) -> Value:
    low, high = t.arg(node, 1, "min_val", -1), t.arg(node, 2, "max_val", 1)
    return t.pointwise(node, "RELU6") if (low, high) == (0, 6) else t.pointwise(node, "CLIP", min=low, max=high)


@handles("leaky_relu")
def leaky_relu(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "LEAKYRELU", slope=t.arg(node, 1, "negative_slope", 0.01))


@handles("elu")
def elu(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "ELU")


@handles("silu")
def silu(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "SILU")


@handles("mish")
def mish(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "MISH")


@handles("sigmoid")
def sigmoid(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "SIGMOID")


@handles("tanh")
def tanh(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "TANH")


@handles("hardswish")
def hardswish(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "HSWISH")


@handles("hardsigmoid")
def hardsigmoid(t: Translator, node: Any) -> Value:
    return t.step(node, "HSIGMOID", t.value(node), None)


@handles("gelu")
def gelu(t: Translator, node: Any) -> Value:
    return t.step(
        node, "GELU", t.value(node), None, **({"approximate": "tanh"} if node.kwargs.get("approximate") == "tanh" else {})
    )


@handles("prelu")
def prelu(t: Translator, node: Any) -> Value:
    return t.step(node, "PRELU", t.first(t.value(node)), None)


@handles("sqrt")
def sqrt(t: Translator, node: Any) -> Value:
    return t.step(node, "SQRT", t.value(node), None)


@handles("rsqrt")
def rsqrt(t: Translator, node: Any) -> Value:
    return t.step(node, "POW", t.value(node), None, p=-0.5)


@handles("square")
def square(t: Translator, node: Any) -> Value:
    return t.step(node, "POW", t.value(node), None, p=2)


@handles("pow")
def power(t: Translator, node: Any) -> Value:
    return t.step(node, "POW", t.value(node), None, p=node.args[1])


@handles("softmax", "_softmax")
def softmax(t: Translator, node: Any) -> Value:
    return softmax_over(t, node, t.value(node), node.args[1])


def softmax_over(t: Translator, node: Any, value: Value, at: int) -> Value:
    """Add a softmax over one axis of a tensor."""
    dim = value.dims[at]
    if dim == value.depth and dim:
        return t.step(node, "SOFTMAX", value, None)
    if dim == value.flat:
        return t.step(node, "SOFTMAX", value, None, over="space")
    if dim and dim == value.depth[: len(dim)]:
        return t.step(node, "SOFTMAX", value, None, over="groups", groups=length(dim))
    if dim and dim == value.depth[-len(dim) :]:
        return t.step(node, "SOFTMAX", value, None, groups=length(value.depth[: -len(dim)]))
    return t.step(node, "SOFTMAX", t.deep(value, dim), None)


@handles("softplus")
def softplus(t: Translator, node: Any) -> Value:
    return t.step(node, "SOFTPLUS", t.value(node), None)


@handles("exp")
def exponential(t: Translator, node: Any) -> Value:
    return t.step(node, "EXP", t.value(node), None)


@handles("log")
def logarithm(t: Translator, node: Any) -> Value:
    return t.step(node, "LOG", t.value(node), None)


@handles("abs")
def absolute(t: Translator, node: Any) -> Value:
    return t.step(node, "ABS", t.value(node), None)


@handles("neg")
def negative(t: Translator, node: Any) -> Value:
    return t.step(node, "NEG", t.value(node), None)


@handles("reciprocal")
def reciprocal(t: Translator, node: Any) -> Value:
    return t.step(node, "POW", t.value(node), None, p=-1)


@handles("clamp", "clip", "clamp_min", "clamp_max")
def clamp(t: Translator, node: Any) -> Value:
    """Values between two numbers, or beyond one."""
    low, high = t.arg(node, 1, "min"), t.arg(node, 2, "max")
    if "clamp_max" in str(node.target):
        low, high = None, node.args[1]
    bounds = {key: value for key, value in (("min", low), ("max", high)) if value is not None}
    return t.step(node, "CLIP", t.value(node), None, **bounds)


@handles("glu")
def glu(t: Translator, node: Any) -> Value:
    value, dim = t.value(node), t.arg(node, 1, "dim", -1)
    value = t.deep(value, value.dims[dim])
    layer = t.layers.add("GLU", t.name(node), [value])
    depth = axis(length(value.depth) // 2)
    dims = [list(depth) if at == dim % len(value.dims) else list(each) for at, each in enumerate(value.dims)]
    return Value(layer, value.space, depth, dims, t.batch)
