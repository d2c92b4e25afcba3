"""SELU: scaled exponential linear unit."""

from __future__ import annotations

from typing import final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example


@final
class Selu(Elementwise):
    """The scaled exponential linear unit: l*x above 0, l*a*(exp(x) - 1) below.

    Work: a comparison, exp, a subtraction and two products per value.
    Source: Klambauer et al. 2017, arXiv:1706.02515.
    """

    kind = "selu"
    summary = "scaled exponential linear unit"
    operations = 5
    kept = "input"
    examples = (Example("32x32x12", "SELU", "32x32x12"),)
