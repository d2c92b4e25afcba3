"""How a network is trained: the choices that decide what training needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.request.dtypes import BYTES
from cnncalc.request.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cnncalc.request.devices import Device

AUTOCASTS = ("float16", "bfloat16")
NORMS = ("training", "eval")
SCHEDULES = ("spec", "best")
CHECKPOINTS = ("auto", "root")
PARAMETER_COPIES = 3  # the notes' "at least 3": weights, gradients, and the cache of momentum, Adagrad or RMSProp


class Mode(NamedTuple):
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


class Asked(NamedTuple):
    """What is wanted beyond the usual figures."""

    augmented: int = 0
    """Augmented copies of each image that are kept beside it."""
    schedule: str = "spec"
    """The order of inference: that of the spec, or the best one that is found."""
    timeline: bool = False
    device: Device | None = None


def mode_of(
    *,
    dtype: str = "float32",
    optimizer: str = "momentum",
    autocast: str | None = None,
    weight_decay: bool = False,
    freeze: Sequence[str] = (),
    norm: str = "training",
    checkpoint: str | int | None = None,
) -> Mode:
    """Return how a network is trained; ValueError names the bad option."""
    known("dtype", dtype, BYTES)
    known("optimizer", optimizer, OPTIMIZERS)
    known("norm", norm, NORMS)
    if autocast is not None:
        known("autocast", autocast, AUTOCASTS)
        if dtype != "float32":
            message = f"autocast keeps float32 parameters; it does not go with dtype {dtype}"
            raise ValueError(message)
    size = BYTES[dtype]
    return Mode(
        optimizer=optimizer,
        weight_decay=weight_decay,
        frozen=tuple(freeze),
        norm_training=norm == "training",
        size=BYTES[autocast] if autocast else size,
        parameter_size=size,
        cast_size=BYTES[autocast] if autocast else 0,
        checkpoint=_checkpoint(checkpoint),
    )


def _checkpoint(way: str | int | None) -> str:
    text = "" if way is None else str(way)
    if text in {"", *CHECKPOINTS} or (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= 1):
        return text
    message = f"checkpoint is auto, root or a number of segments, not {way!r}"
    raise ValueError(message)


def known(what: str, value: str, words: Collection[str]) -> None:
    """Refuse a word that is not among the known ones."""
    if value not in words:
        from cnncalc.text.suggest import did_you_mean  # noqa: PLC0415  on the way to an error

        hint = "".join(f"; {each}" for each in did_you_mean(str(value), words))
        message = f"{what} is one of {', '.join(words)}, not {value!r}{hint}"
        raise ValueError(message)
