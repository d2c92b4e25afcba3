"""SILU: sigmoid linear unit, x*sigmoid(x), also called swish."""

from __future__ import annotations

from typing import final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example


@final
class Silu(Elementwise):
    """The sigmoid linear unit x*sigmoid(x), also called swish.

    Work: the four of the sigmoid and a product per value.
    Source: Elfwing et al. 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941.
    """

    kind = "silu"
    summary = "sigmoid linear unit, x*sigmoid(x), also called swish"
    operations = 5
    kept = "input"
    examples = (Example("32x32x12", "SILU", "32x32x12"),)
