"""A network in eager PyTorch with given weights: the reference of the forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network, Typed
    from cnncalc.kernels.arrays import Array

    Operation = Callable[..., torch.Tensor]


def runner(network: Network, weights: Weights) -> Callable[[Array], Array]:
    """Return a function from N x height x width x depth to the main output, N x depth x height x width.

    Activations work in place, and volumes are dropped after their last reader, as in the forward of a module.
    """
    nodes, known = network.graph.nodes, network.known
    operations = [_operation(each, weights.get(at, {})) for at, each in enumerate(known) if each is not None]
    last = {source: at for at, node in enumerate(nodes) for source in node.inputs}

    def run(x: Array) -> Array:
        with torch.inference_mode():
            volumes = {0: torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()}
            for at, node in enumerate(nodes[1:], 1):
                volumes[at] = operations[at](*(volumes[source] for source in node.inputs))
                for source in node.inputs:
                    if last[source] == at:
                        volumes.pop(source, None)
            return np.asarray(volumes[network.graph.outputs[-1].at].numpy())

    return run


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _operation(known: Typed, arrays: Mapping[str, Array]) -> Operation:
    """Return the operation of a layer; a KeyError names a kind that no benchmark has needed yet."""
    layer, inputs = known.layer, known.inputs
    simple: dict[str, Operation] = {
        "input": lambda x: x,
        "dropout": lambda x: x,
        "relu": functional.relu_,
        "relu6": lambda x: functional.hardtanh_(x, 0, 6),
        "add": lambda one, other: one + other,
        "gap": lambda x: functional.adaptive_avg_pool2d(x, 1),
        "softmax": lambda x: functional.softmax(x, dim=1),
    }
    if layer.kind in simple:
        return simple[layer.kind]
    makers = {"conv": _conv, "dwconv": _conv, "bn": _norm, "pool": _pool, "fc": _linear}
    return makers[layer.kind](known, inputs[0].depth, arrays)


def _conv(known: Typed, depth: int, arrays: Mapping[str, Array]) -> Operation:
    axes = known.window.axes[::-1]  # type: ignore[union-attr]
    weight = _tensor(arrays["weight"].transpose(3, 2, 0, 1))
    bias = _tensor(arrays["bias"]) if "bias" in arrays else None
    stride, dilation = [axis.stride for axis in axes], [axis.dilation for axis in axes]
    padding, groups = [axis.before for axis in axes], depth // arrays["weight"].shape[2]
    return lambda x: functional.conv2d(x, weight, bias, stride, padding, dilation, groups)


def _norm(known: Typed, depth: int, arrays: Mapping[str, Array]) -> Operation:
    del depth
    mean, variance, scale, shift = (_tensor(arrays[name]) for name in ("mean", "variance", "scale", "shift"))
    return lambda x: functional.batch_norm(x, mean, variance, scale, shift, eps=known.layer.eps)  # type: ignore[attr-defined]


def _pool(known: Typed, depth: int, arrays: Mapping[str, Array]) -> Operation:
    del depth, arrays
    axes = known.window.axes[::-1]  # type: ignore[union-attr]
    kernel, stride, padding = ([getattr(axis, name) for axis in axes] for name in ("kernel", "stride", "before"))
    return lambda x: functional.max_pool2d(x, kernel, stride, padding)


def _linear(known: Typed, depth: int, arrays: Mapping[str, Array]) -> Operation:
    height, width = known.inputs[0].size[::-1]
    turned = arrays["weight"].reshape(height, width, depth, -1).transpose(3, 2, 0, 1).reshape(-1, height * width * depth)
    weight, bias = _tensor(turned), _tensor(arrays["bias"]) if "bias" in arrays else None
    return lambda x: functional.linear(x.flatten(1), weight, bias)[:, :, None, None]
