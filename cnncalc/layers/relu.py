"""RELU: rectifier, max(0, x)."""

from __future__ import annotations

from typing import final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example


@final
class Relu(Elementwise):
    """The rectifier max(0, x).

    Work: one comparison per value.
    Source: Nair and Hinton 2010; CS231n course notes.
    """

    kind = "relu"
    summary = "rectifier, max(0, x)"
    operations = 1
    kept = "output"
    examples = (Example("32x32x12", "RELU", "32x32x12"),)
