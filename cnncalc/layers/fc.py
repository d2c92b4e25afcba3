"""FC: a fully-connected layer; every neuron sees every input value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._global import whole_window
from cnncalc.layers.base import LOWER, Example, Gradients, Keeps, Layer, Shorthand, Tensor, Values, Work
from cnncalc.layers.options import Option, boolean, whole
from cnncalc.maths.count import ZERO, Count, dim, product
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.window import Window

UNITS = Option("units", whole(), "an integer", "number of neurons, the depth of the output", synonyms=("filters", "K"))
BIAS = Option("bias", boolean, "true or false", "whether one number is added to each neuron", default=True, labelled="apart")


@final
class Fc(Layer):
    """A fully-connected layer over the whole input volume, flattened.

    Shapes: WxHxD to 1x1xK. Weights W*H*D*K and K biases.
    Source: CS231n course notes, "Fully-connected layer".
    """

    kind = "fc"
    transposes = "fc"
    summary = "fully connected: every neuron sees the whole input"
    precision = LOWER
    options: ClassVar[tuple[Option, ...]] = (UNITS, BIAS)
    shorthand = Shorthand(filters="units", first="units")
    told = ("units",)
    numbered = "fc"
    examples = (
        Example(
            "7x7x512",
            "FC-4096",
            "1x1x4096",
            102_760_448,
            4096,
            102_760_448,
            "CS231n notes, VGGNet in detail",
            operations=4096,
            window="whole",
        ),
        Example(
            "200x200x3", "FC-1", "1x1x1", 120_000, 1, 120_000, "CS231n notes, Architecture Overview", operations=1, window="whole"
        ),
        Example(
            "2x2x2",
            "FC-2",
            "1x1x2",
            values=Values("1 2; 3 4 | 5 6; 7 8", "190 | 82", {"weight": "1 2 3 4 5 6 7 8 | 1 0 0 0 0 0 0 10", "bias": "0 1"}),
            keeps=Keeps("new", inputs=True),
        ),
        Example("2x1", "FC-1(bias=false)", "1x1", values=Values("3 4", "11", {"weight": "1 2"})),
    )

    units: int
    bias: bool

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return 1 x 1 x K."""
        return Volume((1,) * inputs[0].rank, self.units)

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window, ...]:
        """Return the whole input."""
        return (whole_window(inputs[0]),)

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron:
        """Return the products of all inputs with the weights of one unit."""
        from cnncalc.maths.neuron import Neuron

        (volume,) = inputs
        everything = tuple(map(range, volume.sides))
        return Neuron(
            everything,
            "sum",
            ((0, 0),) * volume.rank,
            everything,
            (*reversed(volume.size), volume.depth, self.units),
            back=place[-1:],
            bias=place[-1:] if self.bias else None,
        )

    def matrix(self, volume: Volume) -> Count:
        """Return W*H*D*K without sides of 1, as the notes write 4096*1000."""
        names = ("L", "D") if volume.rank == 1 else (*"WHT"[: volume.rank], "D")
        sides = [dim(name, side) for name, side in zip(names, volume.sides, strict=True) if side != 1 or name == "D"]
        return product(sides) * dim("K", self.units)

    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return W*H*D*K weights, unless they are another layer's, and K biases."""
        (volume,) = inputs
        bias = (Tensor("bias", "bias", dim("K", self.units), (self.units,)),) if self.bias else ()
        return bias if self.tied else (Tensor("weight", "weight", self.matrix(volume), (volume.values, self.units)), *bias)

    def mirrored(self, owner: Layer, inputs: tuple[Volume, ...]) -> Mapping[str, object]:
        """Return the units: the values that the owner reads."""
        return {"units": inputs[0].values}

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return W*H*D*K multiply-accumulates, and the additions of the biases."""
        return Work(self.matrix(inputs[0]), dim("K", self.units) if self.bias else ZERO)

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input: the gradient of the weights depends on it."""
        return Keeps("new", inputs=True)

    def keeps_for(self, fact: Keeps, inputs: tuple[Volume, ...], gradients: Sequence[bool], *, learns: bool) -> Keeps:
        """Return no input where the weights are frozen: its own gradient depends on the weights alone."""
        return fact if learns else fact._replace(inputs=False)

    def label(self) -> str:
        """Return `FC-4096`."""
        return f"FC-{self.units}"

    def notes_label(self) -> str:
        """Return `FC`: in the notes the number is in the volume only."""
        return "FC"

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the product of the flattened input and the matrix, plus the biases."""
        from cnncalc.kernels.dense import dense

        (x,) = inputs
        result = dense(x, weights["weight"], weights.get("bias"))
        return result.reshape((x.shape[0], *(1,) * (x.ndim - 2), -1))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return y' W^T for the input, x^T y' for the weights, and the sum over the images for the biases."""
        from cnncalc.kernels.dense import dense_backward

        (x,) = kept.inputs
        into, onto = dense_backward(x, weights["weight"], gradient, of_input=wanted.inputs[0], of_weights=wanted.weights)
        if onto is None:
            return Gradients((into,))
        biases = {"bias": gradient.reshape(-1, gradient.shape[-1]).sum(axis=0)} if self.bias else {}
        return Gradients((into,), {"weight": onto, **biases})
