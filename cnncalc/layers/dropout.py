"""DROPOUT: zeroes values at random while training; no effect in inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, boolean, number

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume

OVERWRITE = Option(
    "overwrite",
    boolean,
    "true or false",
    "whether training overwrites the input (the mask then takes 4 bytes a value)",
    default=False,
)
RATE = Option("rate", number(0, 1), "a number from 0 to below 1", "share of dropped values", 0.5, ("p",))


@final
class Dropout(Elementwise):
    """Inverted dropout: no work in a forward pass for inference.

    Source: Srivastava et al. 2014.
    """

    kind = "dropout"
    summary = "zeroes values at random while training; no work in inference"
    options: ClassVar[tuple[Option, ...]] = (RATE, OVERWRITE)
    shorthand = Shorthand(first="rate")
    short_name = "drop"
    operations = 0
    kept = "nothing"
    examples = (
        Example("1x1x4096", "DROPOUT(0.5)", "1x1x4096", source="Simonyan and Zisserman 2014"),
        Example(
            "3x1",
            "DROPOUT",
            "3x1",
            values=Values("1 -2 3", "1 -2 3"),
            keeps=Keeps("new", image_bytes=3),
            evaluation=Keeps("view", gradient="same"),
        ),
        Example(
            "3x1",
            "DROPOUT(overwrite=true)",
            "3x1",
            values=Values("1 -2 3", "1 -2 3"),
            keeps=Keeps("in place", image_bytes=12),
            evaluation=Keeps("view", gradient="same"),
        ),
    )

    rate: float
    overwrite: bool

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the mask while training, a byte per value (four if in place); nothing to keep in evaluation."""
        if not training:
            return Keeps("view", gradient="same")
        return Keeps("in place", image_bytes=4 * output.values) if self.overwrite else Keeps("new", image_bytes=output.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the input itself."""
        return inputs[0]
