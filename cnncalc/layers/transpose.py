"""TRANSPOSE: the depth exchanged for the positions, or for one axis."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._global import whole_window
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Example, Gradients, Keeps, Misfit, Shorthand, Values
from cnncalc.layers.options import Option, choice
from cnncalc.maths.volume import AXES, Volume
from cnncalc.maths.window import Axis, Window

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted

AXIS_WORDS = ("length", "width", "height", "time")
OVER = Option(
    "over", choice("positions", *AXIS_WORDS), f"positions, {', '.join(AXIS_WORDS)}", "what the depth is exchanged for", "positions"
)


@final
class Transpose(Structure):
    """Exchanges the depth for all positions, LxD to DxL and WxHxD to Dx1x(W*H), or for one axis, such as WxHxD to DxHxW.

    A view that shares its input's memory. Source: Tolstikhin et al. 2021, arXiv:2105.01601, section 2 (token mixing).
    """

    kind = "transpose"
    summary = "the depth exchanged for the positions, or for one axis"
    options: ClassVar[tuple[Option, ...]] = (OVER,)
    shorthand = Shorthand(first="over")
    told = ("over",)
    in_place = True
    examples = (
        Example("196x768", "TRANSPOSE", "768x196", source="Tolstikhin et al. 2021, Mixer-B/16", window="whole"),
        Example("14x12x64", "TRANSPOSE(height)", "14x64x12", window="irregular 1x12"),
        Example("3x2", "TRANSPOSE", "2x3", values=Values("1 2 3 | 4 5 6", "1 4 | 2 5 | 3 6"), keeps=Keeps("view", gradient="same")),
        Example("2x1x2", "TRANSPOSE", "2x1x2", values=Values("1 2 | 3 4", "1 3 | 2 4")),
        Example("2x2x1", "TRANSPOSE(width)", "1x2x2", values=Values("1 2; 3 4", "1; 3 | 2; 4")),
    )

    over: str

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the volume with the two sides exchanged."""
        (volume,) = inputs
        if self.over == "positions":
            return Volume((volume.depth, *(1,) * (volume.rank - 1)), math.prod(volume.size))
        axes = AXES[volume.rank]
        if self.over not in axes:
            raise Misfit(
                misfits.ARGUMENT,
                f"TRANSPOSE over `{self.over}`, but the input {volume.text} has {', '.join(axes)}",
                field="over",
                label=f"the input is {volume.text}",
            )
        at = axes.index(self.over)
        return Volume((*volume.size[:at], volume.depth, *volume.size[at + 1 :]), volume.size[at])

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return all positions, or all of one axis."""
        (volume,) = inputs
        if self.over == "positions":
            return (whole_window(volume),)
        chosen = [name == self.over for name in AXES[volume.rank]]
        axes = tuple(Axis(side if all_ else 1) for side, all_ in zip(volume.size, chosen, strict=True))
        places = tuple(partial(_seen, side if all_ else 0) for side, all_ in zip(volume.size, chosen, strict=True))
        return (Window(axes, "irregular", places=places),)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep: the output is a view."""
        return Keeps("view", gradient="same")

    def label(self) -> str:
        """Return `TRANSPOSE`, or `TRANSPOSE(over=width)`."""
        return self.text()

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return a view with the axes exchanged."""
        from cnncalc.kernels.matmul import transpose

        return transpose(inputs[0], self._axis(inputs[0]))

    def _axis(self, x: Array) -> int:
        """Return the axis of the array that is exchanged, or -1 for all positions."""
        names = AXES[x.ndim - 2]
        return x.ndim - 2 - names.index(self.over) if self.over in names else -1

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return a view of the gradient with the axes exchanged again."""
        from cnncalc.kernels.matmul import transpose_backward

        (x,) = kept.inputs
        return Gradients((transpose_backward(gradient, x.shape, self._axis(x)),))


def _seen(all_: int, at: int) -> range:
    """Return all places of an axis, or the own one."""
    return range(all_) if all_ else range(at, at + 1)
