"""POOL: the maximum of each window (MAXPOOL is the same)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._pooling import POOL_OPTIONS, Pooling
from cnncalc.layers.base import Example, Keeps, Shorthand, Work
from cnncalc.maths.count import ZERO

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.layers.options import Option
    from cnncalc.maths.volume import Volume


@final
class Pool(Pooling):
    """A max pooling layer. Padding never wins: it counts as minus infinity.

    Shapes: WxHxD to W2xH2xD. Work: F*F - 1 comparisons for each output.
    Source: CS231n course notes, "Pooling Layer".
    """

    kind = "pool"
    summary = "max pooling: the largest value of each window"
    options: ClassVar[tuple[Option, ...]] = POOL_OPTIONS
    shorthand = Shorthand("kernel", "", "stride", "kernel")
    examples = (
        Example("224x224x64", "POOL2", "112x112x64", source="CS231n notes, Pooling Layer"),
        Example("55x55x96", "POOL3/2", "27x27x96", source="CS231n slides, AlexNet"),
        Example("6x1", "POOL(padding=1)", "4x1", source="Knet tutorial, Padding"),
    )

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return F*F - 1 comparisons for each output."""
        return Work(ZERO, self.outputs(output) * (self.cells(inputs[0]) - 1))

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input and an int64 index for each output; inference allocates the indices, too."""
        return Keeps("new", inputs=True, image_bytes=8 * output.values, work_bytes=8 * output.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the largest value of each window."""
        from cnncalc.kernels.pool import max_pool  # noqa: PLC0415

        window = self.steps(inputs[0])
        return max_pool(inputs[0], window.kernel, rounding=self.rule, **window.named())
