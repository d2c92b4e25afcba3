"""The exact set of pixels in the receptive field of one neuron: index sets, traced back from the neuron to the image.

A set of places in a volume is a union of boxes; a box has one bit mask per axis, with bit i for place i. A window maps each axis
separately: boxes stay boxes, and the holes of dilated windows stay holes. Padding is not a pixel and is removed at every layer,
unlike in the hull of `analyses/receptive_field.py`. Channels are not distinguished.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.maths.volume import dims_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Code, Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnncalc.graph.graph import Network, Typed
    from cnncalc.maths.window import Axis, Window

    Box = tuple[int, ...]

MOST_BOXES = 64  # more are rewritten as at most one per row


LONGEST = 131_072  # places along one axis: the masks of a long axis take time and memory that grow with its square
MOST_PIXELS = 2**28  # of an image: 16,384 x 16,384
TOO_LARGE = Code(
    "CNN425",
    "an image too large to trace pixel by pixel",
    "The pixels of one neuron are listed for volumes of at most 131,072 places along each axis and images of 2^28 pixels.",
    "A mask has one bit for each place: those of larger volumes would fill the memory.",
    'cnncalc rf "INPUT[1000000000x1000000000x3] -> CONV3-8" conv1',
    "Give a smaller image with --input; `cnncalc rf SPEC` computes the fields of all layers at any size.",
)


class Pixels(NamedTuple):
    """The pixels of an image in the receptive field of a neuron."""

    size: tuple[int, ...]
    """The size of the image: width, height, time."""
    boxes: tuple[Box, ...]

    def rows(self) -> dict[tuple[int, ...], int]:
        """Return the mask of the pixels in each row, by its height (and time)."""
        return _rows(self.boxes)

    @property
    def number(self) -> int:
        """Return the number of pixels."""
        return sum(mask.bit_count() for mask in self.rows().values())

    def hull(self) -> tuple[tuple[int, int], ...]:
        """Return the first and the last pixel along each axis; empty without pixels."""
        masks = [_union(box[axis] for box in self.boxes) for axis in range(len(self.size))]
        return tuple((bits_from(mask), mask.bit_length() - 1) for mask in masks) if self.boxes else ()


def receptive_pixels(network: Network, at: int, neuron: tuple[int, ...], source: int = 0) -> Pixels:
    """Return the pixels of the input of node `source` in the receptive field of a neuron of node `at`.

    `neuron` is its place, width x height x time, from 0. Raises SpecError for images and volumes that are too large.
    """
    _check_size(network, at, source)
    waiting: dict[int, list[Box]] = {at: [tuple(1 << place for place in neuron)]}
    nodes = network.nodes
    for here in range(at, -1, -1):
        boxes = waiting.pop(here, [])
        typed = network.typed[here]
        if here == source:
            return Pixels(typed.output.size, tuple(joined(boxes)))
        if boxes:
            for slot, before in enumerate(nodes[here].inputs):
                waiting[before] = joined([*waiting.get(before, ()), *_behind(typed, slot, joined(boxes))])
    return Pixels(network.typed[source].output.size, ())


def _check_size(network: Network, at: int, source: int) -> None:
    """Refuse an image with too many pixels, and a volume on the way that is too long."""
    image = network.typed[source].output
    long = next((each for each in range(source, at + 1) if max(network.typed[each].output.size, default=1) > LONGEST), None)
    if long is None and math.prod(image.size) <= MOST_PIXELS:
        return
    where = source if long is None else long
    name, size = network.nodes[where].name, network.typed[where].output.size
    message = f"{name} is {dims_text(size)}, too large to trace the pixels of {network.nodes[at].name}"
    limit = f"the limit is {LONGEST:,} places along an axis, and {MOST_PIXELS:,} pixels of an image"
    hints = ("`cnncalc rf` without a layer computes the fields of all layers at any size",)
    raise SpecError([Diagnostic(TOO_LARGE, "error", message, notes=(limit,), hints=hints)])


def _behind(typed: Typed, slot: int, boxes: Sequence[Box]) -> list[Box]:
    """Return the places of one input that some places of the output depend on."""
    size = typed.inputs[slot].size
    window = typed.windows[slot]
    if window is None:
        stretched = [have == 1 and want > 1 for have, want in zip(size, typed.output.size, strict=True)]
        return [tuple(1 if alone else mask for mask, alone in zip(box, stretched, strict=True)) for box in boxes]
    if window.form in {"whole", "unknown"}:  # unknown: at most the whole
        return [tuple((1 << side) - 1 for side in size)]
    mapped = [
        tuple(_back(mask, window, axis, side) for axis, (mask, side) in enumerate(zip(box, size, strict=True))) for box in boxes
    ]
    return [box for box in mapped if all(box)]


def _back(mask: int, window: Window, at: int, size: int) -> int:
    """Return the inputs along one axis that some outputs depend on."""
    if window.form == "irregular":
        return _union((1 << places.stop) - (1 << places.start) for places in map(window.places[at], places_of(mask)))
    axis = window.axes[at]
    found = _gather(mask, axis) if window.form == "transposed" else _scatter(mask, axis)
    return found & ((1 << size) - 1)


def _scatter(mask: int, axis: Axis) -> int:
    """Return the bits n*S - P + k*D for the bits n and k from 0 to F-1."""
    spread = int(("0" * (axis.stride - 1)).join(f"{mask:b}"), 2) if axis.stride > 1 and mask else mask
    return _shifted(_dilated(spread, axis.kernel, axis.dilation), -axis.before)


def _gather(mask: int, axis: Axis) -> int:
    """Return the bits i with i*S + k*D = n + P, for any bit n and any k from 0 to F-1."""
    span = (axis.kernel - 1) * axis.dilation
    reached = _shifted(_dilated(mask, axis.kernel, axis.dilation), axis.before - span)  # the bits n + P - k*D
    return int(f"{reached:b}"[::-1][:: axis.stride][::-1], 2) if axis.stride > 1 else reached


def _dilated(mask: int, times: int, step: int) -> int:
    """Return the union of the mask shifted up by 0, 1, … times-1 steps, in log2(times) shifts."""
    done = 1
    while done < times:
        more = min(done, times - done)
        mask |= mask << (more * step)
        done += more
    return mask


def _shifted(mask: int, by: int) -> int:
    return mask << by if by >= 0 else mask >> -by


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def bits_from(mask: int) -> int:
    """Return the place of the first bit."""
    return (mask & -mask).bit_length() - 1


def places_of(mask: int) -> list[int]:
    """Return the places of all bits, in order."""
    return [at for at, bit in enumerate(f"{mask:b}"[::-1]) if bit == "1"]


def runs(mask: int) -> list[tuple[int, int]]:
    """Return the runs [first, end) of bits, in order."""
    found: list[tuple[int, int]] = []
    while mask:
        first = bits_from(mask)
        length = bits_from(~(mask >> first))
        found.append((first, first + length))
        mask = mask >> (first + length) << (first + length)
    return found


def joined(boxes: Sequence[Box]) -> list[Box]:
    """Return the same union with fewer boxes: contained boxes are dropped, neighbours are merged."""
    if len(boxes) < 2:
        return list(boxes)
    kept: list[Box] = []
    for box in boxes:
        _add(kept, box)
    if len(kept) <= MOST_BOXES:
        return kept
    by_mask: dict[tuple[int, tuple[int, ...]], int] = {}
    for place, mask in _rows(kept).items():
        key = (mask, place[1:])
        by_mask[key] = by_mask.get(key, 0) | (1 << place[0] if place else 0)
    return [(mask, *((up,) if up else ()), *(1 << each for each in rest)) for (mask, rest), up in by_mask.items()]


def _add(kept: list[Box], box: Box) -> None:
    """Add a box to a union; it may contain other boxes or be merged with them."""
    again = True
    while again:
        again = False
        for at, other in enumerate(kept):
            differ = [axis for axis, (one, two) in enumerate(zip(box, other, strict=True)) if one != two]
            if all(box[axis] | other[axis] == other[axis] for axis in differ):
                return
            if len(differ) == 1 or all(box[axis] | other[axis] == box[axis] for axis in differ):
                box = tuple(one | two for one, two in zip(box, other, strict=True))
                del kept[at]
                again = True
                break
    kept.append(box)


def _rows(boxes: Iterable[Box]) -> dict[tuple[int, ...], int]:
    """Return the mask of each row."""
    found: dict[tuple[int, ...], int] = {}
    for mask, *others in boxes:
        for place in _product(others):
            found[place] = found.get(place, 0) | mask
    return found


def _product(masks: Sequence[int]) -> list[tuple[int, ...]]:
    """Return all places of a box."""
    places: list[tuple[int, ...]] = [()]
    for mask in masks:
        places = [(*place, at) for place in places for at in places_of(mask)]
    return places
