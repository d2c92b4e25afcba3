"""The counting conventions of other tools: one table of rules each, by layer kind, computed from the facts of layers.

The figures for the same network differ by a factor of two and more: a multiply-add counts as one or two; biases,
normalizations, activations and pools count or do not. Each rule is taken from the source of the tool or from the paper, named
in `source`; the figure is the result of the rule for the layers of the spec as modules of PyTorch, for one image.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.layers.base import MACS
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.counts import LayerCounts
    from cnncalc.graph.graph import Typed

    Rule = Callable[["Facts"], int | None]  # None: it depends on the program, and is missing from the count


class Facts(NamedTuple):
    """The facts of a layer that the rules use: exact integers, for one image."""

    inputs: int
    """Numbers of its first input volume."""
    outputs: int
    """Numbers of its output volume."""
    positions: int
    """Positions of its output, W2*H2."""
    macs: int
    weights: int
    biases: int
    depth: int
    """Channels of its output."""
    operations: int
    """Arithmetic other than multiply-adds, by our own count."""
    rank: int
    """Spatial axes: 1, 2 or 3."""
    adaptive: bool
    """Whether it is a pool with windows that depend on the size of the input."""
    products: int
    """The multiply-adds among `macs` of products of two volumes."""
    linear: int
    """Numbers of its matrices and their biases, as those of linear layers."""
    biased: int
    """Additions of biases, where each is added at each position of an input."""
    fused: bool
    """Whether its products are inside of one function of PyTorch, scaled_dot_product_attention."""


class Counter(NamedTuple):
    """A tool or a paper, and its way of counting."""

    name: str
    unit: str
    """Its own name for its unit: MACs or FLOPs."""
    counts: str
    """The way of counting in a few words."""
    source: str
    rules: Mapping[str, Rule]
    """By layer kind; a kind of `KNOWN` without a rule counts as 0."""
    doubled: bool = False
    """Whether twice its figure of multiply-adds is also quoted, as FLOPs."""
    other: Rule | None = None
    """The rule of all kinds that `rules` leave out."""


class Printed(NamedTuple):
    """The result of a counter; `missing` are the kinds for which it has no rule."""

    counter: Counter
    value: int
    missing: tuple[str, ...] = ()


def facts(typed: Typed, counts: LayerCounts) -> Facts:
    """Return the facts of a layer on its inputs."""
    window = typed.window
    learned = [tensor for tensor in typed.tensors if tensor.role != "buffer" and tensor.name != "table"]
    places = [math.prod(volume.size) for volume in typed.inputs]
    return Facts(
        typed.inputs[0].values if typed.inputs else 0,
        typed.output.values,
        math.prod(typed.output.size),
        counts.macs.value,
        counts.weights.value,
        counts.biases.value,
        typed.output.depth,
        counts.operations.value,
        typed.output.rank,
        window is not None and window.form in {"whole", "irregular"},
        counts.matmul,
        sum(tensor.numbers.value for tensor in learned),
        sum(tensor.numbers.value * places[tensor.input] for tensor in learned if tensor.role == "bias"),
        typed.layer.value("fused") is True,
    )


def counted(report: Analysis) -> tuple[Printed, ...]:
    """Return the result of each counter for an analysis."""
    layers = [(row.kind, facts(row.typed, row.counts), row.counts) for row in report.rows if row.typed.inputs]
    return tuple(_counted(counter, layers) for counter in PRINTED)


def _counted(counter: Counter, layers: Sequence[tuple[str, Facts, LayerCounts]]) -> Printed:
    """Return the sum of the rules of a counter, and the kinds with work that have none."""
    total = 0
    missing: set[str] = set()
    for kind, each, counts in layers:
        rule = counter.rules.get(kind, counter.other)
        value = rule(each) if rule is not None else None
        if value is not None:
            total += value
        if MACS in counts.unknown or (value is None and counts.flops and (rule is not None or kind not in KNOWN)):
            missing.add(kind)
    return Printed(counter, total, tuple(sorted(missing)))


KNOWN = frozenset(
    {
        *("conv", "dwconv", "deconv", "fc", "pool", "avgpool", "gap", "gmp", "upsample"),
        *("bn", "ln", "gn", "in", "lrn", "dropout", "stochdepth", "layerscale"),
        *(
            "relu",
            "relu6",
            "leakyrelu",
            "prelu",
            "elu",
            "selu",
            "gelu",
            "silu",
            "mish",
            "sigmoid",
            "tanh",
            "hsigmoid",
            "hswish",
            "softmax",
        ),
        *("add", "mul", "concat", "pad", "crop", "slice", "shuffle", "d2s", "s2d", "reshape", "flatten", "identity", "table"),
    }
)
"""Kinds with a rule, or without work for the counters. Any other kind with work is missing from a count, never 0."""
PLAIN = ("conv", "dwconv")
PRODUCTS = (*PLAIN, "deconv", "fc")
POOLS = ("pool", "avgpool", "gap", "gmp")
NORMS = ("ln", "gn", "in")


def _table(*entries: tuple[Sequence[str], Rule]) -> dict[str, Rule]:
    """Return one rule for each kind."""
    return {kind: rule for kinds, rule in entries for kind in kinds}


def _macs(layer: Facts) -> int:
    return layer.macs


def _twice(layer: Facts) -> int:
    return 2 * layer.macs


def _inputs(layer: Facts) -> int:
    return layer.inputs


def _outputs(layer: Facts) -> int:
    return layer.outputs


def _nothing(_: Facts) -> int:
    return 0


def _unless_fused(layer: Facts) -> int:
    """Return the multiply-adds that are visible: all, or those of the projections alone."""
    return layer.macs - (layer.products if layer.fused else 0)


def _projections(layer: Facts) -> int:
    return layer.macs - layer.products


def _biased_projections(layer: Facts) -> int | None:
    """Return the projections with biases; unfused products count or not, by how the program writes them."""
    return layer.macs - layer.products + layer.biased if layer.fused else None


def _with_bias(layer: Facts) -> int:
    return layer.macs + (layer.outputs if layer.biases else 0)


def _slid(layer: Facts) -> int:
    """Return the weights at each position of the output: wrong for transposed convolutions, but the rule of some tools."""
    return layer.positions * layer.weights


def _norm(affine: int, plain: int) -> Rule:
    """Return the rule of `affine` operations per number of the input with a learned scale, and `plain` ones without."""
    return lambda layer: layer.inputs * (affine if layer.weights else plain)


def _adaptive(layer: Facts) -> int:
    return layer.inputs if layer.adaptive else 0


def _upsampled(interpolated: int) -> Rule:
    """Return the rule of 1 per output for the nearest pixel, and `interpolated` for interpolation."""
    return lambda layer: layer.outputs * (interpolated if layer.operations else 1)


def _in_2d(rule: Rule) -> Rule:
    """Return the rule for 2-D volumes, and 0 for others: fvcore has handles of adaptive_avg_pool2d and upsample_*2d only."""
    return lambda layer: rule(layer) if layer.rank == 2 else 0


def _thop_average(layer: Facts) -> int:
    """Return (cells + 1) for each output of an adaptive average, else 1."""
    return layer.inputs + layer.outputs if layer.adaptive else layer.outputs


def _thop_softmax(layer: Facts) -> int:
    """Return D exponentials, D - 1 additions, D divisions for each position."""
    return (3 * layer.depth - 1) * layer.positions


def _multiplications_and_additions(layer: Facts) -> int:
    """Return 2*(F*F*D) + 2 for each output: the paper adds a bias to every filter, and its initial sum."""
    return 2 * layer.macs + 2 * layer.outputs


def _slid_with_bias(layer: Facts) -> int:
    return _slid(layer) + (layer.outputs if layer.biases else 0)


def _two_inputs(layer: Facts) -> int:
    return 2 * layer.inputs


PTFLOPS: tuple[tuple[Sequence[str], Rule], ...] = (
    (("conv", "dwconv", "fc"), _with_bias),
    (("bn", "gn", "in"), _norm(2, 1)),
    (("attention",), _biased_projections),
)
PTFLOPS_TWICE: tuple[tuple[Sequence[str], Rule], ...] = (
    (("ln", "relu6", "leakyrelu", "silu", "softmax"), _inputs),
    ((*POOLS, "relu", "prelu", "elu", "gelu"), _two_inputs),
    (("upsample",), lambda layer: 2 * layer.outputs),
)
PRINTED = (
    Counter(
        "MACs",
        "MACs",
        "multiply-adds of convolutions, fully-connected layers and products, once",
        "torchvision's model tables (GFLOPS); the totals of this tool; DeepSpeed's and calflops' MACs",
        {},
        other=_macs,
    ),
    Counter(
        "MACs of convolutions",
        "MACs",
        "the same without fully-connected layers",
        "He et al. 2015, Table 1, rounds these (3.8e9, with the stride in the first 1x1 layer)",
        _table(((*PLAIN, "deconv", "local"), _macs), (("attention", "matmul"), _nothing)),
    ),
    Counter(
        "MACs with biases",
        "MACs",
        "one more for each output of a layer with a bias",
        "the biases as thop 0.0.31 and ptflops count them",
        _table(
            ((*PRODUCTS, "local"), _with_bias),
            (("attention",), lambda layer: layer.macs + layer.biased),
            (("matmul",), _macs),
        ),
    ),
    Counter(
        "torchinfo",
        "mult-adds",
        "parameters with biases at each position of a convolution; all other parameters once, also of batch norm",
        "torchinfo, layer_info.py, calculate_macs",
        _table(
            (PLAIN, lambda layer: layer.positions * (layer.weights + layer.biases)),
            (("deconv",), lambda layer: layer.positions * (layer.weights + layer.biases)),
            (("fc", "bn", "ln", "gn", "in", "prelu"), lambda layer: layer.weights + layer.biases),
            (("attention",), lambda layer: layer.linear),
            (("matmul",), _nothing),
        ),
        doubled=True,
    ),
    Counter(
        "fvcore",
        "FLOPs",
        "MACs; batch norm 2, other norms 5 for each input; in 2-D adaptive pools 1 for each input, upsampling 1 (bilinear 4)",
        "fvcore 0.1.5, flop_count.py and jit_handles.py, eval mode; before 2021 MACs only",
        _table(
            ((*PRODUCTS, "matmul"), _macs),
            (("attention",), _unless_fused),
            (("bn",), _norm(2, 1)),
            (NORMS, _norm(5, 4)),
            (("gap", "avgpool"), _in_2d(_adaptive)),
            (("upsample",), _in_2d(_upsampled(4))),
        ),
        doubled=True,
    ),
    Counter(
        "fvcore, training mode",
        "FLOPs",
        "the same, but batch norm 5 for each input",
        "fvcore, jit_handles.py, norm_flop_counter",
        _table(
            ((*PRODUCTS, "matmul"), _macs),
            (("attention",), _unless_fused),
            (("bn",), _norm(5, 4)),
            (NORMS, _norm(5, 4)),
            (("gap", "avgpool"), _in_2d(_adaptive)),
            (("upsample",), _in_2d(_upsampled(4))),
        ),
    ),
    Counter(
        "thop 0.0.31",
        "MACs",
        "MACs with biases of convolutions; batch norm 2 for each input; averages 1 for each output, adaptive ones their cells too",
        "thop, vision/basic_hooks.py of 2020",
        _table(
            ((*PLAIN, "deconv"), lambda layer: _slid(layer) + (layer.outputs if layer.biases else 0)),
            (("fc",), _macs),
            (("attention",), _projections),
            (("matmul",), _nothing),
            (("bn",), _norm(2, 2)),
            (("gap", "avgpool"), _thop_average),
            (("upsample",), _upsampled(11)),
            (("softmax",), _thop_softmax),
        ),
        doubled=True,
    ),
    Counter(
        "thop 0.1",
        "MACs",
        "MACs; norms 4 for each input (2 without a learned scale); averages as before",
        "thop, vision/basic_hooks.py and calc_func.py since 2022",
        _table(
            ((*PLAIN, "deconv"), _slid),
            (("fc",), _macs),
            (("attention",), _projections),
            (("matmul",), _nothing),
            (("bn", "in", "ln"), _norm(4, 2)),
            (("gap", "avgpool"), _thop_average),
            (("upsample",), _upsampled(11)),
            (("softmax",), _thop_softmax),
            (("prelu",), _inputs),
        ),
        doubled=True,
    ),
    Counter(
        "ptflops 0.6.9",
        "MACs",
        "MACs with biases; norms 2 for each input; activations, pools and upsampling 1 for each number",
        "ptflops 0.6.9, pytorch_ops.py, measured; mmcv's counter descends from it",
        _table(
            *PTFLOPS,
            (("deconv",), _slid_with_bias),
            (POOLS, _inputs),
            (("relu", "relu6", "leakyrelu", "prelu", "elu", "gelu"), _inputs),
            (("upsample",), _outputs),
        ),
        doubled=True,
    ),
    Counter(
        "ptflops 0.7.4",
        "MACs",
        "the same, but most activations, pools and upsampling twice: as modules and as the functions that these call",
        "ptflops 0.7.4, its pytorch backend, measured",
        _table(*PTFLOPS, *PTFLOPS_TWICE, (("deconv",), _slid_with_bias)),
        doubled=True,
    ),
    Counter(
        "ptflops 0.7.5",
        "MACs",
        "the same, and transposed convolutions by their inputs",
        "ptflops 0.7.5, its pytorch backend, measured",
        _table(*PTFLOPS, *PTFLOPS_TWICE, (("deconv",), _with_bias)),
        doubled=True,
    ),
    Counter(
        "PyTorch FlopCounterMode",
        "FLOPs",
        "2 for each multiply-add, nothing else",
        "PyTorch, torch/utils/flop_counter.py, on a GPU; on a CPU it leaves out the products of fused attention",
        _table(((*PRODUCTS, "attention", "matmul"), _twice)),
    ),
    Counter(
        "Molchanov et al. 2016",
        "FLOPs",
        "2*W*H*(D*F*F + 1)*K of convolutions, (2*I - 1)*O of fully-connected layers",
        "Molchanov et al. 2016, arXiv:1611.06440, appendix A.1",
        _table(((*PLAIN, "deconv"), _multiplications_and_additions), (("fc",), lambda layer: 2 * layer.macs - layer.outputs)),
    ),
    Counter(
        "DeepSpeed",
        "FLOPs",
        "2 for each multiply-add; biases of convolutions; batch norm 2, other norms 5; activations and pools 1",
        "DeepSpeed, flops_profiler/profiler.py, eval mode; older versions count other biases of DECONV",
        _table(
            ((*PLAIN, "deconv"), lambda layer: 2 * layer.macs + (layer.outputs if layer.biases else 0)),
            (("fc", "matmul"), _twice),
            (("bn",), _norm(2, 1)),
            (NORMS, _norm(5, 4)),
            (POOLS, _inputs),
            (("relu", "relu6", "leakyrelu", "prelu", "elu", "gelu", "silu", "softmax", "upsample"), _inputs),
        ),
    ),
    Counter(
        "DeepSpeed, training mode",
        "FLOPs",
        "the same, but batch norm 5 for each input",
        "DeepSpeed, flops_profiler/profiler.py, _batch_norm_flops_compute",
        _table(
            ((*PLAIN, "deconv"), lambda layer: 2 * layer.macs + (layer.outputs if layer.biases else 0)),
            (("fc", "matmul"), _twice),
            (("bn", *NORMS), _norm(5, 4)),
            (POOLS, _inputs),
            (("relu", "relu6", "leakyrelu", "prelu", "elu", "gelu", "silu", "softmax", "upsample"), _inputs),
        ),
    ),
)
NOT_STATIC = (
    "TensorFlow's profiler, which Keras uses: it counts the graph after rewriting, where batch norm may be folded away",
    "measured FLOPs (nsight, perf): Winograd, FFT and implicit-GEMM convolutions do other numbers of operations, padding included",
    "ptflops, DeepSpeed and thop only see modules and patched functions: a ReLU or a pool called in another way is not counted",
    "nn.MultiheadAttention, whose projections are no modules: torchinfo and thop count 0, ptflops its products and softmax as well",
)
"""Figures that cannot be computed from an architecture, and why."""
