"""Convert a CONV layer to the FC layer of the same function: a large, mostly zero matrix.

Source: CS231n course notes, "Converting FC layers to CONV layers".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern.codes import UNKNOWN_STEP
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.suggest import did_you_mean
from cnncalc.transforms import codes
from cnncalc.transforms.rewrite import Changes, Part, fresh, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.graph.graph import Graph, Network, Typed
    from cnncalc.layers.options import Given
    from cnncalc.maths.window import Axis

LARGEST = 100_000_000  # numbers of the matrix, 400 MB of float32
KINDS = ("CONV", "DWCONV", "LOCAL")  # kinds whose windows read their input; a DECONV writes windows of its output


class Matrix(NamedTuple):
    """The matrix of the FC layer: its size, and the number of its non-zeros."""

    rows: int
    """Values of the input volume."""
    columns: int
    """Neurons: values of the output volume."""
    nonzeros: int
    """Numbers that hold a weight of the CONV; weights over padding are in no row."""
    weights: int
    """Learnable numbers of the CONV, without biases; the matrix repeats them at every place."""

    @property
    def size(self) -> int:
        """Return the number of entries of the matrix."""
        return self.rows * self.columns

    @property
    def zeros(self) -> int:
        """Return the number of entries that are always zero."""
        return self.size - self.nonzeros


def find(name: str, graph: Graph) -> int:
    """Return the layer of a name; the SpecError for an unknown one proposes the nearest."""
    for at, node in enumerate(graph.nodes):
        if node.name == name:
            return at
    convs = [node.name for node in graph.nodes if node.origin.kind in KINDS]
    hints = did_you_mean(name, convs) or ("`cnncalc analyze` shows the names of all layers",)
    raise SpecError([Diagnostic(UNKNOWN_STEP, "error", f"no layer is named `{name[:80]}`", hints=hints)])


def matrix(typed: Typed) -> Matrix:
    """Return the size and the non-zeros of a convolution's matrix, exact with padding.

    Along each axis a window at place i covers the pixels i*S - P + D*f; pixels outside the image are zero and have no row.
    """
    (volume,) = typed.inputs
    window = typed.window
    axes = window.axes if window is not None else ()
    inside = [pairs(axis, size, out) for axis, size, out in zip(axes, volume.size, typed.output.size, strict=True)]
    weight = typed.tensors[0]
    depth = weight.shape[-2]
    return Matrix(volume.values, typed.output.values, math.prod(inside) * depth * typed.output.depth, weight.numbers.value)


def pairs(axis: Axis, size: int, places: int) -> int:
    """Return the number of cells over pixels, of windows at all places along one axis.

    A matrix of 10^8 numbers has at most 10^4 pixels or 10^4 places, so the shorter of the two is walked: the kernel, and the
    longer one, may be as long as a number can be written.
    """
    if places <= size:
        return sum(len(_cells(axis, size, at)) for at in range(places))
    return sum(_places(axis, pixel, places) for pixel in range(size))


def _cells(axis: Axis, size: int, at: int) -> range:
    """Return the cells f of the window at a place that are over pixels: 0 <= at*S - P + D*f < size."""
    start = at * axis.stride - axis.before
    first = max(0, -(start // axis.dilation))
    return range(first, max(first, min(axis.kernel, (size - 1 - start) // axis.dilation + 1)))


def _places(axis: Axis, pixel: int, places: int) -> int:
    """Return the number of places whose window has a cell over a pixel: at*S + D*f = pixel + P, for 0 <= f < F."""
    reach = pixel + axis.before
    first = max(0, -((axis.dilation * (axis.kernel - 1) - reach) // axis.stride))
    last = min(places - 1, reach // axis.stride)
    common = math.gcd(axis.stride, axis.dilation)
    if reach % common or first > last:
        return 0
    every = axis.dilation // common  # such places are this far apart
    one = reach // common * pow(axis.stride // common, -1, every) % every
    return (last - one) // every - (first - 1 - one) // every


def taps(axis: Axis, size: int, at: int) -> list[tuple[int, int]]:
    """Return (cell of the kernel, pixel) of the window at a place, without the cells in the padding."""
    start = at * axis.stride - axis.before
    return [(cell, start + axis.dilation * cell) for cell in _cells(axis, size, at)]


def conv_to_fc(network: Network, name: str) -> Changes:
    """Return the changes that convert one CONV to an FC, followed by a RESHAPE to its volume.

    Raises SpecError for unknown layers, for other kinds, and for matrices of more than 10^8 numbers.
    """
    graph = network.graph
    at = find(name, graph)
    typed, node = network.typed[at], graph.nodes[at]
    if node.origin.kind not in KINDS:
        convs = [other.name for other in graph.nodes if other.origin.kind in KINDS]
        hints = (f"convolutions are {', '.join(convs[:8])}",) if convs else ()
        raise _refused(f"{name} is {node.origin.kind}, not a convolution", graph, at, hints)
    if node.owners or any(at in other.owners for other in graph.nodes):
        raise _refused(f"{name} shares its weights with another layer, which would stay a convolution", graph, at)
    stored = any(tensor.name == "weight" and tensor.role == "buffer" for tensor in typed.tensors)
    if typed.layer.rewrites_kernel() or stored:
        kernel = "has a kernel that is not learned" if stored else "standardizes its kernel in each pass"
        raise _refused(f"{name} {kernel}, and FC has no such option", graph, at)
    for problem in too_large(typed, name):
        raise _refused(problem, graph, at, (f"the limit is {LARGEST:,} numbers; a smaller input or a later layer fits",))
    given: dict[str, Given] = {"units": typed.output.values}
    if all(tensor.role != "bias" for tensor in typed.tensors):
        given["bias"] = False
    chain = (Part(made("FC", given), name),)
    if typed.output.is_vector():
        return {at: chain}
    reshape = made("RESHAPE", {"shape": typed.output})
    return {at: (*chain, Part(reshape, fresh(f"{name}_reshape", graph)))}


def too_large(typed: Typed, name: str) -> Iterator[str]:
    """Yield the problem of a matrix above the limit, if any."""
    rows, columns = typed.inputs[0].values, typed.output.values
    if rows * columns > LARGEST:
        yield f"{name} would become a matrix of {rows:,} x {columns:,} = {rows * columns:,} numbers"


def _refused(message: str, graph: Graph, at: int, hints: tuple[str, ...] = ()) -> SpecError:
    origin = graph.nodes[at].origin
    return SpecError([Diagnostic(codes.NOT_CONVERTED, "error", message, origin.span, notes=origin.notes, hints=hints)])
