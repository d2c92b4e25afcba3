"""ADD: the sum of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._merge import SpreadMerge
from cnncalc.layers.base import Example, Gradients, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Step, Wanted
    from cnncalc.maths.volume import Volume


@final
class Add(SpreadMerge):
    """The sum of n volumes; along each axis, a volume of size 1 is spread over the others.

    Work: n - 1 additions per value. Source: He et al. 2015, arXiv:1512.03385; spread: Cao et al. 2019, arXiv:1904.11492.
    """

    kind = "add"
    summary = "the sum of volumes; an axis of size 1 is spread over the others"
    examples = (
        Example("56x56x256 56x56x256", "ADD", "56x56x256", operations=56 * 56 * 256),
        Example("2x1 2x1", "ADD", "2x1", operations=2, values=Values("1 2 & 10 20", "11 22"), keeps=Keeps("new", gradient="same")),
        Example("2x1 2x1 2x1", "ADD", "2x1", operations=4, values=Values("1 2 & 10 20 & 100 200", "111 222")),
        Example("2x1 1x2", "ADD", "2x2", operations=4, values=Values("1 2 & 10 | 20", "11 12 | 21 22")),
    )

    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return nothing to keep; the gradient of every input is the output's gradient itself, summed where it was spread."""
        return Keeps("new", gradient="same")

    def as_step(self, weights: Named, others: Arrays) -> Step | None:
        """Return the addition of the others to a tile; None if views cannot cut them into tiles."""
        from cnncalc.kernels.after import add_after
        from cnncalc.kernels.arrays import in_one_run

        return add_after(others) if all(map(in_one_run, others)) else None

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the sum."""
        from cnncalc.kernels.merge import add

        return add(inputs, out=how.out(inputs))

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient itself for every input."""
        return Gradients([gradient if each else None for each in wanted.inputs])
