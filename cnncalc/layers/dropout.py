"""DROPOUT: zeroes values at random while training; no effect in inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Gradients, Keeps, Passed, Shorthand, Values
from cnncalc.layers.options import Option, boolean, number

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

OVERWRITE = Option(
    "overwrite",
    boolean,
    "true or false",
    "whether training overwrites the input (the mask then has the network's dtype)",
    default=False,
    labelled="apart",
)
CHANNELS = Option("channels", boolean, "true or false", "whether whole channels are dropped", default=False)
RATE = Option("rate", number(0, 1), "a number from 0 to below 1", "share of dropped values", 0.5, ("p",), labelled="apart")


@final
class Dropout(Elementwise):
    """Inverted dropout: no work in a forward pass for inference.

    Source: Srivastava et al. 2014; Tompson et al. 2015, arXiv:1411.4280, section 3.2 (channels).
    """

    kind = "dropout"
    linear = True
    summary = "zeroes values at random while training; no work in inference"
    options: ClassVar[tuple[Option, ...]] = (RATE, OVERWRITE, CHANNELS)
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
            keeps=Keeps("in place", values=3, otherwise=Keeps("new", values=3)),
            evaluation=Keeps("view", gradient="same"),
        ),
        Example(
            "3x2",
            "DROPOUT(channels=true)",
            "3x2",
            values=Values("1 -2 3 | 4 5 6", "1 -2 3 | 4 5 6"),
            source="Tompson et al. 2015, arXiv:1411.4280, section 3.2",
            keeps=Keeps("new", values=2),
            evaluation=Keeps("view", gradient="same"),
        ),
    )

    rate: float
    overwrite: bool
    channels: bool

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the mask while training; nothing to keep in evaluation, nor at rate 0.

        The mask is a byte for each value, as PyTorch's fused kernel on GPUs has it. In place there is no fused kernel, and for
        channels neither: the mask is then a number of the network's dtype for each value, or for each channel.
        """
        if not training or not self.rate:
            return Keeps("view", gradient="same")
        if not self.overwrite and not self.channels:
            return Keeps("new", image_bytes=output.values)
        fact = Keeps("new", values=output.depth if self.channels else output.values)
        return fact._replace(storage="in place", otherwise=fact) if self.overwrite else fact

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the input itself."""
        return inputs[0]

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the input times a random mask over 1 - rate, and the mask: of bytes, or already divided."""
        (x,) = inputs
        if how.chance is None or not self.rate:
            return Passed(x)
        from cnncalc.kernels.dropout import drop, mask_of

        mask = mask_of(x, self.rate, how.chance, channels=self.channels, divided=self.channels or self.overwrite)
        return Passed(drop(x, mask, self.rate, out=how.out(inputs)), {"mask": mask})

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient times the same mask over 1 - rate; without a mask the gradient itself."""
        if "mask" not in kept.saved:
            return Gradients((gradient,))
        from cnncalc.kernels.dropout import drop

        return Gradients((drop(gradient, kept.saved["mask"], self.rate),))
