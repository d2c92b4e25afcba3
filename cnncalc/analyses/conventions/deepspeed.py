"""DeepSpeed's flops profiler: patched functions of torch.nn.functional."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from cnncalc.analyses.conventions.counter import (
    NORMS,
    PLAIN,
    POOLS,
    Counter,
    Facts,
    inputs,
    norm,
    table,
    twice,
    unless_standardized,
    zeros,
)

if TYPE_CHECKING:
    from cnncalc.analyses.conventions.counter import Rule
    from cnncalc.layers.deconv import Deconv

_SOURCE = "flops_profiler/profiler.py"


def _with_bias(layer: Facts) -> int:
    return 2 * layer.macs + (layer.outputs if layer.biases else 0)


def _transposed_before(layer: Facts) -> int:
    """Return the count before 0.19.7: K divided by the groups twice, and biases at the positions of a plain convolution."""
    deconv = cast("Deconv", layer.typed.layer)
    (volume,) = layer.typed.inputs
    axes = deconv.axes(volume)
    filters = deconv.filters // deconv.groups
    taps = math.prod(axis.kernel for axis in axes)
    macs = taps * volume.depth * (filters // deconv.groups) * math.prod(volume.size)
    places = math.prod(
        (size + axis.before + axis.after - axis.dilation * (axis.kernel - 1) - 1) // axis.stride + 1
        for size, axis in zip(volume.size, axes, strict=True)
    )
    return 2 * macs + (filters * places if layer.biases else 0)


def _upsampled(layer: Facts) -> int | None:
    """Return 1 for each output with a scale, 1 for each position of one channel with a size; `area` is a pool besides."""
    if layer.typed.layer.value("mode") == "area":
        return None
    return layer.outputs if layer.typed.layer.value("size") is None else layer.positions


def _rules(batch_norm: Rule, transposed: Rule, upsampled: Rule) -> dict[str, Rule]:
    return table(
        (PLAIN, unless_standardized(_with_bias)),
        (("deconv",), transposed),
        (("fc", "matmul"), twice),
        (("bn",), batch_norm),
        (NORMS, norm(5, 4)),
        (POOLS, inputs),
        (("relu", "leakyrelu", "prelu", "elu", "gelu", "silu", "softmax"), inputs),
        (("upsample",), upsampled),
    )


ZEROS = zeros("no function that is patched", "relu6", "rmsnorm", "grn", "affine")
COUNTERS = (
    Counter(
        "DeepSpeed",
        "FLOPs",
        "2 for each multiply-add; biases of convolutions; batch norm 2, other norms 5; activations and pools 1",
        f"DeepSpeed 0.19.7 and later, {_SOURCE}, eval mode",
        _rules(norm(2, 1), _with_bias, _upsampled),
        ZEROS,
    ),
    Counter(
        "DeepSpeed before 0.19.7",
        "FLOPs",
        "the same, but transposed convolutions with the biases of a plain convolution, and with groups twice divided",
        f"DeepSpeed 0.18.0 to 0.19.6, {_SOURCE}, _conv_trans_flops_compute",
        _rules(norm(2, 1), _transposed_before, _upsampled),
        ZEROS,
    ),
    Counter(
        "DeepSpeed, training mode",
        "FLOPs",
        "the same as DeepSpeed, but batch norm 5 for each input",
        f"DeepSpeed 0.19.7 and later, {_SOURCE}, _batch_norm_flops_compute",
        _rules(norm(5, 4), _with_bias, _upsampled),
        ZEROS,
    ),
)
