"""Normalizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.census.operators.table import handles
from benchmarks.census.values import UnknownOperatorError, Value

if TYPE_CHECKING:
    from benchmarks.census.translate import Translator


@handles("batch_norm")
def batch_norm(t: Translator, node: Any) -> Value:
    value = t.value(node)
    value = t.deep(value, value.dims[1])
    scale, shift = node.args[1], node.args[2]
    mean = next(iter(t.stored[node.args[3]]), "")
    tracked = any(name == mean.replace("running_mean", "num_batches_tracked") for name, _ in t.module.named_buffers())
    options: dict[str, object] = {}
    if scale is None:
        options["scale"] = False
    if shift is None:
        options["shift"] = False
    if not tracked:
        options["counter"] = False
    return t.step(node, "BN", value, None, **options)


@handles("layer_norm")
def layer_norm(t: Translator, node: Any) -> Value:
    value = t.value(node)
    if len(node.args[1]) != 1:
        message = "layer_norm over several axes"
        raise UnknownOperatorError(message)
    value = t.last(value)
    return t.step(node, "LN", value, None, **({"shift": False} if t.arg(node, 3, "bias") is None else {}))


@handles("group_norm")
def group_norm(t: Translator, node: Any) -> Value:
    value = t.first(t.value(node))
    return t.step(node, "GN", value, None, groups=node.args[1], **({"shift": False} if t.arg(node, 3, "bias") is None else {}))


@handles("rms_norm")
def rms_norm(t: Translator, node: Any) -> Value:
    return t.step(node, "RMSNORM", t.last(t.value(node)), None)
