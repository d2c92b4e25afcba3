"""SOFTMAX: scores become probabilities with sum one, over the depth, over parts of it, or over positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers import misfits
from cnncalc.layers._activation import OVERWRITE, Activation
from cnncalc.layers._global import whole_window
from cnncalc.layers._normalization import check_groups
from cnncalc.layers.base import ON_CUDA_FLOAT32, Example, Keeps, Misfit, Shorthand, Values, Work
from cnncalc.layers.options import Option, choice, whole
from cnncalc.maths.count import ZERO, dim, sides

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Named
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

OVER = Option(
    "over",
    choice("depth", "space", "volume", "groups"),
    "depth, space, volume or groups",
    "the values with sum one: the depth at each position, all positions of each channel, all values, or one channel of each group",
    "depth",
)
GROUPS = Option(
    "groups", whole(), "an integer", "equal parts of the depth, each with a sum of one, or compared by over=groups", 1, short="g{}"
)


@final
class Softmax(Activation):
    """exp(x)/sum(exp(x)), by default over the depth at each position.

    With `groups=G` the depth has G parts, each with sum one. `over=groups` compares the parts: for each channel of a part, the G
    values at its place in every part have sum one, as the branches of selective kernels and of split attention.
    Work: for n values n - 1 comparisons, n subtractions, n exp, n - 1 additions and n divisions: 5*n - 2.
    Source: CS231n course notes, "Softmax classifier"; over space: Cao et al. 2019, arXiv:1904.11492; over groups: Li et al. 2019,
    arXiv:1903.06586, equation 5; Zhang et al. 2020, arXiv:2004.08955.
    """

    kind = "softmax"
    modulates = True
    distributes = True
    works_in_place = False  # PyTorch has no form in place
    summary = "exp(x)/sum(exp(x)) over the depth, over parts of it, or over all positions"
    precision = ON_CUDA_FLOAT32
    options: ClassVar[tuple[Option, ...]] = (OVER, GROUPS, OVERWRITE)
    shorthand = Shorthand(first="over")
    pointwise = False
    operations = 5
    kept = "output"
    examples = (
        Example("1x1x1000", "SOFTMAX", "1x1x1000", operations=4998),
        Example(
            "2x2",
            "SOFTMAX",
            "2x2",
            operations=16,
            values=Values("0 1.09861229 | 0 0", "0.5 0.75 | 0.5 0.25"),
            keeps=Keeps("new", output=True),
        ),
        Example("1x3", "SOFTMAX", "1x3", operations=13, values=Values("1000 | 1000 | 0", "0.5 | 0.5 | 0")),
        Example(
            "2x2",
            "SOFTMAX(space)",
            "2x2",
            operations=16,
            values=Values("0 1.09861229 | 0 0", "0.25 0.75 | 0.5 0.5"),
            window="whole",
        ),
        Example(
            "2x2",
            "SOFTMAX(volume)",
            "2x2",
            operations=18,
            values=Values("0 1.09861229 | 0 0", "0.16666667 0.5 | 0.16666667 0.16666667"),
            window="whole",
        ),
        Example(
            "1x4",
            "SOFTMAX(groups=2)",
            "1x4",
            operations=16,
            values=Values("0 | 1.09861229 | 0 | 0", "0.25 | 0.75 | 0.5 | 0.5"),
        ),
        Example(
            "1x6",
            "SOFTMAX(groups, groups=2)",
            "1x6",
            operations=24,
            values=Values("0 | 1.09861229 | 0 | 0 | 0 | 1.09861229", "0.5 | 0.75 | 0.25 | 0.5 | 0.25 | 0.75"),
        ),
        Example(
            "2x2",
            "SOFTMAX(volume, groups=2)",
            "2x2",
            operations=16,
            values=Values("0 1.09861229 | 0 0", "0.25 0.75 | 0.5 0.5"),
            window="whole",
        ),
    )

    over: str
    groups: int

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        (volume,) = inputs
        check_groups(self, volume, self.groups)
        if (self.over == "space" and self.groups > 1) or (self.over == "groups" and self.groups == 1):
            raise Misfit(
                misfits.ARGUMENT,
                f"SOFTMAX over={self.over} with groups={self.groups}: "
                + ("each channel is a part of its own" if self.over == "space" else "there is nothing to compare"),
                field="groups" if self.over == "space" else "over",
                hints=("leave out `groups`",) if self.over == "space" else ("`groups=2` compares two halves of the depth",),
            )
        return volume

    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the whole input over space or the volume; no window where each position is on its own."""
        return (whole_window(inputs[0]) if self.over in {"space", "volume"} else None,)

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return 5*n - 2 operations for n values with sum one."""
        places, depth, groups = sides(output.size), dim("D", output.depth), dim("G", self.groups)
        if self.over == "space":
            return Work(ZERO, depth * (places * 5 - 2).grouped())
        if self.over == "groups":
            return Work(ZERO, places * (depth // groups).grouped() * (groups * 5 - 2).grouped())
        if self.groups == 1:
            return Work(ZERO, places * (depth * 5 - 2).grouped() if self.over == "depth" else (places * depth * 5 - 2).grouped())
        part = (depth // groups).grouped()
        each = part * 5 - 2 if self.over == "depth" else places * part * 5 - 2
        return Work(ZERO, (places * groups if self.over == "depth" else groups) * each.grouped())

    def sloped(self, volume: Array, gradient: Array, *, of_output: bool) -> Array:
        """Return y*(y' - the sum of y*y'), over the values with sum one."""
        from cnncalc.kernels.softmax import softmax_backward

        places, part = self.over in {"space", "volume"}, self.over in {"depth", "volume"}
        return softmax_backward(volume, gradient, self.groups, places=places, groups=self.over == "groups", part=part)

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return exp(x)/sum(exp(x))."""
        from cnncalc.kernels.activation import softmax
        from cnncalc.kernels.softmax import softmax_of_parts

        if self.over == "depth" and self.groups == 1:
            return softmax(inputs[0], out=how.out(inputs))
        places, part = self.over in {"space", "volume"}, self.over in {"depth", "volume"}
        return softmax_of_parts(inputs[0], self.groups, places=places, groups=self.over == "groups", part=part, out=how.out(inputs))
