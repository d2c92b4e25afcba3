"""LOG: natural logarithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._activation import Activation
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named


@final
class Log(Activation):
    """The natural logarithm.

    Work: 1 operation per value. Source: ONNX operator Log.
    """

    kind = "log"
    summary = "the natural logarithm"
    precision = ON_CUDA_FLOAT32
    operations = 1
    kept = "input"
    examples = (
        Example("32x32x12", "LOG", "32x32x12", operations=1 * 32 * 32 * 12),
        Example(
            "3x1", "LOG", "3x1", operations=3, values=Values("1 2 4", "0 0.69314718 1.38629436"), keeps=Keeps("new", inputs=True)
        ),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the natural logarithm."""
        from cnncalc.kernels.functions import log

        return log(inputs[0], out=how.out(inputs))

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return the gradient over the input."""
        from cnncalc.kernels.slopes import log_slope

        return log_slope(volume, gradient)
