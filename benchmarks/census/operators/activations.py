"""Activations, and functions of each value."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.table import handles
from benchmarks.census.values import Value, axis, length

if TYPE_CHECKING:
    from benchmarks.census.translate import Translator


ACTIVATIONS = {
    "relu": "RELU",
    "relu6": "RELU6",
    "elu": "ELU",
    "silu": "SILU",
    "mish": "MISH",
    "sigmoid": "SIGMOID",
    "tanh": "TANH",
    "hardswish": "HSWISH",
}
"""Activations without options, and their kinds."""
FUNCTIONS: dict[str, tuple[str, dict[str, object]]] = {
    "hardsigmoid": ("HSIGMOID", {}),
    "sqrt": ("SQRT", {}),
    "rsqrt": ("POW", {"p": -0.5}),
    "square": ("POW", {"p": 2}),
    "reciprocal": ("POW", {"p": -1}),
    "softplus": ("SOFTPLUS", {}),
    "exp": ("EXP", {}),
    "log": ("LOG", {}),
    "abs": ("ABS", {}),
    "neg": ("NEG", {}),
}
"""Functions of each value that have no form in place here, with their kinds and options."""


def activation(kind: str, t: Translator, node: Any) -> Value:
    return t.pointwise(node, kind)


def function(kind: str, options: dict[str, object], t: Translator, node: Any) -> Value:
    return t.step(node, kind, t.value(node), None, **options)


for word, kind in ACTIVATIONS.items():
    handles(word)(partial(activation, kind))
for word, (kind, options) in FUNCTIONS.items():
    handles(word)(partial(function, kind, options))


@handles("hardtanh")
def hardtanh(t: Translator, node: Any) -> Value:
    low, high = t.arg(node, 1, "min_val", -1), t.arg(node, 2, "max_val", 1)
    return t.pointwise(node, "RELU6") if (low, high) == (0, 6) else t.pointwise(node, "CLIP", min=low, max=high)


@handles("leaky_relu")
def leaky_relu(t: Translator, node: Any) -> Value:
    return t.pointwise(node, "LEAKYRELU", slope=t.arg(node, 1, "negative_slope", 0.01))


@handles("gelu")
def gelu(t: Translator, node: Any) -> Value:
    return t.step(
        node, "GELU", t.value(node), None, **({"approximate": "tanh"} if node.kwargs.get("approximate") == "tanh" else {})
    )


@handles("prelu")
def prelu(t: Translator, node: Any) -> Value:
    return t.step(node, "PRELU", t.first(t.value(node)), None)


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
