"""BN: batch normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._elementwise import values
from cnncalc.layers._normalization import EPSILON, SCALE, SHIFT, Normalization, affine
from cnncalc.layers.base import COUNTER_BYTES, Example, Gradients, Idle, Keeps, Misfit, Passed, Tensor, Values, Work
from cnncalc.layers.options import Option, boolean
from cnncalc.maths.count import ONE, ZERO, dim

if TYPE_CHECKING:
    from cnncalc.kernels.norm_backward import Form
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Step, Wanted
    from cnncalc.maths.volume import Volume

RUNNING = Option(
    "running", boolean, "true or false", "whether running mean and variance are stored", default=True, labelled="apart"
)


COUNTER = Option(
    "counter", boolean, "true or false", "whether a step counter is stored, as in PyTorch", default=True, labelled="apart"
)
FROZEN = Option(
    "frozen", boolean, "true or false", "whether all four arrays are constants: nothing is learned", default=False, labelled="apart"
)


@final
class Bn(Normalization):
    """Batch normalization: each channel is normalized to mean 0 and variance 1, then scaled and shifted.

    Weights: a scale and a shift per channel; buffers: running mean and variance per channel, and a step counter (int64).
    With `frozen` the scale and the shift are buffers too, and there is no counter, as torchvision's FrozenBatchNorm2d has it.
    Keras and Caffe have no counter.
    Work for inference: the statistics are constants, so a product and an addition per value.
    Source: Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 2.
    """

    kind = "bn"
    summary = "batch normalization, with running mean and variance"
    centers = True
    options: ClassVar[tuple[Option, ...]] = (affine(default=True), SCALE, SHIFT, RUNNING, COUNTER, FROZEN, EPSILON)
    idle = (
        Idle("scale", "affine", needed=True),
        Idle("shift", "affine", needed=True),
        Idle("counter", "running", needed=True),
        Idle("counter", "frozen", needed=False),
    )
    examples = (
        Example("112x112x64", "BN", "112x112x64", weights=64, biases=64, operations=2 * 112 * 112 * 64),
        Example(
            "2x2",
            "BN",
            "2x2",
            weights=2,
            biases=2,
            operations=8,
            values=Values(
                "1 3 | 4 8", "0 200 | 10 110", {"scale": "2 1", "shift": "0 10", "mean": "1 4", "variance": "0.00039 0.00159"}
            ),
            keeps=Keeps("new", inputs=True, statistics=4),
            evaluation=Keeps("new", inputs=True),
        ),
        Example(
            "2x1",
            "BN(frozen=true, eps=1)",
            "2x1",
            operations=4,
            values=Values("1 5", "1 5", {"scale": "2", "shift": "1", "mean": "1", "variance": "3"}),
            keeps=Keeps("new", statistics=1),
        ),
        Example(
            "1x1",
            "BN(scale=false, counter=false, eps=1)",
            "1x1",
            biases=1,
            operations=2,
            values=Values("5", "3", {"shift": "1", "mean": "1", "variance": "3"}),
        ),
        Example(
            "1x1",
            "BN(shift=false, eps=1)",
            "1x1",
            weights=1,
            operations=2,
            values=Values("5", "6", {"scale": "3", "mean": "1", "variance": "3"}),
        ),
        Example("1x1", "BN(affine=false, eps=1)", "1x1", operations=2, values=Values("5", "2", {"mean": "1", "variance": "3"})),
        Example(
            "2x1",
            "BN(affine=false, running=false, eps=0)",
            "2x1",
            operations=4,
            values=Values("1 5", "-1 1"),
            keeps=Keeps("new", inputs=True, statistics=2),
        ),
    )

    running: bool
    counter: bool
    frozen: bool

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        if self.frozen and not self.running:
            raise Misfit(
                misfits.ARGUMENT,
                "BN frozen=true uses stored statistics, and running=false stores none",
                field="frozen",
                hints=("leave out `running=false`",),
            )
        return inputs[0]

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return scale and shift if `affine`, and the buffers if `running`."""
        learned = super().weights(inputs)
        if self.frozen:
            learned = tuple(tensor._replace(role="buffer") for tensor in learned)
        if not self.running:
            return learned
        (volume,) = inputs
        count = dim("D", volume.depth)
        shape = (volume.depth,)
        statistics = Tensor("mean", "buffer", count, shape), Tensor("variance", "buffer", count, shape)
        if self.frozen or not self.counter:
            return *learned, *statistics
        return *learned, *statistics, Tensor("steps", "buffer", ONE, (), COUNTER_BYTES)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return a product and an addition per value."""
        return Work(ZERO, values(output) * 2)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input, and mean and deviation of each channel if computed from the batch."""
        if self.frozen:  # x*factor + addend: the factor, made of the constants, is kept for the input's gradient
            return Keeps("new", statistics=output.depth)
        return Keeps("new", inputs=True, statistics=2 * output.depth if training or not self.running else 0)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return (x - mean)/sqrt(variance + eps)*scale + shift; without running statistics, use the batch statistics."""
        from cnncalc.kernels.norm import batch_norm, moments

        mean, variance = (weights["mean"], weights["variance"]) if self.running else moments(inputs[0])
        return batch_norm(
            inputs[0], mean, variance, weights.get("scale"), weights.get("shift"), epsilon=self.eps, out=how.out(inputs)
        )

    def form(self, x: Array) -> Form:
        """Return each channel over the batch."""
        from cnncalc.kernels.norm_backward import over_batch

        return over_batch(x.shape)

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output with the statistics of the batch, and these; frozen, the factor made of the constants."""
        if self.frozen:
            from cnncalc.kernels.norm_backward import fixed_statistics

            factor = fixed_statistics(weights["mean"], weights["variance"], self.eps)["inverse"] * weights.get("scale", 1)
            return Passed(self.forward(inputs, weights, how), {"factor": factor})
        if how.chance is None and self.running:
            return Passed(self.forward(inputs, weights, how))
        if self.running:
            return self.replaced(running=False).train(inputs, weights, how)
        return super().train(inputs, weights, how)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients; with running statistics and frozen ones, the deviation is a constant."""
        if self.frozen:
            return Gradients((gradient * kept.saved["factor"],))
        if kept.saved:
            return super().backward(kept, gradient, weights, wanted)
        from cnncalc.kernels.norm_backward import fixed_statistics

        running = fixed_statistics(weights["mean"], weights["variance"], self.eps)
        return self.normalized_back(kept, gradient, weights, wanted, running, fixed=True)

    def as_step(self, weights: Named, others: Arrays) -> Step | None:
        """Return the scaling of a tile; None with batch statistics."""
        if not self.running:
            return None
        from cnncalc.kernels.norm import scaling_of

        return scaling_of(weights["mean"], weights["variance"], weights.get("scale"), weights.get("shift"), epsilon=self.eps)
