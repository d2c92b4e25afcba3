"""What a network is run on, how, and the outcome: a forward pass, or dense evaluation, beside what was inferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.dense_evaluation import Slide
    from cnncalc.forward.dense_evaluation import Pass, Slid
    from cnncalc.forward.run import Run
    from cnncalc.kernels.conv import Algorithm

DTYPES = ("float32", "float64")
ALGORITHMS = ("auto", "blocked", "direct", "winograd")


class BadRunOptionError(ValueError):
    """An option that does not go with the network or with another option."""


class RunOptions(NamedTuple):
    """What a network is run on, and how."""

    image: tuple[str, ...] = ()
    """The path of a picture; of one of several inputs `left=cat.jpg`."""
    array: tuple[str, ...] = ()
    """The path of an .npy file, N x height x width x depth; of one of several inputs `left=x.npy`."""
    weights: str = ""
    """The path of an .npz file: `<layer>/<array>`; drawn from the seed unless given."""
    seed: int = 0
    algorithm: Algorithm = "auto"
    threads: int = 0
    """0: one for each processor."""
    layers: tuple[str, ...] = ()
    """Layers whose outputs are wanted besides the results."""
    force: bool = False
    """Whether to run even if the estimate exceeds the available memory."""


class Verified(NamedTuple):
    """A forward pass beside what was inferred."""

    report: Analysis
    run: Run
    options: RunOptions
    threads: int
    weights_seconds: float
    estimate: int
    """Bytes that were predicted: parameters, buffers and live volumes."""
    measured: int | None
    """Bytes of resident memory at the largest moment, beyond those before; None where the system does not tell."""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether every layer is as inferred."""
        return not self.run.differences


class DenseEvaluation(NamedTuple):
    """A network that slid over an image, beside its crops."""

    name: str
    slide: Slide
    passes: Sequence[Pass]
    slid: Slid
    dtype: str
    padded: tuple[str, ...]
    """The layers that surround their input with zeros."""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether the scores are the same, or zeros around the crops explain why they are not."""
        return not self.slid.differing or bool(self.padded)
