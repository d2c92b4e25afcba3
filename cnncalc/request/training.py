"""How a network is trained: the choices that decide what training needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.request.dtypes import BYTES
from cnncalc.request.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from cnncalc.request.request import Request

PARAMETER_COPIES = 3  # the notes' "at least 3": weights, gradients, and the cache of momentum, Adagrad or RMSProp


class Training(NamedTuple):
    """How a network is trained."""

    optimizer: str = "momentum"
    weight_decay: bool = False
    frozen: tuple[str, ...] = ()
    """Layers, and blocks by their path, whose parameters are frozen."""
    norm_training: bool = True
    """Whether batch norms use the statistics of the batch, and dropout drops."""
    size: int = 4
    """Bytes per number of activations."""
    parameter_size: int = 4
    """Bytes per number of parameters, gradients and optimizer state."""
    cast_size: int = 0
    """Autocast: bytes per parameter of the copies in 16 bit."""
    checkpoint: str = ""
    """Gradient checkpointing: `auto`, `root`, or a number of segments; empty for none."""

    @property
    def copies(self) -> int:
        """Return how often the textbook counts the parameters: weights, gradients and the optimizer's caches."""
        return max(PARAMETER_COPIES, 2 + OPTIMIZERS[self.optimizer].state)


def training_of(request: Request) -> Training:
    """Return how a network trains under a request; ValueError where its options conflict."""
    if request.autocast and request.dtype != "float32":
        message = f"autocast keeps float32 parameters; it does not go with dtype {request.dtype}"
        raise ValueError(message)
    size = BYTES[request.dtype]
    cast = BYTES[request.autocast] if request.autocast else 0
    return Training(
        optimizer=request.optimizer,
        weight_decay=request.weight_decay,
        frozen=request.freeze,
        norm_training=request.norm == "training",
        size=cast or size,
        parameter_size=size,
        cast_size=cast,
        checkpoint=request.checkpoint,
    )
