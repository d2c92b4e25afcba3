"""The sheet of one window: input, weights, products and the output so far, with the arithmetic in words below."""

from __future__ import annotations

import itertools
from math import prod
from typing import TYPE_CHECKING

from cnncalc.reports import demo_lines
from cnncalc.reports.demo_lines import index
from cnncalc.reports.sheet import BREAK, GAP, PENDING, Cell, Grid, Room, Sheet, chosen, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.arithmetic.window import Stage, Window
    from cnncalc.kernels.arrays import Array
    from cnncalc.maths.neuron import Neuron
    from cnncalc.reports.sheet import Mark, Tone

MOST_COLUMN = 16
"""The most numbers of a depth column in a line."""
MOST_MEASURED = 500
"""The most numbers that are written to find the longest."""
MOST_HEAD = 16
"""The columns of a head before a line of numbers, brackets included."""


def sheet(stage: Stage, window: Window, name: str, room: Room) -> Sheet:
    """Return the picture of one window."""
    from cnncalc.arithmetic.window import order

    neuron, output = window.neuron, stage.output
    number_of = order(output, window.place) + 1
    sizes = f"{stage.inputs[0].text} -> {output.text}"
    title = f"{name}: {stage.layer.full_label()}, {sizes} · V[{index(window.place)}], number {number_of} of {output.values:,}"
    slices = shown_slices(neuron, room)
    parts: list[Sequence[Grid] | str] = [
        _where(stage, neuron),
        *_left_out(neuron, slices),
        input_grids(stage, window, slices, room),
        output_grids(stage, window, room),
    ]
    parts.append(BREAK)
    parts += _products(stage, window, slices, room)
    parts += [BREAK, *demo_lines.sentences(stage, window, slices)]
    parts.append(demo_lines.numpy_line(stage, window, _kernel_sides(stage, neuron)))
    parts += [line for line in (demo_lines.column_line(stage, window, MOST_COLUMN),) if line]
    parts += spread_parts(stage, window, room)
    return Sheet(title, parts)


def _kernel_sides(stage: Stage, neuron: Neuron) -> tuple[int, ...]:
    """Return the sides of the whole kernel; none without weights."""
    from cnncalc.arithmetic.window import whole_kernel

    return tuple(whole_kernel(stage, neuron).shape) if neuron.taps else ()


def _where(stage: Stage, neuron: Neuron) -> str:
    """Return what X is, and where the window lies on it."""
    around = any(before or after for before, after in neuron.padding)
    sizes = "x".join(map(str, demo_lines.padded(stage, neuron)))
    what = {0.0: "its border of zeros", None: "a border that does not count"}.get(neuron.outside, "a border that never wins")
    shape = "x".join(str(len(places)) for places in neuron.places)
    axes = "x right" + (", y down" if len(neuron.padding) > 1 else "")
    border = f" with {what}" if around else ""
    return f"X is {sizes}{border}; the window reads {shape}; {axes}"


def shown_slices(neuron: Neuron, room: Room) -> list[tuple[int, ...]]:
    """Return the indices, into the window, of the slices that are shown: those of the time and the depth, depth last."""
    deep = neuron.places[2:] if len(neuron.padding) > 1 else neuron.places[1:]
    every = list(itertools.product(*(range(len(each)) for each in deep)))
    if len(every) <= room.slices:
        return every
    return [*every[: room.slices - 1], every[-1]] if room.slices > 1 else every[:1]


def _left_out(neuron: Neuron, slices: Sequence[tuple[int, ...]]) -> list[str]:
    """Return a line on slices of the window that are not drawn; none where all are."""
    deep = neuron.places[2:] if len(neuron.padding) > 1 else neuron.places[1:]
    every = prod(len(each) for each in deep)
    if len(slices) >= every:
        return []
    first = "the first" if len(slices) == 1 else f"the first {len(slices) - 1} and the last"
    return [f"{len(slices)} of the window's {every} slices are drawn, {first}; the sums are over all"]


def is_column(window: Window) -> bool:
    """Return whether the window is one pixel with its depth, whose numbers are shown side by side."""
    *spatial, depth = window.neuron.places
    return all(len(places) <= 1 for places in spatial) and len(depth) > 1


def input_grids(stage: Stage, window: Window, slices: Sequence[tuple[int, ...]], room: Room) -> Sequence[Grid]:
    """Return the input, padded, slice by slice; in one dimension a row for each channel."""
    neuron = window.neuron
    rank = len(neuron.padding)
    if rank == 0 or (all(side == 1 for side in stage.x.shape[:-1]) and is_column(window)):
        return ()
    if rank == 1:
        return [_lines(stage, neuron, slices, room)]
    deep = [tuple(places[at] for places, at in zip(neuron.places[2:], each, strict=True)) for each in slices]
    return [_slice(stage, neuron, each, room) for each in deep]


def _columns(stage: Stage, neuron: Neuron, axis: int, most: int) -> list[int | None]:
    """Return the places of an axis that are shown."""
    before, after = neuron.padding[axis]
    places = neuron.places[axis]
    low = min([-before, *places])
    high = max([stage.x.shape[axis] + after, *(at + 1 for at in places)])
    return chosen(low, high, places, most)


def _slice(stage: Stage, neuron: Neuron, deep: tuple[int, ...], room: Room) -> Grid:
    """Return a slice of the input at a time and a depth."""
    across, down = _columns(stage, neuron, 0, room.across), _columns(stage, neuron, 1, room.down)
    rows = [[_cell(stage, neuron, (x, y, *deep)) for x in across] for y in down]
    offset = [before for before, _ in neuron.padding[2:]]
    where = (*(at + before for at, before in zip(deep, offset, strict=False)), deep[-1])
    return Grid(f"X[:,:,{index(where)}]", rows)


def _lines(stage: Stage, neuron: Neuron, slices: Sequence[tuple[int, ...]], room: Room) -> Grid:
    """Return the channels of a one-dimensional input, a row for each."""
    across = _columns(stage, neuron, 0, _along(stage.x, room))
    channels = [neuron.places[-1][at] for (at,) in slices]
    rows: list[list[Cell]] = []
    heads: list[str] = []
    for before, channel in zip([None, *channels], channels, strict=False):
        if before is not None and channel != before + 1:
            rows.append([GAP for _ in across])
            heads.append("")
        rows.append([_cell(stage, neuron, (x, channel)) for x in across])
        heads.append(f"X[:,{channel}]")
    return Grid("", rows, heads)


def _cell(stage: Stage, neuron: Neuron, place: tuple[int | None, ...]) -> Cell:
    """Return the cell of a place on the padded input; None is a gap."""
    exact = tuple(at for at in place if at is not None)
    if len(exact) < len(place):
        return GAP
    inside = all(0 <= at < side for at, side in zip(exact, stage.x.shape, strict=True))
    reads = all(at in places for at, places in zip(exact, neuron.places, strict=True))
    outside = "-" if neuron.outside is None else number(neuron.outside)
    text = number(stage.x[exact]) if inside else outside
    return Cell(text, "window" if reads else "" if inside else "padding")


def output_grids(stage: Stage, window: Window, room: Room) -> Sequence[Grid]:
    """Return the output so far: the slice of the new number, and where there are two slices, both."""
    output, place = stage.output, window.place
    if output.rank == 0 or all(side == 1 for side in output.size):
        return [_output_column(stage, window, room)]
    depths = range(output.depth) if output.depth <= 2 else (place[-1],)
    if output.rank == 1:
        across = chosen(0, output.size[0], place[:1], _along(stage.v, room))
        rows = [[_result(stage, window, (x, d)) for x in across] for d in depths]
        return [Grid("", rows, [f"V[:,{d}]" for d in depths], "output")]
    across = chosen(0, output.size[0], place[:1], room.across)
    down = chosen(0, output.size[1], place[1:2], room.down)
    middle = place[2:-1]
    return [
        Grid(
            f"V[:,:,{index((*middle, d))}]",
            [[_result(stage, window, (x, y, *middle, d)) for x in across] for y in down],
            tone="output",
        )
        for d in depths
    ]


def _along(numbers: Array, room: Room) -> int:
    """Return the most numbers of a line, by the longest of some of them."""
    longest = max(map(len, map(number, numbers.reshape(-1)[:MOST_MEASURED])), default=1)
    return max(8, (room.columns - MOST_HEAD) // (longest + 1))


def _output_column(stage: Stage, window: Window, room: Room) -> Grid:
    """Return the output of a layer without positions: its depth column so far."""
    depth = stage.output.depth
    shown = chosen(0, depth, window.place[-1:], _along(stage.v, room))
    cells = [_result(stage, window, (*window.place[:-1], d)) for d in shown]
    here = ",".join((*map(str, window.place[:-1]), ":"))
    return Grid("", [cells], [f"V[{here}]"], "output")


def _result(stage: Stage, window: Window, place: tuple[int | None, ...]) -> Cell:
    """Return a cell of the output: computed before, new, or still to come."""
    from cnncalc.arithmetic.window import order

    exact = tuple(at for at in place if at is not None)
    if len(exact) < len(place):
        return GAP
    if exact == window.place:
        return Cell(number(window.value), "new")
    done = order(stage.output, exact) < order(stage.output, window.place)
    return Cell(number(stage.v[exact])) if done else PENDING


def _products(stage: Stage, window: Window, slices: Sequence[tuple[int, ...]], room: Room) -> list[Sequence[Grid] | str]:
    """Return the weights and the products, slice by slice; for one pixel with its depth, in rows below each other."""
    neuron = window.neuron
    if is_column(window):
        return [[_depth_rows(stage, window, room)]]
    if window.weights is None or window.products is None or not neuron.cells:
        return [_kernel_grids(stage, window, slices, room)] if neuron.taps else []
    name, _ = demo_lines.own_weights(neuron, window.place)
    grids: list[Sequence[Grid] | str] = [_kernel_grids(stage, window, slices, room)]
    if neuron.flipped and not _is_partial(stage, neuron):
        grids.append(_boxes(f"{name} flipped", window.weights, slices, room))
    grids.append(_boxes("products", window.products, slices, room))
    return grids


def _is_partial(stage: Stage, neuron: Neuron) -> bool:
    """Return whether the neuron meets a part of its kernel only, as in a transposed convolution."""
    sides = _kernel_sides(stage, neuron)
    return any(len(taps) != side for taps, side in zip(neuron.taps[:-1], sides, strict=False))


def _kernel_grids(stage: Stage, window: Window, slices: Sequence[tuple[int, ...]], room: Room) -> Sequence[Grid]:
    """Return the stored kernel slice by slice; the weights that the neuron meets are marked where it does not meet all."""
    from cnncalc.arithmetic.window import whole_kernel

    neuron = window.neuron
    array = whole_kernel(stage, neuron)
    name, _ = demo_lines.own_weights(neuron, window.place)
    partial = _is_partial(stage, neuron)
    if partial or not neuron.cells:
        depth = neuron.taps[-1]
        array, slices = array[..., list(depth)], [(0,) * (array.ndim - 3) + (at,) for at in range(min(len(depth), room.slices))]
    marks = neuron.taps[:-1] if partial else ()
    return _boxes(name, array, slices, room, marks)


def _boxes(name: str, box: Array, slices: Sequence[tuple[int, ...]], room: Room, marks: Sequence[range] = ()) -> Sequence[Grid]:
    """Return the slices of a box of numbers, of the size of the window."""
    tone: Tone = "products" if name == "products" else "weights"
    if box.ndim == 2:
        across = chosen(0, box.shape[0], (0,), _along(box, room))
        rows = [[_number(box, (x, *deep), marks) for x in across] for deep in slices]
        return [Grid("", rows, [_titled(name, f":,{index(deep)}", at) for at, deep in enumerate(slices)], tone)]
    across, down = chosen(0, box.shape[0], (0,), room.across), chosen(0, box.shape[1], (0,), room.down)
    return [
        Grid(
            _titled(name, f":,:,{index(deep)}", at), [[_number(box, (x, y, *deep), marks) for x in across] for y in down], tone=tone
        )
        for at, deep in enumerate(slices)
    ]


def _titled(name: str, inside: str, at: int) -> str:
    """Return `W0[:,:,1]`; of what has no name in NumPy only the first slice has a title."""
    return f"{name}[{inside}]" if name.startswith("W") and " " not in name else "" if at else name


def _number(box: Array, place: tuple[int | None, ...], marks: Sequence[range]) -> Cell:
    exact = tuple(at for at in place if at is not None)
    if len(exact) < len(place):
        return GAP
    mark: Mark = "window" if marks and all(at in taps for at, taps in zip(exact, marks, strict=False)) else ""
    return Cell(number(box[exact]), mark)


def _depth_rows(stage: Stage, window: Window, room: Room) -> Grid:
    """Return one pixel over its depth: the numbers, the weights and the products, a row for each."""
    neuron = window.neuron
    spatial = [places[0] for places in neuron.places[:-1]]
    channels = neuron.places[-1]
    own = window.place[-1] if neuron.response is not None else channels[0]
    whole = range(stage.x.shape[-1])
    low, high = min(0, channels[0]), max(len(whole), channels[-1] + 1)
    most = _along(stage.x if window.products is None else window.products, room)
    shown = chosen(low, high, (own,) if len(channels) > most - 2 else channels, most)
    here = index([at + before for at, (before, _) in zip(spatial, neuron.padding, strict=True)])
    heads = [f"X[{here}{',' if here else ''}:]"]
    rows = [[_cell(stage, neuron, (*spatial, None if d is None else d)) for d in shown]]
    if window.weights is None or window.products is None:
        return Grid("", rows, heads)
    name, _ = demo_lines.own_weights(neuron, window.place)
    zero = ",".join("0" for _ in spatial)
    for head, box in ((f"{name}[{zero}{',' if zero else ''}:]", window.weights), ("products", window.products)):
        heads.append(head)
        cells = [
            GAP if d is None else Cell("") if d not in channels else Cell(number(box[(*(0 for _ in spatial), channels.index(d))]))
            for d in shown
        ]
        rows.append(cells)
    return Grid("", rows, heads)


def spread_parts(stage: Stage, window: Window, room: Room) -> list[Sequence[Grid] | str]:
    """Return what one input of a transposed window adds to the output; nothing for other windows."""
    from cnncalc.arithmetic.spread import spread

    found = spread(stage, window)
    if found is None:
        return []
    output, k = stage.output, window.place[-1]
    name, _ = demo_lines.own_weights(window.neuron, window.place)
    where = ",".join(demo_lines.span(places, 0, side) for places, side in zip(found.places, output.size, strict=True))
    text = f"X[{index(found.source)}] = {number(found.value)} is spread over V[{where},{k}], times {name}:"

    def cell(place: tuple[int | None, ...]) -> Cell:
        exact = tuple(at for at in place if at is not None)
        if len(exact) < len(place):
            return GAP
        return Cell(number(found.parts[exact]), "window") if exact in found.parts else PENDING

    center = [places or range(1) for places in found.places]
    across = chosen(0, output.size[0], center[0], room.across if output.rank > 1 else _along(stage.v, room))
    if output.rank == 1:
        return [BREAK, text, [Grid("", [[cell((x,)) for x in across]], [f"part of V[:,{k}]"])]]
    down = chosen(0, output.size[1], center[1], room.down)
    middle = tuple(places[0] for places in center[2:])
    title = f"part of V[:,:,{index((*middle, k))}]"
    return [BREAK, text, [Grid(title, [[cell((x, y, *middle)) for x in across] for y in down])]]
