"""fvcore 0.1.5: its handles by operator of the traced graph; all other operators are 0, with a warning or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.conventions.counter import (
    NORMS,
    PLAIN,
    Counter,
    Facts,
    macs,
    norm,
    table,
    unless_fused,
    unless_standardized,
    zeros,
)

if TYPE_CHECKING:
    from cnncalc.analyses.conventions.counter import Rule


def _adaptive(layer: Facts) -> int:
    return layer.inputs if layer.adaptive else 0


def _upsampled(layer: Facts) -> int:
    """Return 1 per output for the nearest pixel and 4 for the bilinear mean; others have no handle, and `area` is a pool."""
    mode = layer.typed.layer.value("mode")
    if layer.typed.layer.value("antialias"):
        return 0
    return layer.inputs if mode == "area" else layer.outputs * {"nearest": 1, "bilinear": 4}.get(str(mode), 0)


def _in_2d(rule: Rule) -> Rule:
    """Return the rule for 2-D volumes, and 0 for others: the handles are adaptive_avg_pool2d and upsample_*2d."""
    return lambda layer: rule(layer) if layer.rank == 2 else 0


def _rules(batch_norm: Rule) -> dict[str, Rule]:
    return table(
        (PLAIN, unless_standardized(macs)),
        (("deconv", "fc", "matmul"), macs),
        (("attention",), unless_fused),
        (("bn",), batch_norm),
        (NORMS, norm(5, 4)),
        (("gap", "avgpool"), _in_2d(_adaptive)),
        (("upsample",), _in_2d(_upsampled)),
    )


_UNSUPPORTED = zeros(
    "unsupported operator, which fvcore names in a warning",
    "pool",
    "gmp",
    *("rmsnorm", "grn", "affine", "lrn", "softmax", "relu6", "leakyrelu", "prelu", "elu", "gelu", "silu"),
)
ZEROS = {**_UNSUPPORTED, **dict.fromkeys(("relu", "clip", "concat"), "ignored: jit_analysis.py, _IGNORED_OPS")}
COUNTERS = (
    Counter(
        "fvcore",
        "FLOPs",
        "MACs; batch norm 2, other norms 5 for each input; in 2-D adaptive pools 1 for each input, upsampling 1 (bilinear 4)",
        "fvcore 0.1.5, flop_count.py and jit_handles.py, eval mode; before 2021 MACs only",
        _rules(norm(2, 1)),
        ZEROS,
        doubled=True,
    ),
    Counter(
        "fvcore, training mode",
        "FLOPs",
        "the same, but batch norm 5 for each input",
        "fvcore 0.1.5, jit_handles.py, norm_flop_counter",
        _rules(norm(5, 4)),
        ZEROS,
    ),
)
