"""Receptive fields: size, stride and offset in the image, per axis, on any graph.

The field of a layer is the hull over all paths from the image: the smallest interval with all pixels of all paths. It
includes the holes of dilated windows; `analyses/receptive_pixels.py` finds the pixels themselves.

Paths are *aligned* if they have equal strides and fields with equal centres: a neuron's field then has the same centre on
every path. With different strides, fields drift apart and the hull grows along the axis.

A *gate* scales the values of a channel alike, by a number that depends on the whole image: the branch of squeeze-and-excitation.
Behind it every neuron depends on the whole image. The *ungated* field leaves out such paths, and the statistics of norms over all
positions: it is the part of the image that a neuron's pattern comes from. Which layers only scale is their fact `modulates`.

Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
doi:10.23915/distill.00021: equations 2 (size), 3 and 4 (stride and offset), and "Arbitrary computation graphs".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from cnncalc.analyses.figure import WHOLE, Figure
from cnncalc.layers.base import FIELD
from cnncalc.maths.paths import Path, everything, fixed, hull, join, pick, slide, spread
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from cnncalc.analyses.figure import Number
    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Network, Typed
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window

    Exact = int | Fraction
    Paths = tuple[Path, ...]


class Field(NamedTuple):
    """The receptive field of a layer's neurons along one axis, in pixels of the image."""

    size: Exact
    """The size of the largest field of a neuron, including padding and holes."""
    stride: Exact
    """The distance between the fields of neighbouring neurons; a fraction after transposed windows."""
    offset: Exact
    """The first pixel of the first neuron's field; negative in the padding."""


class Fields(NamedTuple):
    """The receptive field along each axis; `whole` if every neuron sees the entire image."""

    axes: tuple[Field, ...]
    whole: bool = False
    aligned: bool = True
    """Whether all paths from the image have one stride and one centre."""
    paths: tuple[Paths, ...] = ()
    """The paths along each axis, one per stride; empty if `axes` is enough."""
    independent: bool = False
    """Whether the layer does not depend on the input; sizes are then 0."""
    source: int = 0
    """The node of the input in which the field is measured."""
    unknown: bool = False
    """Whether a layer before it, or the layer itself, does not state what it sees; sizes are then 0."""

    def along(self, axis: int) -> Paths:
        """Return the paths along an axis."""
        if self.paths:
            return self.paths[axis]
        size, stride, offset = self.axes[axis]
        return (Path(stride, ((offset, offset + size),)),)

    @property
    def phases(self) -> tuple[int, ...]:
        """Return the period of the fields along each axis, in neurons: 1, or more after transposed windows."""
        return tuple(max(path.period for path in paths) for paths in self.paths) or (1,) * len(self.axes)


class _Fields(Sequence[Fields]):
    """The fields of all nodes, computed at their first use."""

    def __init__(self, network: Network, source: int | None, *, gated: bool) -> None:
        self._inferred = network
        self._source = source
        self._gated = gated
        self._found: list[Fields] = []

    @property
    def found(self) -> list[Fields]:
        if not self._found:
            network, gated = self._inferred, self._gated
            self._found = _firsts(network, gated=gated) if self._source is None else _work_out(network, self._source, gated=gated)
        return self._found

    @overload
    def __getitem__(self, at: int) -> Fields: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Fields]: ...
    def __getitem__(self, at: int | slice) -> Fields | Sequence[Fields]:
        return self.found[at]

    def __iter__(self) -> Iterator[Fields]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self._inferred.graph.nodes)


def receptive_fields(network: Network, source: int | None = None, *, gated: bool = True) -> Sequence[Fields]:
    """Return the receptive field of each node in the input of node `source`, computed at the first use.

    Without a source, each field is in the first input that its layer depends on. `gated=False` leaves out gates, and the
    statistics of norms.
    """
    return _Fields(network, source, gated=gated)


def modulated(network: Network) -> bool:
    """Return whether the fields without gates can differ from the fields: whether some layer scales by the whole image."""
    return any(typed.layer.modulates and (len(typed.inputs) > 1 or _is_whole(typed.window)) for typed in set(network.typed))


def _is_whole(window: Window | None) -> bool:
    return window is not None and window.form == "whole"


def _firsts(network: Network, *, gated: bool) -> list[Fields]:
    """Return the field of each node in the first input that it depends on."""
    first, *others = (_work_out(network, source, gated=gated) for source in network.inputs)
    for fields in others:
        first = [more if before.independent else before for before, more in zip(first, fields, strict=True)]
    return first


class _Move(NamedTuple):
    """A sliding window with equal axes, as in most layers."""

    growth: int
    stride: int
    before: int


def _work_out(network: Network, source: int, *, gated: bool) -> list[Fields]:
    """Return the fields of all nodes in one input, in order."""
    fields: list[Fields] = []
    moves: dict[Typed, Window | _Move | bool | None] = {}  # of layers with one input
    image = network.typed[source].output.size
    several = len(network.inputs) > 1
    for node, typed in zip(network.nodes, network.typed, strict=True):
        inputs = node.inputs
        if not inputs:
            own = len(fields) == source
            fields.append(Fields((Field(1, 1, 0) if own else Field(0, 0, 0),) * len(image), independent=not own))
            continue
        if len(inputs) != 1:
            fields.append(_merged([fields[at] for at in inputs], typed, image, gated=gated))
            continue
        before = fields[inputs[0]]
        move = moves.get(typed, False)
        if move is False:
            own_place = not gated and typed.layer.modulates and _is_whole(typed.window)
            move = moves[typed] = None if own_place else _move(typed.window)
        if move is None or before.whole or before.unknown or (several and before.independent):
            fields.append(before)
        elif type(move) is _Move and not before.paths:
            fields.append(_moved(before, move))
        else:
            window = typed.window
            assert window is not None  # noqa: S101  or there was no move
            fields.append(_behind(before, window, typed.inputs[0].size, typed.output.size, image))
    return [each._replace(source=source) for each in fields] if source else fields


def _move(window: Window | None) -> Window | _Move | None:
    """Return the short form of a window if it has one."""
    if window is None or window.form != "windowed" or len(set(window.axes)) != 1:
        return window
    axis = window.axes[0]
    return _Move(axis.extent - 1, axis.stride, axis.before)


def _moved(fields: Fields, move: _Move) -> Fields:
    """Return the fields after a sliding window: r + A*(F - 1)*j, j*S, o - P*j."""
    growth, step, before = move
    axes = fields.axes
    first = axes[0]
    size, stride, offset = first
    one = Field(size + growth * stride, stride * step, offset - before * stride)
    if len(axes) == 2 and (axes[1] is first or axes[1] == first):
        return Fields((one, one), False, fields.aligned)
    rest = (Field(size + growth * stride, stride * step, offset - before * stride) for size, stride, offset in axes[1:])
    return Fields((one, *rest), False, fields.aligned)


def _behind(fields: Fields, window: Window, inputs: tuple[int, ...], outputs: tuple[int, ...], image: tuple[int, ...]) -> Fields:
    """Return the fields after any window, with the sizes of its input and output."""
    if window.form == "unknown":
        return Fields((Field(0, 0, 0),) * len(image), unknown=True)
    if window.form == "whole":
        seen = [(hull_path([everything(path, inputs[at], image[at]) for path in fields.along(at)]),) for at in range(len(image))]
        return Fields(tuple(Field(size, 0, 0) for size in image), whole=True, aligned=fields.aligned, paths=tuple(seen))
    found: list[Paths] = []
    for at, axis in enumerate(window.axes):
        paths = fields.along(at)
        if window.form == "irregular":
            found.append(join(pick(path, window.places[at], inputs[at], outputs[at]) for path in paths))
        else:
            found.append(join((spread if window.form == "transposed" else slide)(path, axis) for path in paths))
    return from_paths(tuple(found), outputs, aligned=fields.aligned)


def hull_path(paths: Sequence[Path]) -> Path:
    """Return one path of a single phase for paths with stride 0."""
    return Path(0, (hull(path.spans[0] for path in paths),))


def from_paths(paths: tuple[Paths, ...], neurons: tuple[int, ...], *, aligned: bool) -> Fields:
    """Return the fields of paths; the paths are only kept if size, stride and offset are not enough."""
    axes = tuple(_field(each, count) for each, count in zip(paths, neurons, strict=True))
    simple = all(len(each) == 1 and each[0].period == 1 and each[0].spans[0] is not None for each in paths)
    return Fields(axes, aligned=aligned, paths=() if simple else paths)


def _field(paths: Paths, neurons: int) -> Field:
    """Return size, stride and offset of the hull of paths. With different strides, the hull is widest at the ends."""
    turns = min(neurons, max(path.period for path in paths))
    ends = range(turns) if len(paths) == 1 else (*range(turns), *range(neurons - turns, neurons))
    spans = [hull(path.at(neuron) for path in paths) for neuron in ends]
    seen = [span for span in spans if span is not None]
    stride = max(path.stride for path in paths)
    return Field(max(last - first for first, last in seen), stride, seen[0][0]) if seen else Field(0, stride, 0)


def _merged(sources: Sequence[Fields], typed: Typed, image: tuple[int, ...], *, gated: bool) -> Fields:
    """Return the fields of a layer with several inputs: their hull, and whether they are aligned."""
    parts = [part for part in zip(sources, typed.windows, typed.inputs, strict=True) if not part[0].independent]
    if not gated and typed.layer.modulates:
        parts = [part for part in parts if not (part[0].whole and part[2].size != typed.output.size)] or parts
    if not parts:
        return sources[0]
    fields = [
        each if window is None or each.whole or each.unknown else _behind(each, window, volume.size, typed.output.size, image)
        for each, window, volume in parts
    ]
    for each in fields:
        if each.whole:
            return each if all(one.aligned for one in fields) else each._replace(aligned=False)
    for each in fields:
        if each.unknown:
            return each
    size = typed.output.size
    stretched = [window is None and volume.size != size for _, window, volume in parts]
    if not any(each.paths for each in fields) and not any(stretched):
        aligned = all(each.aligned for each in fields) and all(_agree(axes) for axes in zip(*(e.axes for e in fields), strict=True))
        if all(len({axis.stride for axis in axes}) == 1 for axes in zip(*(each.axes for each in fields), strict=True)):
            return Fields(tuple(_axis_hull(axes) for axes in zip(*(each.axes for each in fields), strict=True)), aligned=aligned)
    found: list[Paths] = []
    aligned = all(each.aligned for each in fields)
    for at in range(len(size)):
        paths = [
            fixed(path) if alone and volume.size[at] != size[at] else path
            for each, alone, (_, _, volume) in zip(fields, stretched, parts, strict=True)
            for path in each.along(at)
        ]
        aligned = aligned and len({(path.stride, path.centre()) for path in paths}) == 1
        found.append(join(paths))
    return from_paths(tuple(found), size, aligned=aligned)


def _agree(axes: Sequence[Field]) -> bool:
    """Return whether fields have equal strides and equal centres."""
    return len({(axis.stride, 2 * axis.offset + axis.size) for axis in axes}) == 1


def _axis_hull(fields: Sequence[Field]) -> Field:
    """Return the hull of fields with equal strides."""
    first = min(field.offset for field in fields)
    last = max(field.offset + field.size for field in fields)
    return Field(last - first, fields[0].stride, first)


def seen(fields: Fields, image: Volume, output: Volume) -> tuple[int, ...]:
    """Return the number of pixels in the best placed neuron's field along each axis, without the padding."""
    if fields.independent or fields.unknown:
        return (0,) * len(image.size)
    sides = zip(image.size, (1,) * len(image.size) if fields.whole else output.size, strict=True)
    if fields.paths:
        return tuple(_seen(paths, size, neurons) for paths, (size, neurons) in zip(fields.paths, sides, strict=True))
    if len(set(image.size)) == len(set(output.size)) == len(set(fields.axes)) == 1:
        return (_seen_by_line(fields.axes[0], image.size[0], output.size[0]),) * len(image.size)
    return tuple(_seen_by_line(field, size, neurons) for field, (size, neurons) in zip(fields.axes, sides, strict=True))


def _seen_by_line(field: Field, size: int, neurons: int) -> int:
    """Return that number for fields of one size and one stride: neurons near the middle of the image have the most pixels."""
    extent, stride, offset = field
    if not (isinstance(extent, int) and isinstance(stride, int) and isinstance(offset, int)):
        return _seen((Path(stride, ((offset, offset + extent),)),), size, neurons)
    middle = (size - extent - 2 * offset) // (2 * stride) if stride else 0
    best = 0
    for neuron in (min(max(middle, 0), neurons - 1), min(max(middle + 1, 0), neurons - 1)):
        first = offset + neuron * stride
        best = max(best, min(first + extent, size) - max(first, 0))
    return best


def _seen(paths: Paths, size: int, neurons: int) -> int:
    spans = (hull(path.at(neuron) for path in paths) for neuron in _best_placed(paths, size, neurons))
    return max((max(0, -int(-min(span[1], size) // 1) - max(int(span[0] // 1), 0)) for span in spans if span), default=0)


def _best_placed(paths: Paths, size: int, neurons: int) -> Sequence[int]:
    """Return candidates for the best placed neuron: neurons in the middle, and one of each phase."""
    if len(paths) != 1:
        return range(neurons)
    (path,) = paths
    span = hull(path.spans)
    middle = 0 if span is None or not path.advance else int((size - span[0] - span[1]) / path.advance / 2 * path.period)
    around = range(middle - 2 * path.period, middle + 2 * path.period + 1)
    return sorted({min(max(neuron, 0), neurons - 1) for neuron in around} | set(range(min(neurons, path.period))))


def analyse(subject: Subject) -> Sequence[Fields]:
    """Return the receptive field of each node."""
    return receptive_fields(subject.network)


def analyse_ungated(subject: Subject) -> Sequence[Fields]:
    """Return the receptive field of each node without gates: the same object where no layer scales by the whole image."""
    return receptive_fields(subject.network, gated=False) if modulated(subject.network) else subject.of(analyse)


def largest_side(fields: Fields) -> Number:
    """Return the largest side of a receptive field, rounded up to whole pixels; 1 without axes, WHOLE for the entire image."""
    return WHOLE if fields.whole else max((math.ceil(axis.size) for axis in fields.axes), default=1)


def deciding(network: Network, fields: Sequence[Fields]) -> int:
    """Return the node whose receptive field is the network's; with several inputs, fields in the first one.

    That is the last layer that does not see the whole image: FC layers and global pools end most networks. Where the last layer
    that slides a window over several positions already sees the whole image, it is that layer.
    """
    nodes = [at for at in range(len(fields) - 1, -1, -1) if not fields[at].source and not fields[at].unknown]
    last = next((at for at in nodes if _slides_over_several(network.typed[at])), None)
    if last is not None and fields[last].whole:
        return last
    return next(at for at in nodes if not fields[at].whole)


def _slides_over_several(typed: Typed) -> bool:
    """Return whether a layer has a window, other than its whole input, over several positions."""
    pairs = zip(typed.windows, typed.inputs, strict=True)
    slid = (volume for window, volume in pairs if window is not None and window.form not in {"whole", "unknown"})
    return any(max(volume.size, default=1) > 1 for volume in slid)


def of_network(subject: Subject, fields: Sequence[Fields]) -> Number:
    """Return the largest side of the network's receptive field."""
    return largest_side(fields[deciding(subject.network, fields)])


FIGURES = (
    Figure(
        "receptive_field",
        "pixels",
        "largest side of the receptive field of the last layer that does not see the whole image; whole if the last window does",
        lambda subject: of_network(subject, subject.of(analyse)),
        lambda subject: [largest_side(each) for each in subject.of(analyse)],
        "more",
        reads=(FIELD,),
    ),
    Figure(
        "ungated_receptive_field",
        "pixels",
        "the same without gates, such as those of squeeze-and-excitation, and without the statistics of norms over all positions",
        lambda subject: of_network(subject, subject.of(analyse_ungated)),
        lambda subject: [largest_side(each) for each in subject.of(analyse_ungated)],
        "more",
        reads=(FIELD,),
    ),
)
