"""A layer kind for tests only: the sum of two inputs, each with its own window."""

from typing import ClassVar, final

import numpy as np

from cnncalc.graph.infer import complete
from cnncalc.layers._structure import Structure
from cnncalc.layers.base import Tensor
from cnncalc.maths.count import dim
from cnncalc.maths.volume import Volume
from cnncalc.maths.window import Axis, Window


@final
class TwoWindows(Structure):
    """Each output is the sum of a window of the first input and a window of the second, each times a weight."""

    kind = "twowindows"
    summary = "two windows"
    options = ()
    examples = ()
    merges: ClassVar[bool] = True

    def __init__(self, *axes):
        super().__init__({})
        self.axes = axes

    def infer(self, inputs):
        axis = self.axes[0]
        return Volume(tuple(axis.slack(size) // axis.stride + 1 for size in inputs[0].size), 1)

    def windows(self, inputs):
        return tuple(Window((axis,) * volume.rank) for axis, volume in zip(self.axes, inputs, strict=True))

    def weights(self, inputs):
        first, second = (dim("D", volume.depth) for volume in inputs)
        return Tensor("left", "weight", first, (first.value,)), Tensor("right", "weight", second, (second.value,), input=1)

    def forward(self, inputs, weights, how):
        parts = (
            _summed((x * weights[name]).sum(axis=-1, keepdims=True), axis)
            for x, axis, name in zip(inputs, self.axes, ("left", "right"), strict=True)
        )
        return sum(parts)

    def backward(self, kept, gradient, weights, wanted):
        raise AssertionError("no test takes its gradients")


def _summed(x, axis):
    """Return the sums over a window along each spatial axis."""
    for at in range(1, x.ndim - 1):
        sides = [(0, 0)] * x.ndim
        sides[at] = (axis.before, axis.after)
        padded = np.pad(x, sides)
        places = range(axis.slack(x.shape[at]) // axis.stride + 1)
        cells = [[place * axis.stride + axis.dilation * cell for cell in range(axis.kernel)] for place in places]
        x = np.stack([padded.take(each, axis=at).sum(axis=at) for each in cells], axis=at)
    return x


def two_windows(network, first, second):
    """Return a network with TwoWindows instead of its ADD; `first` and `second` are the windows, the same along each axis."""
    nodes = [
        node.with_layer(TwoWindows(Axis(*first), Axis(*second))) if node.layer.kind == "add" else node for node in network.nodes
    ]
    return complete(network.graph._replace(nodes=nodes))
