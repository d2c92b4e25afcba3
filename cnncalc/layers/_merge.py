"""Layers that join several volumes into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers import misfits
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Misfit
from cnncalc.maths.volume import axis_name

if TYPE_CHECKING:
    from cnncalc.layers.options import Option
    from cnncalc.maths.volume import Volume


class Merge(Structure):
    """Joins two or more volumes."""

    options: ClassVar[tuple[Option, ...]] = ()
    merges = True

    def check(self, inputs: tuple[Volume, ...]) -> None:
        """Refuse a single input, and inputs with different numbers of axes."""
        if len(inputs) < 2:
            raise Misfit(
                misfits.MERGE_INPUTS,
                f"{self.name()} joins volumes, but gets only one",
                label="one input",
                hints=(f"put branches before it, `{{ a | b }} -> {self.name()}`, or name a step to join, `{self.name()}(skip)`",),
            )
        for at, volume in enumerate(inputs):
            if volume.rank != inputs[0].rank:
                raise differ(self.name(), inputs, at, "number of axes", inputs[0].rank, volume.rank)

    def check_sizes(self, inputs: tuple[Volume, ...]) -> None:
        """Refuse volumes of different width or height."""
        for at, volume in enumerate(inputs):
            for axis, (wanted, have) in enumerate(zip(inputs[0].size, volume.size, strict=True)):
                if wanted != have:
                    raise differ(self.name(), inputs, at, axis_name(axis, volume.rank), wanted, have)


def differ(kind: str, inputs: tuple[Volume, ...], at: int, what: str, wanted: int, have: int) -> Misfit:
    """Return the misfit of two inputs: which, along which axis, the two sizes, and what would make them meet."""
    return Misfit(
        misfits.SHAPES,
        f"{kind} input {at + 1} has {what} {have}, input 1 has {wanted}",
        label=f"{what} {wanted} and {have}",
        notes=(f"the inputs are {', '.join(volume.text for volume in inputs)}",),
        hints=(_meet(what, wanted, have, at),),
    )


def _meet(what: str, wanted: int, have: int, at: int) -> str:
    """Return what would make two sizes equal."""
    small, large, branch = (wanted, have, at + 1) if wanted < have else (have, wanted, 1)
    other = 1 if branch == at + 1 else at + 1
    if what == "depth":
        return f"`CONV1-{wanted}` at the end of input {at + 1}, or `CONV1-{have}` at the end of input 1, makes the depths equal"
    if large % small == 0:
        return f"a stride of {large // small} in input {branch}, or `UPSAMPLE{large // small}` in input {other}, makes them meet"
    return f"input {branch} is {large - small} larger: more padding in input {other}, or a CROP in input {branch}, makes them meet"
