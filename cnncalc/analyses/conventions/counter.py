"""A tool or a paper that counts, the facts of a layer that its rules use, and rules that several of them share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnncalc.analyses.counts import LayerCounts
    from cnncalc.graph.graph import Typed

    Rule = Callable[["Facts"], int | None]


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
    typed: Typed
    """The layer on its inputs, for rules that depend on an option."""


class Counter(NamedTuple):
    """A tool or a paper, and its way of counting."""

    name: str
    unit: str
    """Its own name for its unit: MACs or FLOPs."""
    counts: str
    """The way of counting in a few words."""
    source: str
    rules: Mapping[str, Rule]
    """By layer kind; None from a rule: unknown for this layer."""
    zeros: Mapping[str, str]
    """The reason why it counts nothing, by layer kind. A kind with work and in neither table is unknown, never 0."""
    other: Rule | None = None
    """The rule of every other kind, where the convention is a definition and not the table of a program."""
    doubled: bool = False
    """Whether twice its figure of multiply-adds is also quoted, as FLOPs."""


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
        typed,
    )


PLAIN = ("conv", "dwconv")
PRODUCTS = (*PLAIN, "deconv", "fc")
POOLS = ("pool", "avgpool", "gap", "gmp")
NORMS = ("ln", "gn", "in")
FUNCTIONS = (
    *("selu", "celu", "mish", "sigmoid", "tanh", "hsigmoid", "hswish", "softplus", "glu", "clip"),
    *("pow", "sqrt", "exp", "log", "abs", "neg", "scale", "layerscale"),
    *("add", "sub", "mul", "div", "maximum", "minimum", "mean", "max", "sum", "norm", "table"),
)
"""Kinds that no tool counts: x + y, x.mean(1) or torch.sigmoid(x) is no module, function or operator of its tables."""
STRUCTURE = (
    *("concat", "pad", "crop", "slice", "shuffle", "d2s", "s2d", "reshape", "flatten", "identity", "transpose"),
    *("dropout", "stochdepth"),
)
"""Kinds without arithmetic, which no tool counts."""


def table(*entries: tuple[Sequence[str], Rule]) -> dict[str, Rule]:
    """Return one rule for each kind."""
    return {kind: rule for kinds, rule in entries for kind in kinds}


def zeros(reason: str, *kinds: str) -> dict[str, str]:
    """Return the reason for the kinds that no tool counts, and for more of them."""
    return dict.fromkeys((*FUNCTIONS, *STRUCTURE, *kinds), reason)


def macs(layer: Facts) -> int:
    """Return the multiply-adds."""
    return layer.macs


def twice(layer: Facts) -> int:
    """Return 2 for each multiply-add."""
    return 2 * layer.macs


def inputs(layer: Facts) -> int:
    """Return 1 for each input."""
    return layer.inputs


def with_bias(layer: Facts) -> int:
    """Return the multiply-adds, and 1 for each output of a layer with a bias."""
    return layer.macs + (layer.outputs if layer.biases else 0)


def slid(layer: Facts) -> int:
    """Return the weights at each position of the output: wrong for transposed convolutions, but the rule of some tools."""
    return layer.positions * layer.weights


def slid_with_bias(layer: Facts) -> int:
    """Return `slid`, and 1 for each output of a layer with a bias."""
    return slid(layer) + (layer.outputs if layer.biases else 0)


def norm(affine: int, plain: int) -> Rule:
    """Return the rule of `affine` operations per number of the input with a learned scale, and `plain` ones without."""
    return lambda layer: layer.inputs * (affine if layer.weights else plain)


def unless_standardized(rule: Rule) -> Rule:
    """Return the rule of a plain convolution; unknown with standardized kernels, which each library computes in its way."""
    return lambda layer: None if layer.typed.layer.rewrites_kernel() else rule(layer)


def projections(layer: Facts) -> int:
    """Return the multiply-adds of the projections of attention, without its products."""
    return layer.macs - layer.products


def unless_fused(layer: Facts) -> int:
    """Return the multiply-adds that are visible: all, or those of the projections alone."""
    return layer.macs - (layer.products if layer.fused else 0)
