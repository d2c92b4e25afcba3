"""Normalizations: the volume keeps its size; the output is a new volume."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

from cnncalc.layers import misfits
from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Gradients, Misfit, Passed, Tensor
from cnncalc.layers.options import Option, boolean, number
from cnncalc.maths.count import Count, dim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.kernels.norm_backward import Form
    from cnncalc.layers.base import Array, Arrays, How, Kept, Layer, Named, Wanted
    from cnncalc.maths.volume import Volume

SCALE = Option("scale", boolean, "true or false", "whether a scale is learned", default=True, labelled="apart")
SHIFT = Option("shift", boolean, "true or false", "whether a shift is learned beside the scale", default=True, labelled="apart")
EPSILON = Option("eps", number(0), "a number", "added to the variance against division by zero", 1e-5, labelled="never")


def affine(*, default: bool) -> Option:
    """Return the option for the learned scale and shift."""
    return Option("affine", boolean, "true or false", "whether a scale and a shift are learned", default=default, labelled="apart")


def check_groups(layer: Layer, volume: Volume, groups: int) -> None:
    """Refuse groups that do not divide the depth."""
    if volume.depth % groups:
        divisors = [each for each in range(1, min(volume.depth, 4096) + 1) if volume.depth % each == 0]
        raise Misfit(
            misfits.GROUPS,
            f"{layer.name()} groups {groups} do not divide the depth {volume.depth}",
            field="groups",
            label=f"{volume.depth}/{groups} is not an integer",
            hints=(f"groups {' or '.join(map(str, divisors[-6:]))} fits",),
        )


class Normalization(Elementwise):
    """The common part of normalizations: a learned scale (a weight) and shift (a bias) for each channel."""

    in_place = False
    pointwise = False
    modulates = True
    operations: ClassVar[int] = 0
    kept: ClassVar[Literal["input", "output", "nothing"]] = "input"
    affine: bool
    scale: bool = True
    shift: bool = True
    eps: float

    def scaled(self, volume: Volume) -> Count:
        """Return the number of scales: one for each channel."""
        return dim("D", volume.depth)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return scale and shift, or one of them, or no arrays without `affine`."""
        count = self.scaled(inputs[0])
        scale = (Tensor("scale", "weight", count, (count.value,)),) if self.affine and self.scale else ()
        return (*scale, Tensor("shift", "bias", count, (count.value,))) if self.affine and self.shift else scale

    def operations_per_value(self) -> int:
        """Return 5 operations for mean 0 and variance 1, a product for the scale and an addition for the shift."""
        return 5 + (self.affine and self.scale) + (self.affine and self.shift)

    @abstractmethod
    def form(self, x: Array) -> Form:
        """Return which numbers are normalized together."""

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, and the mean and the inverse deviation of the numbers that are normalized together."""
        from cnncalc.kernels.norm_backward import statistics

        return Passed(self.forward(inputs, weights, how), statistics(inputs[0], self.form(inputs[0]), self.eps))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input, the scale and the shift."""
        return self.normalized_back(kept, gradient, weights, wanted, kept.saved)

    def normalized_back(
        self,
        kept: Kept,
        gradient: Array,
        weights: Named,
        wanted: Wanted,
        statistics: Mapping[str, Array],
        *,
        fixed: bool = False,
    ) -> Gradients:
        """Return the gradients with the statistics of the pass, or with `fixed` ones; a scale among them is that of the pass."""
        from cnncalc.kernels.norm_backward import norm_backward

        (x,) = kept.inputs
        learned = {name: weights[name].shape for name in ("scale", "shift") if name in weights and wanted.weights}
        into, onto = norm_backward(x, statistics, gradient, self.form(x), weights.get("scale"), learned, fixed=fixed)
        return Gradients((into if wanted.inputs[0] else None,), onto)
