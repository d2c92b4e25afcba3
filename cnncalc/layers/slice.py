"""SLICE: some of the channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Example, Gradients, Keeps, Misfit, Shorthand, Values
from cnncalc.layers.options import Option, whole
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted

START = Option("start", whole(0), "an integer from 0", "the first channel", 0)
DEPTH = Option("depth", whole(), "an integer", "number of channels; the rest by default", None)


@final
class Slice(Structure):
    """Takes `depth` channels from `start` on; a view that shares its input's memory.

    Source: Ma et al. 2018, arXiv:1807.11164, "channel split".
    """

    kind = "slice"
    summary = "some of the channels, as a view"
    options: ClassVar[tuple[Option, ...]] = (START, DEPTH)
    shorthand = Shorthand(first="start")
    told = ("start", "depth")
    in_place = True
    examples = (
        Example("28x28x116", "SLICE(start=58)", "28x28x58"),
        Example("28x28x116", "SLICE(start=0, depth=58)", "28x28x58"),
        Example("1x4", "SLICE(start=1)", "1x3", values=Values("1 | 2 | 3 | 4", "2 | 3 | 4"), keeps=Keeps("view")),
        Example("1x4", "SLICE(start=1, depth=2)", "1x2", values=Values("1 | 2 | 3 | 4", "2 | 3")),
    )

    start: int
    depth: int | None

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W x H x depth."""
        (volume,) = inputs
        depth = volume.depth - self.start if self.depth is None else self.depth
        if depth < 1 or self.start + depth > volume.depth:
            field = "start" if self.depth is None or self.start >= volume.depth else "depth"
            raise Misfit(
                misfits.ARGUMENT,
                f"SLICE of the channels {self.start} to {self.start + max(depth, 1) - 1} exceeds the input depth {volume.depth}",
                field=field,
                label=f"the channels are 0 to {volume.depth - 1}",
                notes=(f"the input is {volume.text}",),
            )
        return Volume(volume.size, depth)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the output is a view; its gradient is copied into a new one of full size."""
        return Keeps("view")

    def label(self) -> str:
        """Return `SLICE(start=0, depth=58)`."""
        return self.text()

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return a view of the channels."""
        from cnncalc.kernels.shape import slice_depth

        (x,) = inputs
        return slice_depth(x, self.start, x.shape[-1] if self.depth is None else self.start + self.depth)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient with zeros for the other channels."""
        from cnncalc.kernels.shape_backward import slice_backward

        return Gradients((slice_backward(gradient, self.start, kept.inputs[0].shape[-1]),))
