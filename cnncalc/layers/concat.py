"""CONCAT: volumes stacked along the depth."""

from __future__ import annotations

from typing import final

from cnncalc.layers._merge import Merge
from cnncalc.layers.base import Example
from cnncalc.maths.volume import Volume


@final
class Concat(Merge):
    """Volumes of one width and height, stacked along the depth in the order of the inputs.

    Source: Szegedy et al. 2014, arXiv:1409.4842, "DepthConcat".
    """

    kind = "concat"
    summary = "volumes stacked along the depth"
    examples = (
        Example("28x28x64 28x28x128 28x28x32 28x28x32", "CONCAT", "28x28x256", source="Szegedy et al. 2014, inception (3a)"),
    )

    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return W x H x the sum of the depths."""
        self.check(inputs)
        self.check_sizes(inputs)
        return Volume(inputs[0].size, sum(volume.depth for volume in inputs))
