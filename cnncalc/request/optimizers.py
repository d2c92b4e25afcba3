"""The memory of optimizers: their state, and transient copies during a step.

Source: PyTorch 2.13, measured (foreach implementations); adadelta (Zeiler 2012, arXiv:1212.5701): PyTorch 2.14, measured;
Dettmers et al. 2021, arXiv:2110.02861 (8-bit states, blocks of 256 or more values with one float32 each); Shazeer and Stern 2018,
arXiv:1804.04235 (factored second moments).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Shape = tuple[int, ...]
_BLOCK = 256  # values with a common scale in an 8-bit state
_SMALL = 4096  # tensors below this size keep float32 states


class Optimizer(NamedTuple):
    """An optimizer: `state` copies of each parameter, `transient` copies during a step, `counter` bytes per tensor."""

    name: str
    state: int
    transient: int
    counter: int = 0
    special: Callable[[Sequence[Shape], int], int] | None = None
    """Returns the bytes of the state of some tensors, if it is not a multiple of the parameters."""


def _eight_bit(shapes: Sequence[Shape], size: int) -> int:
    """Return two bytes per parameter and two scales per block; small tensors keep two full copies."""
    numbers = [math.prod(shape) for shape in shapes]
    return sum(2 * count * size if count < _SMALL else 2 * count + 2 * 4 * -(-count // _BLOCK) for count in numbers)


def _adafactor(shapes: Sequence[Shape], size: int) -> int:
    """Return the row and column sums over the last two axes (in PyTorch's order), or a full copy for vectors."""
    return size * sum(_factored(_pytorch(shape)) for shape in shapes)


def _factored(shape: Shape) -> int:
    if len(shape) < 2:
        return math.prod(shape)
    *rest, rows, columns = shape
    return math.prod(rest) * (rows + columns)


def _pytorch(shape: Shape) -> Shape:
    """Return the axes in PyTorch's order: filters, depth, then the spatial axes."""
    return shape if len(shape) < 2 else (shape[-1], shape[-2], *shape[:-2])


OPTIMIZERS = {
    each.name: each
    for each in (
        Optimizer("sgd", 0, 0),
        Optimizer("momentum", 1, 0),
        Optimizer("nesterov", 1, 0),
        Optimizer("adagrad", 1, 2),
        Optimizer("rmsprop", 1, 1),
        Optimizer("rmsprop_centered", 3, 1),
        Optimizer("adadelta", 2, 2, 4),
        Optimizer("adam", 2, 1, 4),
        Optimizer("adamw", 2, 1, 4),
        Optimizer("amsgrad", 3, 1, 4),
        Optimizer("lion", 1, 1),
        Optimizer("adam8bit", 0, 0, 0, _eight_bit),
        Optimizer("adafactor", 0, 1, 4, _adafactor),
    )
}


class OptimizerMemory(NamedTuple):
    """Bytes of an optimizer for some tensors."""

    state: int
    transient: int


def optimizer_memory(optimizer: Optimizer, shapes: Sequence[Shape], size: int, *, weight_decay: bool = False) -> OptimizerMemory:
    """Return the bytes for learned tensors of these shapes; weight decay costs sgd and momentum a transient copy."""
    numbers = sum(math.prod(shape) for shape in shapes)
    special = optimizer.special(shapes, size) if optimizer.special else 0
    decayed = int(weight_decay and not optimizer.transient)
    return OptimizerMemory(
        optimizer.state * numbers * size + optimizer.counter * len(shapes) + special,
        (optimizer.transient + decayed) * numbers * size,
    )
