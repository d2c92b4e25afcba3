"""ptflops with its pytorch backend: hooks by the class of a module, and since 0.7 also patched functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.conventions.counter import (
    POOLS,
    Counter,
    Facts,
    inputs,
    norm,
    projections,
    slid_with_bias,
    table,
    unless_standardized,
    with_bias,
    zeros,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.conventions.counter import Rule


def _two_inputs(layer: Facts) -> int:
    return 2 * layer.inputs


def _biased_projections(layer: Facts) -> int | None:
    """Return the projections with biases; unfused products count or not, by how the program writes them."""
    return projections(layer) + layer.biased if layer.fused else None


ALL: tuple[tuple[Sequence[str], Rule], ...] = (
    (("conv", "dwconv"), unless_standardized(with_bias)),
    (("fc",), with_bias),
    (("bn", "gn", "in"), norm(2, 1)),
    (("attention",), _biased_projections),
)
TWICE: tuple[tuple[Sequence[str], Rule], ...] = (
    (("ln", "relu6", "leakyrelu", "silu", "softmax"), inputs),
    ((*POOLS, "relu", "prelu", "elu", "gelu"), _two_inputs),
    (("upsample",), lambda layer: 2 * layer.outputs),
)
ZEROS = zeros("neither a module nor a function of its tables", "rmsnorm", "grn", "affine")
COUNTERS = (
    Counter(
        "ptflops 0.6.9",
        "MACs",
        "MACs with biases; norms 2 for each input; activations, pools and upsampling 1 for each number",
        "ptflops 0.6.9, pytorch_ops.py, measured; mmcv's counter descends from it",
        table(
            *ALL,
            (("deconv",), slid_with_bias),
            (POOLS, inputs),
            (("relu", "relu6", "leakyrelu", "prelu", "elu", "gelu"), inputs),
            (("upsample",), lambda layer: layer.outputs),
        ),
        {**ZEROS, **zeros("no module of its table", "ln", "silu", "softmax", "lrn")},
        doubled=True,
    ),
    Counter(
        "ptflops 0.7.4",
        "MACs",
        "the same, but most activations, pools and upsampling twice: as modules and as the functions that these call",
        "ptflops 0.7.4, its pytorch backend, measured",
        table(*ALL, *TWICE, (("deconv",), slid_with_bias)),
        ZEROS,
        doubled=True,
    ),
    Counter(
        "ptflops 0.7.5",
        "MACs",
        "the same, and transposed convolutions by their inputs",
        "ptflops 0.7.5, its pytorch backend, measured",
        table(*ALL, *TWICE, (("deconv",), with_bias)),
        ZEROS,
        doubled=True,
    ),
)
