"""Convolutions: every neuron is a dot product with a window of the whole depth, or of its group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers import misfits
from cnncalc.layers._windowed import Windowed
from cnncalc.layers.base import LOWER, Gradients, Keeps, Misfit, Tensor, Work
from cnncalc.layers.options import Option, boolean, choice, whole
from cnncalc.maths.count import ZERO, Count, dim, dims, sides

if TYPE_CHECKING:
    from cnncalc.kernels.conv import Mode
    from cnncalc.layers.base import Array, How, Kept, Named, Role, Wanted
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume

FILTERS = Option("filters", whole(), "an integer", "number of filters, the depth of the output (K)", synonyms=("K",))
GROUPS = Option("groups", whole(), "an integer", "number of equal parts of the input depth and of the filters", 1, short="g{}")
BIAS = Option(
    "bias", boolean, "true or false", "whether one number is added to each output channel", default=True, labelled="apart"
)
LEARNED = Option(
    "learned", boolean, "true or false", "whether kernel and biases are learned, or stored as buffers", default=True, stored=True
)
MODE = Option(
    "mode",
    choice("correlation", "convolution"),
    "correlation or convolution",
    "convolution flips the kernel",
    "correlation",
    labelled="apart",
    short="{}",
)


class Convolution(Windowed):
    """The common part of convolutions: filters over windows, in groups, with biases."""

    takes_steps = True
    precision = LOWER
    holds_weights = True
    numbered = "conv"

    bias: bool
    learned = True

    @property
    def role(self) -> Role:
        """The role of the kernel: `buffer` if it is stored and not learned."""
        return "weight" if self.learned else "buffer"

    def convolved(self, x: Array, weights: Named, how: How, groups: int, mode: Mode) -> Array:
        """Return the convolution of an array, followed by the steps in `how.after`."""
        from cnncalc.kernels.conv import conv

        moves = self.steps(x).named()
        return conv(
            x,
            weights["weight"],
            weights.get("bias"),
            groups=groups,
            mode=mode,
            algorithm=how.algorithm,
            after=how.after,
            **moves,
        )

    def convolved_back(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted, groups: int, mode: Mode) -> Gradients:
        """Return the gradients of the input, the kernel and the biases; `weights` has the kernel that the pass computed with."""
        from cnncalc.kernels.conv_backward import conv_backward, sum_of_positions

        (x,) = kept.inputs
        moves = self.steps(x).named()
        into, onto = conv_backward(
            x,
            weights["weight"],
            gradient,
            groups=groups,
            mode=mode,
            of_input=wanted.inputs[0],
            of_weights=wanted.weights,
            **moves,
        )
        biases = {"bias": sum_of_positions(gradient)} if wanted.weights and self.bias else {}
        return Gradients((into,), {"weight": onto, **biases} if onto is not None else {})

    def filtered(self, volume: Volume, place: tuple[int, ...], groups: int, filters: int, *, flips: bool = False) -> Neuron:
        """Return one output number: the products of a window with a filter, over the whole depth or that of its group."""
        from cnncalc.maths.neuron import Neuron, reached, sides

        axes, depth = self.axes(volume), volume.depth // groups
        *position, k = place
        first = k // (filters // groups) * depth
        taps = tuple(range(axis.kernel)[:: -1 if flips else 1] for axis in axes)
        return Neuron(
            (*reached(axes, position), range(first, first + depth)),
            "sum",
            sides(axes),
            (*taps, range(depth)),
            back=(k,),
            bias=(k,) if self.bias else None,
        )

    def filter_weights(self, volume: Volume, groups: int) -> Count:
        """Return the weights of one filter: `(F*F*D)`, or `(F*F*(D/G))` with groups."""
        depth = dim("D", volume.depth)
        kernel = dims("F", tuple(axis.kernel for axis in self.axes(volume)))
        return (kernel * (depth if groups == 1 else (depth // dim("G", groups)).grouped())).grouped()

    def biases(self, count: Count) -> tuple[Tensor, ...]:
        """Return the bias array, or no array without bias."""
        return (Tensor("bias", "bias" if self.learned else "buffer", count, (count.value,)),) if self.bias else ()

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the input: the gradient of the weights depends on it."""
        return Keeps("new", inputs=True)

    def bias_work(self, output: Volume) -> Count:
        """Return one addition per output value."""
        return sides(output.size, "2") * dim("K", output.depth) if self.bias else ZERO


def check_groups(name: str, groups: int, depth: int, filters: int) -> None:
    """Refuse groups that do not divide both depths."""
    for what, value in (("input depth", depth), ("filters", filters)):
        if value % groups:
            divisors = [each for each in range(1, min(depth, filters, 4096) + 1) if depth % each == 0 and filters % each == 0]
            raise Misfit(
                misfits.GROUPS,
                f"{name} groups {groups} do not divide the {what} {value}",
                field="groups",
                label=f"{value}/{groups} is not an integer",
                notes=(f"groups have to divide the input depth {depth} and the filters {filters}",),
                hints=(f"groups {' or '.join(map(str, divisors[-6:]))} fits" if len(divisors) > 1 else "only 1 group fits",),
            )


def convolution_work(weights: Count, positions: Count, extra: Count) -> Work:
    """Return positions x weights multiply-accumulates."""
    return Work(positions * weights, extra)
