"""thop 0.0.31 and 0.1: hooks by the class of a module."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.analyses.conventions.counter import (
    PLAIN,
    Counter,
    Facts,
    inputs,
    macs,
    norm,
    projections,
    slid,
    slid_with_bias,
    table,
    unless_standardized,
    zeros,
)

if TYPE_CHECKING:
    from cnncalc.analyses.conventions.counter import Rule


def _average(layer: Facts) -> int:
    """Return (cells + 1) for each output of an adaptive average, in floating point as thop does, else 1."""
    if not layer.adaptive:
        return layer.outputs
    cells = math.prod(a / b for a, b in zip(layer.typed.inputs[0].size, layer.typed.output.size, strict=True))
    return int((cells + 1) * layer.outputs)


def _average_of_whole_cells(layer: Facts) -> int:
    """Return (cells + 1) for each output of an adaptive average, with the cells of each axis rounded down, else 1."""
    if not layer.adaptive:
        return layer.outputs
    cells = math.prod(a // b for a, b in zip(layer.typed.inputs[0].size, layer.typed.output.size, strict=True))
    return (cells + 1) * layer.outputs


def _softmax(layer: Facts) -> int | None:
    """Return D exponentials, D - 1 additions, D divisions for each position; over other axes it is no module."""
    over = layer.typed.layer.value("over"), layer.typed.layer.value("groups")
    return (3 * layer.depth - 1) * layer.positions if over == ("depth", 1) else None


def _upsampled(nearest: int) -> Rule:
    """Return the operations of nn.Upsample for each output, by its mode."""
    operations = {"nearest": nearest, "bilinear": 11, "bicubic": 224 + 35}

    def rule(layer: Facts) -> int | None:
        each = operations.get(str(layer.typed.layer.value("mode"))) if layer.rank == 2 or not layer.operations else None
        return None if each is None or layer.typed.layer.value("antialias") else layer.outputs * each

    return rule


def _zeros(*more: str) -> dict[str, str]:
    return zeros(
        "no module with a hook, or one with zero_ops",
        *("matmul", "pool", "gmp", "gn", "rmsnorm", "grn", "affine", "lrn"),
        *("relu", "relu6", "leakyrelu", "elu", "gelu", "silu"),
        *more,
    )


COUNTERS = (
    Counter(
        "thop 0.0.31",
        "MACs",
        "MACs with biases of convolutions; batch norm 2 for each input; averages 1 for each output, adaptive ones their cells too",
        "thop 0.0.31, vision/basic_hooks.py of 2020",
        table(
            (PLAIN, unless_standardized(slid_with_bias)),
            (("deconv",), slid_with_bias),
            (("fc",), macs),
            (("attention",), projections),
            (("bn",), norm(2, 2)),
            (("gap", "avgpool"), _average_of_whole_cells),
            (("upsample",), _upsampled(0)),
        ),
        _zeros("ln", "in", "prelu", "softmax"),
        doubled=True,
    ),
    Counter(
        "thop 0.1",
        "MACs",
        "MACs; norms 4 for each input (2 without a learned scale); averages as before",
        "thop 0.1.1, vision/basic_hooks.py and calc_func.py since 2022, eval mode",
        table(
            (PLAIN, unless_standardized(slid)),
            (("deconv",), slid),
            (("fc",), macs),
            (("attention",), projections),
            (("bn", "in", "ln"), norm(4, 2)),
            (("gap", "avgpool"), _average),
            (("upsample",), _upsampled(1)),
            (("softmax",), _softmax),
            (("prelu",), inputs),
        ),
        _zeros(),
        doubled=True,
    ),
)
