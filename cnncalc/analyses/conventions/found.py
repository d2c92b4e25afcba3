"""Every counter of this folder, and the figures that they print for a network."""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING, cast

from cnncalc.analyses.conventions.counter import facts
from cnncalc.layers.base import MACS
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.conventions.counter import Counter, Facts

NOT_STATIC = (
    "TensorFlow's profiler, which Keras uses: it counts the graph after rewriting, where batch norm may be folded away",
    "measured FLOPs (nsight, perf): Winograd, FFT and implicit-GEMM convolutions do other numbers of operations, padding included",
    "ptflops, DeepSpeed and thop only see modules and patched functions: a ReLU or a pool called in another way is not counted",
    "nn.MultiheadAttention, whose projections are no modules: torchinfo and thop count 0, ptflops its products and softmax as well",
)
"""Figures that cannot be computed from an architecture, and why."""


class Printed(NamedTuple):
    """The result of a counter: `missing` are kinds without a rule, `nothing` the reasons for kinds with work that count 0."""

    counter: Counter
    value: int
    """At least this much if something is missing."""
    missing: tuple[str, ...]
    nothing: dict[str, str]


@functools.cache
def counters() -> tuple[Counter, ...]:
    """Return the counters of all files: plain multiply-adds first, then by the name of the tool."""
    folder = os.path.dirname(__file__)  # noqa: PTH120  pathlib costs start-up
    names = sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".py"))  # noqa: PTH208
    modules = [
        importlib.import_module(f"cnncalc.analyses.conventions.{name}")
        for name in names
        if name not in {"__init__", "counter", "found"}
    ]
    each = [cast("tuple[Counter, ...]", module.COUNTERS) for module in modules]
    return tuple(counter for group in sorted(each, key=lambda group: group[0].name != "MACs") for counter in group)


def counted(report: Analysis) -> tuple[Printed, ...]:
    """Return the result of each counter for an analysis."""
    layers = [
        (row.kind, facts(row.typed, row.counts), bool(row.counts.flops), MACS in row.counts.unknown)
        for row in report.rows
        if row.typed.inputs
    ]
    return tuple(_printed(counter, layers) for counter in counters())


def _printed(counter: Counter, layers: Sequence[tuple[str, Facts, bool, bool]]) -> Printed:
    value = 0
    missing: set[str] = set()
    nothing: dict[str, str] = {}
    for kind, layer, works, unknown in layers:
        rule = counter.rules.get(kind, counter.other)
        found = rule(layer) if rule else 0 if kind in counter.zeros else None
        value += found or 0
        if unknown or (found is None and works):
            missing.add(kind)
        elif works and kind in counter.zeros:
            nothing[kind] = counter.zeros[kind]
    return Printed(counter, value, tuple(sorted(missing)), nothing)
