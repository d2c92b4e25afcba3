"""The miscellaneous memory of the notes: the image batch, its augmented copies, and the workspace of im2col.

Source: CS231n course notes, "Computational Considerations" and "Implementation as Matrix Multiplication". Bytes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.analyses import memory
from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import MEMORY, PARAMETERS
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Network, Typed


class Miscellaneous(NamedTuple):
    """Bytes by use; no peak includes the copies or the workspace."""

    images: int
    """The image batch."""
    augmented: int
    """Further copies of the image batch, rotated, mirrored or cropped."""
    im2col: int
    """The largest matrix of stretched-out windows, for one image; libraries free it after each layer and image."""
    im2col_at: int | None
    """The node with that matrix; None if no convolution needs one."""


def miscellaneous(network: Network, batch: int, size: int, copies: int = 0) -> Miscellaneous:
    """Return the bytes for a batch of numbers of `size` bytes, with `copies` augmented copies of each image."""
    images = network.image_bytes(size) * batch
    memo: dict[Typed, int] = {}
    largest, where = 0, None
    for at, typed in enumerate(network.typed):
        if typed not in memo:
            memo[typed] = im2col(typed)
        if memo[typed] > largest:
            largest, where = memo[typed], at
    return Miscellaneous(images, copies * images, largest * size, where)


def im2col(typed: Typed) -> int:
    """Return C*F*F*Wout*Hout, the values of X_col for one image; 0 without such a matrix.

    Only layers with weights of kernel x input depth x filters, shared by all positions, need one. A 1x1 kernel at stride 1
    multiplies the input in place.
    """
    weight = next((tensor for tensor in typed.tensors if tensor.role != "bias"), None)
    if weight is None or len(weight.shape) != typed.output.rank + 2:
        return 0
    window, volume = typed.windows[weight.input], typed.inputs[weight.input]
    if window is None or window.form != "windowed":
        return 0
    cells = math.prod(axis.kernel for axis in window.axes)
    if cells == 1 and volume.size == typed.output.size:
        return 0
    return volume.depth * cells * math.prod(typed.output.size)


def analyse(subject: Subject) -> Miscellaneous:
    """Return the bytes under the request."""
    return miscellaneous(subject.network, subject.batch, subject.setup.size, subject.request.augmented)


def in_all(subject: Subject) -> int:
    """Return the notes' three sources of memory together: volumes with their gradients, parameters, and the rest.

    The image batch is among the volumes, so the rest is its augmented copies. Source: CS231n course notes, "Computational
    Considerations": three sources of memory.
    """
    return subject.of(memory.analyse).textbook + subject.of(analyse).augmented


FIGURES = (
    Figure(
        "memory.training.in_all",
        "bytes",
        "the notes' three sources together: volumes and gradients, the copies of the parameters, and augmented copies of the batch",
        in_all,
        better="less",
        reads=(PARAMETERS,),
    ),
    Figure("memory.miscellaneous.images", "bytes", "the batch of images", lambda subject: subject.of(analyse).images, reads=()),
    Figure(
        "memory.miscellaneous.augmented",
        "bytes",
        "augmented copies of the batch",
        lambda subject: subject.of(analyse).augmented,
        reads=(),
    ),
    Figure(
        "memory.miscellaneous.im2col",
        "bytes",
        "the largest matrix of im2col, for one image",
        lambda subject: subject.of(analyse).im2col,
        better="less",
        reads=(MEMORY,),
    ),
)
