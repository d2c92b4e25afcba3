"""DROPOUT: zeroes values at random while training, does nothing afterwards."""

from __future__ import annotations

from typing import ClassVar, final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Shorthand
from cnncalc.layers.options import Option, number

RATE = Option("rate", number(0, 1), "a number from 0 to below 1", "share of the values that are dropped", 0.5, ("p",))


@final
class Dropout(Elementwise):
    """Inverted dropout: nothing to do in a forward pass for inference.

    Source: Srivastava et al. 2014.
    """

    kind = "dropout"
    summary = "zeroes values at random while training; no work afterwards"
    options: ClassVar[tuple[Option, ...]] = (RATE,)
    shorthand = Shorthand(first="rate")
    operations = 0
    examples = (Example("1x1x4096", "DROPOUT(0.5)", "1x1x4096", source="Simonyan and Zisserman 2014"),)

    rate: float
