"""MISH: x*tanh(log(1 + exp(x)))."""

from __future__ import annotations

from typing import final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example


@final
class Mish(Elementwise):
    """The function x*tanh(log(1 + exp(x))).

    Work: exp, an addition, log, tanh and a product per value.
    Source: Misra 2019, arXiv:1908.08681.
    """

    kind = "mish"
    summary = "x*tanh(log(1 + exp(x)))"
    operations = 5
    kept = "input"
    examples = (Example("32x32x12", "MISH", "32x32x12"),)
