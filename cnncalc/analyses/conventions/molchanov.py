"""Molchanov et al. 2016: multiplications and additions of convolutions and fully-connected layers."""

from __future__ import annotations

from cnncalc.analyses.conventions.counter import NORMS, PLAIN, POOLS, Counter, Facts, table, zeros


def _convolution(layer: Facts) -> int:
    """Return 2*(F*F*D) + 2 for each output: the paper adds a bias to every filter, and its initial sum."""
    return 2 * layer.macs + 2 * layer.outputs


COUNTERS = (
    Counter(
        "Molchanov et al. 2016",
        "FLOPs",
        "2*W*H*(D*F*F + 1)*K of convolutions, (2*I - 1)*O of fully-connected layers",
        "Molchanov et al. 2016, arXiv:1611.06440, appendix A.1",
        table(((*PLAIN, "deconv"), _convolution), (("fc",), lambda layer: 2 * layer.macs - layer.outputs)),
        zeros(
            "the paper counts convolutions and fully-connected layers only",
            *POOLS,
            *NORMS,
            *("bn", "rmsnorm", "grn", "affine", "lrn", "upsample", "softmax"),
            *("relu", "relu6", "leakyrelu", "prelu", "elu", "gelu", "silu"),
        ),
    ),
)
