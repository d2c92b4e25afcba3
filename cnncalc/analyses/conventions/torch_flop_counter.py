"""PyTorch's own FlopCounterMode: convolutions and matrix products only."""

from __future__ import annotations

from cnncalc.analyses.conventions.counter import NORMS, POOLS, PRODUCTS, Counter, table, twice, zeros

COUNTERS = (
    Counter(
        "PyTorch FlopCounterMode",
        "FLOPs",
        "2 for each multiply-add, nothing else",
        "PyTorch 2.14, torch/utils/flop_counter.py, on a GPU; on a CPU it leaves out the products of fused attention",
        table(((*PRODUCTS, "attention", "matmul"), twice)),
        zeros(
            "its registry has convolutions and matrix products only",
            *POOLS,
            *NORMS,
            *("bn", "rmsnorm", "grn", "affine", "lrn", "upsample", "softmax"),
            *("relu", "relu6", "leakyrelu", "prelu", "elu", "gelu", "silu"),
        ),
    ),
)
