"""Sizes that may mean another volume: an image without its depth, a depth that comes first, as in arrays of PyTorch, and factors.

Every reading is a valid network, so a doubt is a warning. The rules are narrow: signals such as 16000x1, 400x6 or 196x768, and
images of any depth, pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cnncalc.maths.volume import Volume, dims_text, is_tuple
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Code
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnncalc.graph.graph import Graph, Network, Node, Typed
    from cnncalc.layers.base import Layer
    from cnncalc.text.diagnostic import Findings
    from cnncalc.text.source import Span

_LANGUAGE = "docs/language.md"
NO_DEPTH = Code(
    "CNN119",
    "a size whose depth seems to be missing",
    "Two equal numbers, the size of a common screen, or a size with one axis less than the kernels behind it: an image without "
    "its depth, read as a volume with one axis less.",
    "`28x28` is a signal of length 28 and depth 28. A convolution over it has 1-D kernels, and other counts than over an image.",
    "INPUT[28x28] -> CONV5-6 -> RELU -> FC-10",
    "Write the depth: `28x28x1` for a grey image, `28x28x3` for a colour image. If the size is meant, `ignore: [CNN119]`.",
    _LANGUAGE,
)
DEPTH_FIRST = Code(
    "CNN120",
    "a size whose depth seems to come first",
    "The first number is a usual depth, and the others look like the sides of an image.",
    "Sizes are width x height x depth. PyTorch writes the channels first; `3x224x224` is an image 3 wide, 224 high and 224 deep.",
    "INPUT[3x224x224] -> CONV3-64 -> RELU -> FC-10",
    "Write the depth last: `224x224x3`. If the size is meant, `ignore: [CNN120]`.",
    _LANGUAGE,
)
KERNEL = Code(
    "CNN211",
    "a kernel that looks like a kernel and a number of filters",
    "A kernel has a small odd size along one axis and a multiple of 16 along the other.",
    "`CONV3x64` is a kernel 3 wide and 64 high; 64 filters of 3x3 are `CONV3-64`.",
    "INPUT[64x64x3] -> CONV3x64-8",
    "Write `CONV3-64`. If the kernel is meant, `ignore: [CNN211]`.",
    _LANGUAGE,
)
FACTOR = Code(
    "CNN212",
    "a factor that looks like a size",
    "A factor above 32, or one of at least 12 that is written for each axis, enlarges a volume.",
    "`RESIZE(224x224)` makes a side of 64 pixels one of 14,336; to the size 224x224 it is `RESIZE(size=224x224)`.",
    "INPUT[64x64x3] -> RESIZE(224x224) -> CONV3-8",
    "Write `size=`. If the factor is meant, `ignore: [CNN212]`.",
    _LANGUAGE,
)
DOUBTS = (NO_DEPTH, DEPTH_FIRST, KERNEL, FACTOR)
SCREENS = {
    (160, 120),
    (176, 144),
    (320, 240),
    (352, 288),
    (640, 360),
    (640, 480),
    (800, 600),
    (1280, 720),
    (1920, 1080),
    (3840, 2160),
}
_FEW = 4  # the depths of images: grey, two planes, colour, colour and opacity
_LONG = 100  # values of a signal, or of a side of an image of unusual depth
_SIDE = 32  # of an image beside 3 channels
_CUBE = 200  # equal width, height and depth of a volume; feature maps are not that deep
_CHANNELS = 8  # depths within networks are multiples of it
_ENLARGED = 32  # the stride of classifiers: the largest factor in use
_ENLARGED_BY_AXIS = 12  # who means a factor writes it once


class Doubt(NamedTuple):
    """A code, what a size is read as, and the size that was probably meant."""

    code: Code
    reading: str
    meant: str


def check_sizes(graph: Graph, places: Mapping[str, Span | None], findings: Findings) -> None:
    """Warn of doubtful sizes of inputs and other layers with a shape, and of doubtful kernels.

    `places` are the places of the sizes of inputs that no step gives, by name.
    """
    seen: set[int] = set()
    axes = 0
    shaped: list[tuple[int, Node, Volume]] = []
    for at, node in enumerate(graph.nodes):
        layer = node.layer
        if layer is None or (id(layer) in seen and node.inputs):
            continue
        seen.add(id(layer))
        kernel = _kernel(layer)
        axes = max(axes, len(kernel))
        if len(kernel) == 2 and _filters_in(kernel):
            _warn_of_kernel(node, kernel, findings)
        shape = layer.value("shape")
        if isinstance(shape, Volume):
            shaped.append((at, node, shape))
    for at, node, shape in shaped:
        found = doubt(shape, axes, slides=any(max(_kernel(reader)) > 1 for reader in _readers(graph, at, shape)))
        if found is not None:
            _warn(node, shape, found, places, findings)


def doubt(volume: Volume, axes: int, *, slides: bool) -> Doubt | None:
    """Return the doubt about a size, if any.

    `axes` are those of the kernels of the network, 0 where one number serves them all; `slides` is whether a window moves over it.
    """
    if volume.rank == 0:
        return None
    sides = volume.sides
    if (axes == volume.rank + 1 and volume.depth > _FEW) or _no_depth(sides):
        return Doubt(
            NO_DEPTH, _reading(volume), f"{'a grey image' if volume.rank == 1 else 'a volume of depth 1'} is {volume.text}x1"
        )
    if len(sides) == 4 and _batch_first(sides):
        return Doubt(DEPTH_FIRST, _reading(volume), f"without the batch it is {dims_text(_without_batch(sides))}")
    if len(sides) == 4 and _time_first(sides):
        width, height, time, depth = sides
        return Doubt(DEPTH_FIRST, _reading(volume), f"the time comes third: {dims_text((time, height, width, depth))}")
    if _depth_first(sides, slides=slides):
        return Doubt(DEPTH_FIRST, _reading(volume), f"the depth comes last: {dims_text(sides[::-1])}")
    return None


def _no_depth(sides: tuple[int, ...]) -> bool:
    """Return whether a size looks like an image without its depth."""
    if len(sides) == 2:
        return (sides[0] == sides[1] > 1) or sides in SCREENS or sides[::-1] in SCREENS
    return len(sides) == 3 and sides[0] == sides[1] == sides[2] >= _CUBE


def _depth_first(sides: tuple[int, ...], *, slides: bool) -> bool:
    """Return whether the first number looks like a depth, and the others like the sides of an image or a signal."""
    first, *rest = sides
    last = rest[-1]
    if len(sides) == 2:
        return slides and ((first <= _FEW and last >= _LONG) or (first == 1 and last > _FEW))
    other = rest[-2]
    small, large = sorted((other, last))
    if other == last > _FEW:
        return first <= _FEW or (len(sides) == 3 and first >= 2 * _CHANNELS and first % _CHANNELS == 0 and first != other)
    return (first == 3 and small >= _SIDE and large <= 4 * small) or (first <= _FEW and small >= _LONG and large <= 2 * small)


def _batch_first(sides: tuple[int, ...]) -> bool:
    """Return whether four numbers look like one image in an array: 1x3x224x224, or 1x224x224x3."""
    batch, height, width, depth = sides
    return batch == 1 and ((height <= _FEW < min(width, depth)) or (depth <= _FEW < min(height, width)))


def _without_batch(sides: tuple[int, ...]) -> tuple[int, ...]:
    return (sides[2], sides[1], sides[3]) if sides[3] <= _FEW else sides[:0:-1]


def _time_first(sides: tuple[int, ...]) -> bool:
    """Return whether the first of three axes looks like the time: 16x112x112x3."""
    first, second, third, depth = sides
    return second == third >= _SIDE and first < second and depth <= _FEW < first


def _reading(volume: Volume) -> str:
    """Return `1-D, length 28 and depth 28`."""
    names = ("length",) if volume.rank == 1 else ("width", "height", "time")[: volume.rank]
    return f"{volume.rank}-D, {listed(f'{name} {side}' for name, side in zip((*names, 'depth'), volume.sides, strict=True))}"


def _kernel(layer: Layer) -> tuple[int, ...]:
    """Return the kernel of a layer, one number for all axes or one for each; empty for a layer without one."""
    found = layer.value("kernel")
    return cast("tuple[int, ...]", found) if is_tuple(found) else ()


def _filters_in(kernel: tuple[int, ...]) -> bool:
    """Return whether a kernel looks like a kernel and a number of filters: 3x64."""
    small, large = sorted(kernel)
    return small % 2 == 1 and 1 < small < 2 * _CHANNELS <= large and large % (2 * _CHANNELS) == 0


def _readers(graph: Graph, at: int, shape: Volume) -> Iterator[Layer]:
    """Yield the layers with kernels that read a narrow volume, at once or behind pointwise layers."""
    if shape.rank != 1 or shape.size[0] > _FEW:
        return  # the others need no evidence
    same = {at}
    for index in range(at + 1, len(graph.nodes)):
        node = graph.nodes[index]
        if node.layer is None or not same.intersection(node.inputs):
            continue
        if _kernel(node.layer):
            yield node.layer
        elif node.layer.pointwise or node.layer.in_place:
            same.add(index)


def _warn(node: Node, shape: Volume, found: Doubt, places: Mapping[str, Span | None], findings: Findings) -> None:
    is_input = not node.inputs
    what = "the input" if is_input and len(places) == 1 else node.name
    given = "shape" in node.origin.options
    span = node.origin.place("shape") if given or node.name not in places else places[node.name]
    findings.warning(
        found.code,
        f"{what} {shape.text} is {found.reading}; {found.meant}",
        span,
        label="read as width x height x depth" if shape.rank > 1 else "read as length x depth",
        hints=(f"`ignore: [{found.code.number}]` in the spec, if it is meant",),
    )


def _warn_of_kernel(node: Node, kernel: tuple[int, ...], findings: Findings) -> None:
    small, large = sorted(kernel)
    width, height = kernel
    findings.warning(
        KERNEL,
        f"the kernel of {node.name} is {width} wide and {height} high; {large} filters of {small}x{small} are "
        f"{node.layer.name() if node.layer else ''}{small}-{large}",
        node.origin.place("kernel"),
        hints=(f"`ignore: [{KERNEL.number}]` in the spec, if it is meant",),
    )


def check_factors(network: Network, findings: Findings) -> None:
    """Warn of factors that look like the size of the output."""
    doubtful = {typed for typed in set(network.typed) if _is_size(typed)}
    if not doubtful:
        return
    said: set[object] = set()
    for node, typed in zip(network.nodes, network.typed, strict=True):
        place = (node.origin.place("scale"), typed)
        if typed in doubtful and place not in said:
            said.add(place)
            _warn_of_factor(node, typed, findings)


def _is_size(typed: Typed) -> bool:
    """Return whether a layer that takes a factor or a size enlarges by a factor that looks like a size."""
    layer = typed.layer
    scale = layer.value("scale")
    if "size" not in layer.sized or layer.value("size") is not None or not is_tuple(scale):
        return False
    whole = [factor for factor in scale if isinstance(factor, int)]
    if len(whole) < len(scale) or min(typed.inputs[0].size, default=1) == 1:
        return False  # a volume of one pixel is often spread
    return min(whole) >= _ENLARGED_BY_AXIS if len(whole) > 1 else whole[0] > _ENLARGED


def _warn_of_factor(node: Node, typed: Typed, findings: Findings) -> None:
    factors = dims_text(cast("tuple[int, ...]", typed.layer.value("scale")))
    findings.warning(
        FACTOR,
        f"{node.name} enlarges {typed.inputs[0].text} to {typed.output.text}; to the size {factors} it is "
        f"{typed.layer.name()}(size={factors})",
        node.origin.place("scale"),
        label="read as a factor",
        notes=node.origin.notes,
        hints=(f"`ignore: [{FACTOR.number}]` in the spec, if it is meant",),
    )
