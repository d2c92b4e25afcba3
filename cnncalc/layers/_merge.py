"""Layers that join several volumes into one."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers import misfits
from cnncalc.layers._elementwise import values
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Gradients, How, Keeps, Misfit, Passed, Work
from cnncalc.maths.count import ZERO
from cnncalc.maths.volume import Volume, axis_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.kernels.merge_backward import Pair
    from cnncalc.layers.base import Array, Arrays, Kept, Named, Wanted
    from cnncalc.layers.options import Option


class Merge(Structure):
    """Joins two or more volumes."""

    options: ClassVar[tuple[Option, ...]] = ()
    merges = True

    def fewest(self) -> int:
        """Return the minimum number of inputs."""
        return 2

    def check(self, inputs: tuple[Volume, ...]) -> None:
        """Refuse a single input, and inputs with different numbers of axes."""
        if len(inputs) < self.fewest():
            raise Misfit(
                misfits.MERGE_INPUTS,
                f"{self.name()} joins volumes, but has only one",
                label="one input",
                hints=(f"put branches before it, `{{ a | b }} -> {self.name()}`, or name a step to join, `{self.name()}(skip)`",),
            )
        for at, volume in enumerate(inputs):
            if volume.rank != inputs[0].rank:
                raise differ(self.name(), inputs, at, "number of axes", inputs[0].rank, volume.rank)

    def check_sizes(self, inputs: tuple[Volume, ...], places: Sequence[int]) -> None:
        """Refuse different widths or heights among the inputs at some places."""
        for at in places:
            for axis, (wanted, have) in enumerate(zip(inputs[places[0]].size, inputs[at].size, strict=True)):
                if wanted != have:
                    raise differ(self.name(), inputs, at, axis_name(axis, inputs[at].rank), wanted, have, places[0])


class SpreadMerge(Merge):
    """Joins volumes value by value; along each axis, a volume of size 1 is spread over the others.

    Work: n - 1 operations per output value. More than two volumes are joined one after the other.
    """

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the volume that all are spread to; it may be larger than each of them."""
        self.check(inputs)
        sides: list[int] = []
        for axis, along in enumerate(zip(*(volume.sides for volume in inputs), strict=True)):
            first = next((at for at, side in enumerate(along) if side != 1), 0)
            for at, side in enumerate(along):
                if side not in {1, along[first]}:
                    what = "depth" if axis == inputs[0].rank else axis_name(axis, inputs[0].rank)
                    raise differ(self.name(), inputs, at, what, along[first], side, first)
            sides.append(along[first])
        return Volume(tuple(sides[:-1]), sides[-1])

    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return n - 1 operations per output value."""
        return Work(ZERO, values(output) * (len(inputs) - 1))


class Chain(SpreadMerge):
    """Joins volumes by a function whose gradient depends on them: one after the other, and each join keeps its own."""

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return all inputs, and of more than two also the results in between."""
        return self.keeps_for(Keeps("new", inputs=True, gradient="products"), inputs, [True] * len(inputs), learns=False)

    def keeps_for(self, fact: Keeps, inputs: tuple[Volume, ...], gradients: Sequence[bool], *, learns: bool) -> Keeps:
        """Return what is kept for the gradients of some inputs; volumes are joined one by one, and each join keeps its own."""
        kept: set[int] = set()
        between, most = 0, (0, 0)
        left = gradients[0]
        for at in range(1, len(inputs)):
            right = gradients[at]
            keeps_left, keeps_right = self.join_keeps(left=left, right=right)
            if keeps_left and at > 1:
                between += self.infer(inputs[:at]).values
            kept |= {0} if keeps_left and at == 1 else set()
            kept |= {at} if keeps_right else set()
            if left or right:
                most = max(most, self.join_temporaries(self.infer(inputs[: at + 1]).values, left=left, right=right))
            left = left or right
        only = tuple(sorted(kept)) if len(kept) < len(inputs) else None
        values, bytes_ = most
        return fact._replace(values=between, only=only, gradient_values=values, gradient_bytes=bytes_)

    def join_keeps(self, *, left: bool, right: bool) -> tuple[bool, bool]:
        """Return whether the join of two volumes keeps the left and the right one, if they need a gradient."""
        return right, left

    def join_temporaries(self, values: int, *, left: bool, right: bool) -> tuple[int, int]:
        """Return the further values and bytes of the backward step of a join with so many results."""
        return 0, 0

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output, and those results in between that a join needs for its gradients."""
        between: dict[str, Array] = {}
        gradients = how.gradients(inputs)
        joined, needed = inputs[0], gradients[0]
        for at in range(1, len(inputs)):
            keeps_left, _ = self.join_keeps(left=needed, right=gradients[at])
            if keeps_left and at > 1:
                between[f"of {at}"] = joined
            joined, needed = self.forward((joined, inputs[at]), weights, How()), needed or gradients[at]
        return Passed(joined, between)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients, of the size of the output; the last join is the first to go back."""
        from cnncalc.kernels.merge_backward import UNREAD

        lefts = [kept.inputs[0], *(kept.saved.get(f"of {at}", UNREAD) for at in range(2, len(kept.inputs)))]
        found: list[Array | None] = [None] * len(kept.inputs)
        left: Array | None = gradient
        for at in reversed(range(1, len(kept.inputs))):
            if left is None:
                break
            before = any(wanted.inputs[:at])
            left, found[at] = self.join_backward(lefts[at - 1], kept.inputs[at], left, of_left=before, of_right=wanted.inputs[at])
        found[0] = left
        return Gradients(found)

    @abstractmethod
    def join_backward(self, left: Array, right: Array, gradient: Array, *, of_left: bool, of_right: bool) -> Pair:
        """Return the gradients of the two volumes of a join; None where they are not wanted."""


class Extremum(Chain):
    """The largest or the smallest value at each place: the gradient goes to the volume that it was taken from."""

    def join_keeps(self, *, left: bool, right: bool) -> tuple[bool, bool]:
        """Return both where one of them needs a gradient: it goes to the one that was taken."""
        return left or right, left or right

    def join_temporaries(self, values: int, *, left: bool, right: bool) -> tuple[int, int]:
        """Return half the gradient, for equal values, and two masks of a byte for each value."""
        return values, 2 * values


def differ(kind: str, inputs: tuple[Volume, ...], at: int, what: str, wanted: int, have: int, first: int = 0) -> Misfit:
    """Return the misfit of two inputs: their numbers, the axis, both sizes, and ways to make the sizes equal."""
    return Misfit(
        misfits.SHAPES,
        f"{kind} input {at + 1} has {what} {have}, input {first + 1} has {wanted}",
        label=f"{what} {wanted} and {have}",
        notes=(f"the inputs are {', '.join(volume.text for volume in inputs)}",),
        hints=_meet(what, wanted, have, at + 1, first + 1),
    )


def _meet(what: str, wanted: int, have: int, at: int, first: int) -> tuple[str, ...]:
    """Return ways to make two sizes equal."""
    if what == "number of axes":
        return ()
    if what == "depth":
        return (
            f"`CONV1-{wanted}` at the end of input {at}, or `CONV1-{have}` at the end of input {first}, makes the depths equal",
        )
    small, large, branch, other = (wanted, have, at, first) if wanted < have else (have, wanted, first, at)
    if large % small == 0:
        return (f"a stride of {large // small} in input {branch}, or `UPSAMPLE{large // small}` in input {other}, makes them meet",)
    return (
        f"input {branch} is {large - small} larger: more padding in input {other}, or a CROP in input {branch}, makes them meet",
    )
