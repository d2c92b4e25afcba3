"""RELU6: rectifier with a ceiling, min(max(0, x), 6)."""

from __future__ import annotations

from typing import final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example


@final
class Relu6(Elementwise):
    """The rectifier with a ceiling, min(max(0, x), 6).

    Work: two comparisons per value.
    Source: Krizhevsky 2010; Howard et al. 2017, arXiv:1704.04861.
    """

    kind = "relu6"
    summary = "rectifier with a ceiling, min(max(0, x), 6)"
    operations = 2
    kept = "input"
    examples = (Example("32x32x12", "RELU6", "32x32x12"),)
