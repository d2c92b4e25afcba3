"""Multiply-adds, in three usual ways: definitions, which hold for every kind."""

from __future__ import annotations

from cnncalc.analyses.conventions.counter import PLAIN, PRODUCTS, Counter, Facts, macs, table, with_bias


def _nothing(_: Facts) -> int:
    """Return 0: no other kind has a part in the definition."""
    return 0


COUNTERS = (
    Counter(
        "MACs",
        "MACs",
        "multiply-adds of convolutions, fully-connected layers and products, once",
        "torchvision's model tables (GFLOPS); the totals of this tool; DeepSpeed's and calflops' MACs",
        {},
        {},
        macs,
    ),
    Counter(
        "MACs of convolutions",
        "MACs",
        "the same without fully-connected layers",
        "He et al. 2015, Table 1, rounds these (3.8e9, with the stride in the first 1x1 layer)",
        table(((*PLAIN, "deconv", "local"), macs)),
        {},
        _nothing,
    ),
    Counter(
        "MACs with biases",
        "MACs",
        "one more for each output of a layer with a bias",
        "the biases as thop 0.0.31 and ptflops count them; ptflops 0.7.5 with its aten backend, measured",
        table(((*PRODUCTS, "local"), with_bias), (("attention",), lambda layer: layer.macs + layer.biased)),
        {},
        macs,
    ),
)
