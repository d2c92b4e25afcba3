"""GLU: gated linear unit, one half of the depth times the sigmoid of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Gradients, Keeps, Misfit, Values
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.layers.options import Option


@final
class Glu(Elementwise):
    """The first half of the depth times the sigmoid of the second half: WxHxD to WxHx(D/2).

    Work: a sigmoid of 4 operations and a product per output value. Source: Dauphin et al. 2016, arXiv:1612.08083, equation 1.
    """

    kind = "glu"
    summary = "gated linear unit: one half of the depth times the sigmoid of the other"
    options: ClassVar[tuple[Option, ...]] = ()
    in_place = False
    pointwise = False
    operations = 5
    kept = "input"
    examples = (
        Example("16x16x32", "GLU", "16x16x16", operations=5 * 16 * 16 * 16),
        Example(
            "2x4",
            "GLU",
            "2x2",
            operations=20,
            values=Values("1 2 | 3 4 | 0 0 | 1.09861229 0", "0.5 1 | 2.25 2"),
            keeps=Keeps("new", inputs=True),
        ),
    )

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W x H x D/2."""
        (volume,) = inputs
        if volume.depth % 2:
            raise Misfit(
                misfits.ARGUMENT,
                f"GLU halves the depth, and {volume.depth} is odd",
                label=f"depth {volume.depth}",
                hints=(f"`CONV1-{volume.depth + 1}` before it makes the depth even",),
            )
        return Volume(volume.size, volume.depth // 2)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return one half times the sigmoid of the other."""
        from cnncalc.kernels.functions import glu

        return glu(inputs[0])

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of both halves."""
        from cnncalc.kernels.slopes import glu_backward

        return Gradients((glu_backward(kept.inputs[0], gradient),))
