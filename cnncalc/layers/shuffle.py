"""SHUFFLE: channels change places between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from cnncalc.layers._convolution import check_groups
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Example, Gradients, Keeps, Shorthand, Values
from cnncalc.layers.options import Option, whole

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted
    from cnncalc.maths.volume import Volume

GROUPS = Option("groups", whole(), "an integer", "groups whose channels are interleaved", 2, short="g{}")


@final
class Shuffle(Structure):
    """Interleaves the channels of groups: channel g*n + i goes to i*groups + g, for n channels per group.

    Source: Zhang et al. 2017, arXiv:1707.01083, section 3.1.
    """

    kind = "shuffle"
    summary = "channel shuffle: channels change places between groups"
    options: ClassVar[tuple[Option, ...]] = (GROUPS,)
    shorthand = Shorthand(first="groups")
    examples = (
        Example("28x28x116", "SHUFFLE(2)", "28x28x116", source="Ma et al. 2018, arXiv:1807.11164"),
        Example("1x4", "SHUFFLE(2)", "1x4", values=Values("1 | 2 | 3 | 4", "1 | 3 | 2 | 4"), keeps=Keeps("new")),
        Example("1x6", "SHUFFLE(3)", "1x6", values=Values("1 | 2 | 3 | 4 | 5 | 6", "1 | 3 | 5 | 2 | 4 | 6")),
    )

    groups: int

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the input volume."""
        check_groups("SHUFFLE", self.groups, inputs[0].depth, inputs[0].depth)
        return inputs[0]

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the channels interleaved across the groups."""
        from cnncalc.kernels.shape import shuffle

        return shuffle(inputs[0], self.groups)

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient with its channels in the places that they came from."""
        from cnncalc.kernels.shape_backward import shuffle_backward

        return Gradients((shuffle_backward(gradient, self.groups),))
