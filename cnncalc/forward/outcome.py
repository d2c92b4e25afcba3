"""The options of a run and its outcome: a forward pass, or dense evaluation, beside the inferred facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.dense_evaluation import Slide
    from cnncalc.forward.dense_evaluation import Pass, Slid
    from cnncalc.forward.given_weights import GivenWeights
    from cnncalc.forward.run import Run
    from cnncalc.forward.selection import Part
    from cnncalc.kernels.arrays import Array
    from cnncalc.kernels.conv import Algorithm
    from cnncalc.text.diagnostic import Diagnostic

DTYPES = ("float32", "float64")
ALGORITHMS = ("auto", "blocked", "direct", "winograd")


class BadRunOptionError(ValueError):
    """An option that conflicts with the network or with another option."""


class RunOptions(NamedTuple):
    """The input of a run, and its options."""

    image: tuple[str, ...] = ()
    """The path of a picture; `left=cat.jpg` for one of several inputs."""
    array: tuple[str, ...] = ()
    """The path of an .npy file, N x height x width x depth, or values, `1 2 3; 4 5 6`; `left=x.npy` for one of several inputs."""
    weights: tuple[str, ...] = ()
    """The path of an .npz file with arrays `<layer>/<array>`, and values by name, `conv1=1 2 3`; otherwise random from the seed."""
    seed: int = 0
    algorithm: Algorithm = "auto"
    threads: int = 0
    """0: one for each processor."""
    layers: tuple[str, ...] = ()
    """Layers whose outputs to keep in addition to the results."""
    force: bool = False
    """Whether to run even if the estimate exceeds the available memory."""
    shown: tuple[str, ...] = ()
    """Layers whose values to show, or parts of them, `conv1[:,:,0]`; an empty text for the outputs."""
    digits: int | None = None
    """Significant digits of these values; as many as they have unless given."""
    init: str = ""
    """What random weights begin with: `gaussian=0.01`, `he` or `constant=0`; empty: uniform, and unlike for every array."""


class Verified(NamedTuple):
    """A forward pass beside the inferred facts."""

    report: Analysis
    run: Run
    options: RunOptions
    weights: GivenWeights
    """What was said of the weights."""
    threads: int
    weights_seconds: float
    estimate: int
    """Predicted bytes: parameters, buffers and live volumes."""
    measured: int | None
    """Peak bytes of resident memory, beyond those before the run; None where the system does not report them."""
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    """The values to show."""
    carried: bool = False
    """Whether the inputs are those of the spec."""

    @property
    def passed(self) -> bool:
        """Return whether every layer is as inferred."""
        return not self.run.differences


class Changed(NamedTuple):
    """A layer before and after the shift."""

    before: Array
    after: Array
    differing: int
    """The number of values that differ by more than rounding."""


class Shifted(NamedTuple):
    """A network on an image, and on the shifted image."""

    report: Analysis
    shift: tuple[int, ...]
    """Pixels to the right, down and later."""
    layers: Sequence[Changed]
    notes: tuple[str, ...]


class DenseEvaluation(NamedTuple):
    """A network that slid over an image, beside its crops."""

    name: str
    slide: Slide
    passes: Sequence[Pass]
    slid: Slid
    dtype: str
    padded: tuple[str, ...]
    """The layers that pad their input with zeros."""
    notes: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether the scores are the same, or the zeros around the crops explain the differences."""
        return not self.slid.differing or bool(self.padded)
