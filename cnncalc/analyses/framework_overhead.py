"""The memory of a framework beyond tensor bytes: estimates, as ranges, never mixed into the exact figures.

The ranges were measured with PyTorch 2.13 on CUDA: blocks of 512 bytes cost about 1 %, the caching allocator reserves 8 to
45 % more than requested, a CUDA context takes 0.3 to 2 GB, and cuDNN workspaces 0 to 60 MiB per image.
For microcontrollers: David et al. 2020, arXiv:2010.08678 (memory of the interpreter in addition to the model's volumes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnncalc.analyses import inference, training
from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import MEMORY, PARAMETERS
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cnncalc.request.devices import Device

Verdict = Literal["fits", "borderline", "does not fit"]

ROUNDING = 1  # percent, blocks of 512 bytes
RESERVED = (8, 45)  # percent more than the tensors
CONTEXT = (300_000_000, 2_000_000_000)  # bytes
WORKSPACE = (0, 60 * 2**20)  # bytes for each image
INTERPRETER = (1_290, 26_500)  # bytes on a microcontroller


class Range(NamedTuple):
    """The least and the most bytes measured."""

    low: int
    high: int


class Overhead(NamedTuple):
    """The estimates in addition to the tensor bytes, for a batch."""

    tensors: int
    rounding: int
    reserved: Range
    """Includes rounding."""
    context: Range
    workspace: Range

    @property
    def total(self) -> Range:
        """Return the sum: at least tensors, rounding and the smallest context, at most the largest of each."""
        low = self.tensors + self.rounding + self.context.low + self.workspace.low
        return Range(low, self.tensors + self.reserved.high + self.context.high + self.workspace.high)


def framework_overhead(tensors: int, batch: int) -> Overhead:
    """Return the estimates for some tensor bytes."""
    low, high = RESERVED
    return Overhead(
        tensors,
        tensors * ROUNDING // 100,
        Range(tensors * low // 100, tensors * high // 100),
        Range(*CONTEXT),
        Range(WORKSPACE[0] * batch, WORKSPACE[1] * batch),
    )


def needed(device: Device, tensors: int, batch: int) -> Range:
    """Return the least and the most memory that a device needs for some tensor bytes."""
    if device.flash:
        return Range(tensors + INTERPRETER[0], tensors + INTERPRETER[1])
    return framework_overhead(tensors, batch).total


def verdict(device: Device, tensors: int, batch: int, stored: int = 0) -> Verdict:
    """Return whether tensors fit a device; `stored` bytes are parameters in the flash of a microcontroller."""
    low, high = needed(device, tensors, batch)
    if low > device.bytes or (device.flash and stored > device.flash):
        return "does not fit"
    return "fits" if high <= device.bytes else "borderline"


def surely(device: Device, fixed: int, per_image: int) -> int:
    """Return the largest batch with `fixed + per_image * batch` tensor bytes that surely fit a GPU; below 0 for none."""
    room = 100 * (device.bytes - CONTEXT[1]) - (100 + RESERVED[1]) * fixed
    return room // ((100 + RESERVED[1]) * per_image + 100 * WORKSPACE[1])


FIGURES = (
    Figure(
        "memory.framework_overhead.inference.rounding",
        "bytes",
        "overhead of 512-byte blocks in inference (an estimate)",
        lambda subject: framework_overhead(subject.of(inference.peak), subject.batch).rounding,
        reads=(PARAMETERS, MEMORY),
    ),
    Figure(
        "memory.framework_overhead.training.rounding",
        "bytes",
        "overhead of 512-byte blocks in training (an estimate)",
        lambda subject: framework_overhead(subject.of(training.peak), subject.batch).rounding,
        reads=(PARAMETERS, MEMORY),
    ),
)
