"""IDENTITY: the input, unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example, Gradients, Keeps, Values

if TYPE_CHECKING:
    from cnncalc.layers.base import Array, Arrays, How, Kept, Named, Wanted


@final
class Identity(Elementwise):
    """Passes its input on unchanged; a place for a name."""

    kind = "identity"
    linear = True
    summary = "passes its input on"
    operations = 0
    kept = "nothing"
    examples = (
        Example("14x14x256", "IDENTITY", "14x14x256"),
        Example("3x1", "IDENTITY", "3x1", values=Values("1 -2 3", "1 -2 3"), keeps=Keeps("view", gradient="same")),
    )

    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the input itself."""
        return inputs[0]

    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradient itself."""
        return Gradients((gradient,))
