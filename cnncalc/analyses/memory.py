"""Memory as the course notes add it up: every listed volume, x 2 with gradients, parameters x 3, the image batch.

Source: CS231n course notes, "Computational Considerations". All results are bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts
from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import PARAMETERS
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.dtypes import BYTES
from cnncalc.request.training import PARAMETER_COPIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.analyses.counts import Totals
    from cnncalc.analyses.subject import Subject


class Memory(NamedTuple):
    """Bytes for a batch."""

    forward: int
    """All listed volumes, including the images."""
    with_gradients: int
    """Volumes and their gradients, of equal size."""
    parameters: int
    buffers: int
    parameters_training: int
    """Parameters, their gradients and the optimizer's cache: x 3, or x 4 with Adam."""
    images: int
    """The image batch alone."""
    textbook: int
    """The memory of training by the notes' sum: with_gradients + parameters_training."""


def memory(totals: Totals, images: int, batch: int, dtype: str, copies: int = PARAMETER_COPIES) -> Memory:
    """Return the notes' sums for a batch, with `images` bytes per image, and `copies` of the parameters (4 with Adam)."""
    size = BYTES[dtype]
    forward = totals.memory(size) * batch
    gradients = (totals.values - totals.own_values) * size * batch  # indices have none
    parameters = totals.params * size
    return Memory(
        forward=forward,
        with_gradients=forward + gradients,
        parameters=parameters,
        buffers=(totals.buffers - totals.fixed_buffers) * size + totals.fixed_bytes,
        parameters_training=copies * parameters,
        images=images * batch,
        textbook=forward + gradients + copies * parameters,
    )


def analyse(subject: Subject) -> Memory:
    """Return the notes' sums under the request."""
    totals = subject.of(counts.analyse).totals
    return memory(totals, subject.network.image_bytes(BYTES[subject.dtype]), subject.batch, subject.dtype, subject.setup.copies)


def _bytes(name: str) -> Callable[[Subject], int]:
    return lambda subject: int(getattr(subject.of(analyse), name))


FIGURES = (
    Figure("memory.forward", "bytes", "all volumes, including the images", _bytes("forward"), better="less", reads=()),
    Figure(
        "memory.forward_and_gradients",
        "bytes",
        "all volumes and their gradients",
        _bytes("with_gradients"),
        better="less",
        reads=(),
    ),
    Figure("memory.parameters", "bytes", "parameters", _bytes("parameters"), better="less", reads=(PARAMETERS,)),
    Figure("memory.buffers", "bytes", "buffers", _bytes("buffers"), better="less", reads=(PARAMETERS,)),
    Figure(
        "memory.parameters_training",
        "bytes",
        "parameters, their gradients and the optimizer's caches as the course notes count them",
        _bytes("parameters_training"),
        better="less",
        reads=(PARAMETERS,),
    ),
    Figure("memory.images", "bytes", "the batch of images", _bytes("images"), better="less", reads=()),
    Figure(
        "memory.training.textbook",
        "bytes",
        "training as the course notes add it up: volumes and gradients, and the copies of the parameters",
        _bytes("textbook"),
        better="less",
        reads=(PARAMETERS,),
    ),
)
