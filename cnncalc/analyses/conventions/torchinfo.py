"""torchinfo 1.7 and 1.8: parameters, not arithmetic."""

from __future__ import annotations

from cnncalc.analyses.conventions.counter import PLAIN, POOLS, Counter, Facts, table, zeros


def _at_each_position(layer: Facts) -> int:
    return layer.positions * (layer.weights + layer.biases)


def _once(layer: Facts) -> int:
    return layer.weights + layer.biases


COUNTERS = (
    Counter(
        "torchinfo",
        "mult-adds",
        "parameters with biases at each position of a convolution; all other parameters once, also of batch norm",
        "torchinfo 1.7.0 and 1.8.0, layer_info.py, calculate_macs",
        table(
            ((*PLAIN, "deconv"), _at_each_position),
            (("fc", "bn", "ln", "gn", "in", "rmsnorm", "prelu"), _once),
            (("attention",), lambda layer: layer.linear),
        ),
        zeros(
            "no parameter by the name of weight or bias",
            *POOLS,
            "matmul",
            *("upsample", "softmax", "lrn", "relu", "relu6", "leakyrelu", "elu", "gelu", "silu"),
        ),
        doubled=True,
    ),
)
