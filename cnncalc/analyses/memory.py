"""Memory as the course notes add it up: every listed volume, x 2 with gradients, parameters x 3 with momentum, the image batch.

Source: CS231n course notes, "Computational Considerations". All results are bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts
from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import PARAMETERS
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.dtypes import BYTES
from cnncalc.request.optimizers import OPTIMIZERS

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
    """Parameters, their gradients and the optimizer's caches: x 2 with plain SGD, x 3 with momentum, x 4 with Adam."""
    images: int
    """The image batch alone."""
    textbook: int
    """The memory of training by the notes' sum: with_gradients + parameters_training."""
    cache: int = 0
    """The part of parameters_training that is no multiple of the parameters: factored or 8-bit states."""


def memory(totals: Totals, images: int, batch: int, dtype: str, copies: int, cache: int = 0) -> Memory:
    """Return the notes' sums for a batch: `images` bytes an image, `copies` of the parameters, `cache` further bytes for them."""
    size = BYTES[dtype]
    forward = totals.memory(size) * batch
    gradients = (totals.values - totals.own_values) * size * batch  # indices have none
    parameters = totals.params * size
    return Memory(
        forward=forward,
        with_gradients=forward + gradients,
        parameters=parameters,
        buffers=(totals.buffers - totals.fixed_buffers) * size + totals.fixed_bytes,
        parameters_training=copies * parameters + cache,
        images=images * batch,
        textbook=forward + gradients + copies * parameters + cache,
        cache=cache,
    )


def analyse(subject: Subject) -> Memory:
    """Return the notes' sums under the request."""
    totals, size = subject.of(counts.analyse).totals, BYTES[subject.dtype]
    images = subject.network.image_bytes(size)
    return memory(totals, images, subject.batch, subject.dtype, subject.setup.copies, _cache(subject, size))


def dominate_from(found: Memory, batch: int) -> int | None:
    """Return the smallest batch at which volumes and gradients take more than the parameters; None where there are no volumes.

    Source: CS231n course notes, "Computational Considerations": most of the memory is usually that of the activations.
    """
    per_image = found.with_gradients // batch
    return found.parameters_training // per_image + 1 if per_image else None


def _cache(subject: Subject, size: int) -> int:
    """Return the bytes of an optimizer's state that is no multiple of the parameters; few have one."""
    special = OPTIMIZERS[subject.setup.optimizer].special
    if special is None:
        return 0
    from cnncalc.analyses.trainable import trainable

    learned = (tensor for tensors in trainable(subject.network).tensors for tensor in tensors if tensor.role != "buffer")
    return special([tensor.shape for tensor in learned], size)


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
        "memory.training.volumes_dominate_from",
        "",
        "the smallest batch at which volumes and gradients take more than the parameters, by the notes' sum",
        lambda subject: dominate_from(subject.of(analyse), subject.batch),
        reads=(PARAMETERS,),
    ),
    Figure(
        "memory.training.textbook",
        "bytes",
        "training as the course notes add it up: volumes and gradients, and the copies of the parameters",
        _bytes("textbook"),
        better="less",
        reads=(PARAMETERS,),
    ),
)
