"""The work of training: multiply-accumulates of the backward pass, and the sizes of all gradients.

A layer that multiplies its input by weights computes two products in the backward pass, each with as many multiply-accumulates
as in the forward pass: the gradient of its input (from the weights) and the gradient of its weights (from the input). Layers
without trainable layers before them, such as the first one, need no gradient of their input; frozen layers none of their weights.
Source: CS231n course notes, "Backpropagation, Intuitions" (gradients for matrix-matrix multiplication), and
"Convolutional Layer" (the backward pass of a convolution is a convolution).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts, trainable
from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.counts import Counts
    from cnncalc.analyses.subject import Subject
    from cnncalc.analyses.trainable import Trainable
    from cnncalc.graph.graph import Network


class BackwardWork(NamedTuple):
    """One layer, per image. Gradients of parameters are one set for the whole batch."""

    input_macs: int
    """Multiply-accumulates for the gradient of the input."""
    weight_macs: int
    """Multiply-accumulates for the gradient of the weights."""
    gradient_values: int
    """Numbers of the gradient of the output; 0 if neither the layer nor any layer before it is trainable."""
    gradient_params: int
    """Numbers of the gradients of weights and biases."""

    @property
    def macs(self) -> int:
        """Return the multiply-accumulates of both products."""
        return self.input_macs + self.weight_macs


class Backward(NamedTuple):
    """The work of each node, in order, and its sums."""

    rows: Sequence[BackwardWork]
    macs: int
    gradient_values: int
    """Only of counted volumes: in-place ones share the gradient of their input."""
    gradient_params: int


def backward_work(network: Network, counts: Counts, learns: Trainable) -> Backward:
    """Return the work of the backward pass for these trainable layers."""
    rows: list[BackwardWork] = []
    for at, (node, count) in enumerate(zip(network.nodes, counts.rows, strict=True)):
        rows.append(
            BackwardWork(
                *learns.backward_macs(at, node, count.macs.value, count.matmul),
                count.values if learns.depends[at] else 0,
                learns.learned[at],
            )
        )
    return Backward(
        rows,
        sum(row.macs for row in rows),
        sum(row.gradient_values for row, count in zip(rows, counts.rows, strict=True) if count.counted),
        sum(row.gradient_params for row in rows),
    )


def analyse(subject: Subject) -> Backward:
    """Return the work of the backward pass under the request."""
    return backward_work(subject.network, subject.of(counts.analyse), subject.of(trainable.analyse))


FIGURES = (
    Figure(
        "backward_macs",
        "",
        "multiply-accumulates of the backward pass, per image",
        lambda subject: subject.of(analyse).macs,
        lambda subject: [row.macs for row in subject.of(analyse).rows],
        "less",
        reads=(PARAMETERS, MACS),
    ),
    Figure(
        "gradient_values",
        "",
        "gradients of volumes, per image",
        lambda subject: subject.of(analyse).gradient_values,
        lambda subject: [row.gradient_values for row in subject.of(analyse).rows],
        "less",
        reads=(PARAMETERS,),
    ),
    Figure(
        "gradient_params",
        "",
        "gradients of parameters",
        lambda subject: subject.of(analyse).gradient_params,
        lambda subject: [row.gradient_params for row in subject.of(analyse).rows],
        "less",
        reads=(PARAMETERS,),
    ),
)
