"""TANH: hyperbolic tangent."""

from __future__ import annotations

from typing import final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example


@final
class Tanh(Elementwise):
    """The hyperbolic tangent.

    Work: one function per value.
    Source: LeCun et al. 1998, section II.
    """

    kind = "tanh"
    summary = "hyperbolic tangent"
    operations = 1
    kept = "output"
    examples = (Example("32x32x12", "TANH", "32x32x12"),)
