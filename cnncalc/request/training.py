"""How a network is trained: the settings that determine the memory of training."""

from __future__ import annotations

from cnncalc.named_tuple import NamedTuple
from cnncalc.request.optimizers import OPTIMIZERS


class Training(NamedTuple):
    """How a network is trained."""

    optimizer: str = "momentum"
    weight_decay: bool = False
    frozen: tuple[str, ...] = ()
    """Layers with frozen parameters, and blocks by their path."""
    norm_training: bool = True
    """Whether batch norms use the statistics of the batch, and dropout is active."""
    size: int = 4
    """Bytes per number of activations."""
    parameter_size: int = 4
    """Bytes per number of parameters, their gradients and optimizer state."""
    cast_size: int = 0
    """Autocast: bytes per parameter of the 16-bit copies; 0 without autocast."""
    autocast_on: str = "cpu"
    """The operator list of autocast: `cpu` or `cuda`."""
    accumulate: int = 1
    """Micro-batches whose gradients are added up before a step of the optimizer."""
    checkpoint: str = ""
    """Gradient checkpointing: `auto`, `root`, or a number of segments; empty for none."""

    @property
    def copies(self) -> int:
        """Return the number of copies of the parameters in the textbook sum: weights, gradients and the optimizer's caches.

        Plain SGD has no cache. A state that is no multiple of the parameters is not among them.
        Source: CS231n course notes, "Computational Considerations": a cache "if the optimization is using momentum, Adagrad, or
        RMSProp", and then "at least 3 or so".
        """
        return 2 + OPTIMIZERS[self.optimizer].state
