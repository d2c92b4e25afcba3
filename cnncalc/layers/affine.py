"""AFFINE: a learned factor and a learned number for each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._scaling import SHARED, LearnedScaling
from cnncalc.layers.base import Example, Keeps, Misfit, Values
from cnncalc.layers.options import Option, boolean

if TYPE_CHECKING:
    from cnncalc.maths.volume import Volume

SCALE = Option("scale", boolean, "true or false", "whether a factor is learned", default=True, labelled="apart")
SHIFT = Option("shift", boolean, "true or false", "whether a number to add is learned", default=True, labelled="apart")


@final
class Affine(LearnedScaling):
    """x*scale + shift with a learned scale and shift for each channel, or one for all.

    Weights: D, biases: D; 1 each when shared. Work: a product and an addition per value.
    With `scale=false` it is a bias alone. `AFFINE(shift=false, shared=true)` is the scalar of ReZero and SkipInit.
    Source: Touvron et al. 2021, arXiv:2105.03404, equation 1; Bachlechner et al. 2020, arXiv:2003.04887, equation 2.
    """

    kind = "affine"
    linear = True
    summary = "a learned factor and a learned number for each channel, or one for all"
    options: ClassVar[tuple[Option, ...]] = (SCALE, SHIFT, SHARED)
    examples = (
        Example("14x14x384", "AFFINE", "14x14x384", weights=384, biases=384, operations=2 * 14 * 14 * 384),
        Example("8x8x16", "AFFINE(shift=false, shared=true)", "8x8x16", weights=1, operations=8 * 8 * 16),
        Example(
            "2x2",
            "AFFINE",
            "2x2",
            weights=2,
            biases=2,
            operations=8,
            values=Values("1 2 | 3 4", "11 21 | 1 1.5", {"scale": "10 0.5", "shift": "1 -0.5"}),
            keeps=Keeps("new", inputs=True, gradient_values=4),
        ),
        Example(
            "2x2",
            "AFFINE(scale=false)",
            "2x2",
            biases=2,
            operations=4,
            values=Values("1 2 | 3 4", "2 3 | 2.5 3.5", {"shift": "1 -0.5"}),
            keeps=Keeps("new", gradient="same"),
        ),
        Example(
            "2x2",
            "AFFINE(shift=false, shared=true)",
            "2x2",
            weights=1,
            operations=4,
            values=Values("1 2 | 3 4", "10 20 | 30 40", {"scale": "10"}),
        ),
    )

    scale: bool
    shift: bool

    def scales(self) -> bool:
        """Return `scale`."""
        return self.scale

    def shifts(self) -> bool:
        """Return `shift`."""
        return self.shift

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        if not self.scale and not self.shift:
            raise Misfit(
                misfits.ARGUMENT,
                "AFFINE with scale=false and shift=false learns nothing",
                field="shift",
                label="neither a scale nor a shift",
                hints=("IDENTITY is a layer without effect",),
            )
        return inputs[0]
