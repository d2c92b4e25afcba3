"""RMSNORM: root mean square normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._elementwise import Elementwise, values
from cnncalc.layers._global import whole_window
from cnncalc.layers._normalization import SCALE
from cnncalc.layers.base import Autocast, Example, Gradients, Keeps, Passed, Shorthand, Tensor, Values, Work
from cnncalc.layers.options import Option, choice, number
from cnncalc.maths.count import ONE, ZERO, dim, sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

OVER = Option(
    "over", choice("depth", "volume"), "depth or volume", "normalize the depth of each pixel, or the whole volume", "depth"
)
EPSILON = Option("eps", number(0), "a number", "added to the mean square against division by zero", 1e-6, labelled="never")


@final
class RmsNorm(Elementwise):
    """x/sqrt(mean of x^2 + eps), times a learned scale, over the depth of each pixel or over the whole volume.

    Weights: D, or W*H*D over the volume; no biases.
    Work: 3 operations per value (a square, a sum, a product), 1 for the scale, and 4 per group.
    Memory as PyTorch's rms_norm has it on a CPU, in single steps: the input, a root for each group, and with a scale the normalized
    volume. Source: Zhang and Sennrich 2019, arXiv:1910.07467, equation 4.
    """

    kind = "rmsnorm"
    modulates = True
    summary = "root mean square normalization over the depth of each pixel, or over the volume"
    precision = Autocast("upcast", "float32")
    options: ClassVar[tuple[Option, ...]] = (OVER, SCALE, EPSILON)
    shorthand = Shorthand(first="over")
    in_place = False
    pointwise = False
    operations = 3
    kept = "input"
    examples = (
        Example("56x56x96", "RMSNORM", "56x56x96", weights=96, operations=4 * 56 * 56 * 96 + 4 * 56 * 56),
        Example("8x8x4", "RMSNORM(volume)", "8x8x4", weights=256, operations=4 * 8 * 8 * 4 + 4, window="whole"),
        Example(
            "1x2",
            "RMSNORM(eps=11)",
            "1x2",
            weights=2,
            operations=4 * 2 + 4,
            values=Values("3 | 7", "1.161895 | 2.7110884", {"scale": "2.4494897 2.4494897"}),
            keeps=Keeps("new", inputs=True, values=2, image_statistics=1, gradient_values=3),
        ),
        Example(
            "2x1",
            "RMSNORM(volume, scale=false, eps=0)",
            "2x1",
            operations=3 * 2 + 4,
            values=Values("1 7", "0.2 1.4"),
            keeps=Keeps("new", inputs=True, image_statistics=1, gradient_values=5),
        ),
    )

    over: str
    scale: bool
    eps: float

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return the scale in the normalized shape."""
        (volume,) = inputs
        if not self.scale:
            return ()
        if self.over == "depth":
            return (Tensor("scale", "weight", dim("D", volume.depth), (volume.depth,)),)
        return (Tensor("scale", "weight", values(volume), (*reversed(volume.size), volume.depth)),)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return no window over the depth, the whole input over the volume."""
        return (None if self.over == "depth" else whole_window(inputs[0]),)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 4 (3 without a scale) operations per value and 4 per group."""
        groups = sides(output.size) if self.over == "depth" else ONE
        return Work(ZERO, values(output) * (3 + self.scale) + groups * 4)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, a root for each group, and the normalized volume where a scale is learned."""
        groups = output.values // output.depth if self.over == "depth" else 1
        scaled = output.values if self.scale else 0
        return Keeps(
            "new", inputs=True, values=scaled, image_statistics=groups, gradient_values=3 * output.values - scaled - groups
        )  # backward: a power and two products, beside the two parts of the gradient

    def keeps_for(self, fact: Keeps, inputs: tuple[Volume, ...], gradients: Sequence[bool], *, learns: bool) -> Keeps:
        """Return no normalized volume where the scale is frozen, and nothing else where only the scale learns."""
        if not learns:
            return fact._replace(values=0)
        return fact if gradients[0] else Keeps("new", values=fact.values, gradient_values=fact.values)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return x divided by the root of its mean square, scaled."""
        from cnncalc.kernels.norm_rms import rms_norm

        scale = weights["scale"] if self.scale else None
        return rms_norm(inputs[0], scale, whole=self.over == "volume", epsilon=self.eps, out=how.out(inputs))

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, the inverse root of each group for the input, and the normalized volume for the scale."""
        from cnncalc.kernels.norm_backward import root_mean_square_saved

        scaled = self.scale and how.learns
        saved = root_mean_square_saved(inputs[0], self.eps, whole=self.over == "volume", scaled=scaled)
        if scaled and not how.gradients(inputs)[0]:
            del saved["inverse"]
        return Passed(self.forward(inputs, weights, how), saved)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the input and of the scale."""
        from cnncalc.kernels.norm_backward import root_mean_square_backward

        (x,), into = kept.inputs, None
        if wanted.inputs[0]:
            into = root_mean_square_backward(x, kept.saved["inverse"], gradient, weights["scale"] if self.scale else None)
        if not (self.scale and wanted.weights):
            return Gradients((into,))
        scale = (gradient * kept.saved["normal"]).reshape((-1, *weights["scale"].shape)).sum(axis=0)
        return Gradients((into,), {"scale": scale})
