"""OPAQUE: an operator that is not modelled; its sizes hold, and what is not stated is not counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._global import whole_window
from cnncalc.layers.base import (
    FIELD,
    MACS,
    MEMORY,
    OPERATIONS,
    PARAMETERS,
    Example,
    Keeps,
    Layer,
    Misfit,
    Shorthand,
    Tensor,
    Work,
)
from cnncalc.layers.options import Option, choice, volume, whole
from cnncalc.maths.count import ZERO, dim
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, Gradients, How, Kept, Named, Role, Wanted
    from cnncalc.maths.volume import Volume

SHAPE = Option("shape", volume, "a volume such as 4x4x1024", "the output volume")
PARAMS = Option("params", whole(0), "an integer from 0", "learned numbers; not counted unless given", None, labelled="apart")
BUFFERS = Option(
    "buffers", whole(0), "an integer from 0", "stored numbers that are not learned; 0 if `params` is given", None, labelled="apart"
)
MULTIPLY_ADDS = Option(
    "macs", whole(0), "an integer from 0", "multiply-accumulates per image; not counted unless given", None, labelled="apart"
)
OTHER = Option(
    "operations", whole(0), "an integer from 0", "other operations per image; not counted unless given", None, labelled="apart"
)
KEPT = Option(
    "kept", whole(0), "an integer from 0", "numbers kept for backward per image; not counted unless given", None, labelled="apart"
)
SEES = Option(
    "sees",
    choice("pixel", "whole"),
    "pixel or whole",
    "what a neuron sees of the input; unknown unless given",
    None,
    labelled="apart",
)


@final
class Opaque(Layer):
    """An operator that is not modelled, of one or several inputs. Its output volume is given; nothing is inferred.

    What is not given (parameters, work, memory kept for backward, receptive field) is not counted: it is listed, and the figures
    that it belongs to are lower bounds, "at least". It cannot run: `verify` refuses it.
    """

    kind = "opaque"
    summary = "an operator that is not modelled: its output volume is given, the rest is counted only where it is stated"
    options: ClassVar[tuple[Option, ...]] = (SHAPE, PARAMS, BUFFERS, MULTIPLY_ADDS, OTHER, KEPT, SEES)
    shorthand = Shorthand(first="shape")
    told = ("shape",)
    merges = True
    modelled = False
    examples = (
        Example("8x8x4", "OPAQUE(4x4x10)", "4x4x10", keeps=Keeps("new"), window="unknown 1"),
        Example("8x8x4 4x4x2", "OPAQUE(8x8x4)", "8x8x4", window="unknown 1"),
        Example(
            "8x8x4",
            "OPAQUE(8x8x16, params=80, macs=4096, operations=64, kept=256, sees=pixel)",
            "8x8x16",
            weights=80,
            macs=4096,
            operations=64,
            keeps=Keeps("new", values=256),
        ),
        Example("8x8x4", "OPAQUE(1x1x4, params=0, buffers=3, sees=whole)", "1x1x4", window="whole"),
    )

    shape: Volume
    params: int | None
    buffers: int | None
    macs: int | None
    operations: int | None
    kept: int | None
    sees: str | None

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the given volume."""
        for given in inputs:
            if self.sees == "pixel" and given.size != self.shape.size:
                raise Misfit(
                    misfits.ARGUMENT,
                    f"OPAQUE makes {self.shape.text} of {given.text}: no neuron has an input pixel at its own place",
                    field="sees",
                    label="the sizes differ",
                    hints=("leave out `sees`, or write `sees=whole`",),
                )
        return self.shape

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return what `sees` states, for each input."""
        if self.sees == "pixel":
            return (None,) * len(inputs)
        if self.sees == "whole":
            return tuple(map(whole_window, inputs))
        return tuple(Window((Axis(1),) * each.rank, "unknown") for each in inputs)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return the stated numbers, in one array each."""
        stated: tuple[tuple[Role, int | None], ...] = (("weight", self.params), ("buffer", self.buffers))
        return tuple(Tensor(role, role, dim("N", numbers), (numbers,)) for role, numbers in stated if numbers)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return the stated work."""
        return Work(dim("stated", self.macs) if self.macs else ZERO, dim("stated", self.operations) if self.operations else ZERO)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return a new volume, and the stated numbers beside it."""
        return Keeps("new", values=self.kept or 0)

    def unknown(self) -> tuple[str, ...]:
        """Return what is not stated."""
        stated = ((PARAMETERS, self.params), (MACS, self.macs), (OPERATIONS, self.operations), (MEMORY, self.kept))
        found = tuple(fact for fact, value in stated if value is None)
        return found if self.sees else (*found, FIELD)

    def label(self) -> str:
        """Return `OPAQUE(4x4x10)`."""
        return f"OPAQUE({self.shape.text})"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Raise Misfit: its function is not modelled."""
        raise Misfit(misfits.NOT_MODELLED, "OPAQUE cannot run: its function is not modelled")

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Raise Misfit: its function is not modelled."""
        raise Misfit(misfits.NOT_MODELLED, "OPAQUE has no backward step: its function is not modelled")
