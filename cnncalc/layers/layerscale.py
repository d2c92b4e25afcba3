"""LAYERSCALE: one learned factor per channel."""

from __future__ import annotations

from typing import ClassVar, final

from cnncalc.layers._scaling import SHARED, LearnedScaling
from cnncalc.layers.base import Example, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, number

START = Option("init", number(), "a number", "initial value of the factors", 1e-6, labelled="never", stored=True)


@final
class LayerScale(LearnedScaling):
    """Multiplies each channel by a learned factor, or all channels by one: AFFINE without a shift, and with an initial value.

    Weights: D, or 1 when shared. Work: a product per value. The output is a new volume: backward needs the input.
    Source: Touvron et al. 2021, arXiv:2103.17239, section 2.
    """

    kind = "layerscale"
    linear = True
    summary = "one learned factor per channel, or one for all"
    options: ClassVar[tuple[Option, ...]] = (START, SHARED)
    shorthand = Shorthand(first="init")
    examples = (
        Example(
            "56x56x96", "LAYERSCALE", "56x56x96", weights=96, source="Liu et al. 2022, arXiv:2201.03545", operations=56 * 56 * 96
        ),
        Example(
            "2x2",
            "LAYERSCALE",
            "2x2",
            weights=2,
            operations=4,
            values=Values("1 2 | 3 4", "10 20 | 1.5 2", {"scale": "10 0.5"}),
            keeps=Keeps("new", inputs=True, gradient_values=4),
        ),
        Example(
            "2x2",
            "LAYERSCALE(shared=true)",
            "2x2",
            weights=1,
            operations=4,
            values=Values("1 2 | 3 4", "10 20 | 30 40", {"scale": "10"}),
        ),
    )

    init: float
