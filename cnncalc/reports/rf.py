"""Receptive fields as text and as a dictionary: the table of a network, and the picture of one neuron's pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.receptive_field import modulated, receptive_fields, seen
from cnncalc.analyses.receptive_pixels import runs
from cnncalc.analyses.unproductive import partings, smallest_input, unproductive
from cnncalc.maths.volume import dims_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.reports.json import SCHEMA_VERSION, field_dict, inputs_dict
from cnncalc.reports.plain import listed
from cnncalc.reports.summary import inputs
from cnncalc.text.suggest import listed as enumerated
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.analyses.receptive_field import Exact, Fields
    from cnncalc.analyses.receptive_pixels import Pixels
    from cnncalc.maths.volume import Volume

HEADS = ("layer", "kind", "output", "size", "stride", "offset", "of image", "")


class Style(NamedTuple):
    """The style of a picture: signs for cells seen wholly, mostly, partly, barely, not; signs for half cells; and its size."""

    shades: str
    upper: str
    lower: str
    columns: int
    lines: int


BLOCKS = Style("█▓▒░·", "▀", "▄", 80, 40)
ASCII = Style("#*+:.", "'", ",", 80, 40)


class InOne(NamedTuple):
    """The receptive fields of all layers in one input."""

    report: Analysis
    input: Row
    fields: Sequence[Fields]
    ungated: Sequence[Fields]
    """The fields without gates; equal where there are none."""

    @property
    def gated(self) -> list[Row]:
        """Return the layers that see the whole image through gates or the statistics of norms only."""
        fields = zip(self.report.rows, self.fields, self.ungated, strict=True)
        return [row for row, field, free in fields if field.whole and not free.whole and not free.unknown]

    @property
    def image(self) -> Volume:
        """Return the volume of the input."""
        return self.input.output

    @property
    def source(self) -> int:
        """Return the node of the input."""
        return self.fields[0].source

    @property
    def named(self) -> str:
        """Return the name of the input; empty for a single input."""
        return self.input.name if len(self.report.inputs) > 1 else ""


def in_one(report: Analysis, source: int | None = None) -> InOne:
    """Return the fields in the input at node `source`; by default in the first input that the main output depends on."""
    if source is None:
        source = report.rows[report.network.outputs[-1].at].field.source
    fields = receptive_fields(report.network, source)
    ungated = receptive_fields(report.network, source, gated=False) if modulated(report.network) else fields
    return InOne(report, report.rows[source], fields, ungated)


def render(view: InOne) -> str:
    """Return the table of all layers, and the sentences below it."""
    report, of = view.report, f" {view.named}" if view.named else ""
    lines = [f"{report.title} · {inputs(report)} · receptive fields in pixels of {of.strip() or 'the image'}", ""]
    far = set(unproductive(report.network, view.ungated))
    rows = [_cells(at, row, view, beyond=at in far) for at, row in enumerate(report.rows)]
    last = len(HEADS) if any(row[-1] for row in rows) else len(HEADS) - 1
    lines += listed([row[:last] for row in (HEADS, *rows)], right=(3, 4, 5, 6))
    return "\n".join([*lines, "", *sentences(view)])


def _cells(at: int, row: Row, view: InOne, *, beyond: bool) -> tuple[str, ...]:
    """Return the cells of a layer; behind a gate, `whole (39)` with size, stride and offset of the field without gates."""
    fields, free = view.fields[at], view.ungated[at]
    if fields.independent:
        return (row.name, row.label, row.output.text, "-", "-", "-", "-", f"independent of {view.input.name}")
    if fields.unknown:
        return (row.name, row.label, row.output.text, "?", "?", "?", "?", "behind a layer that does not state what it sees")
    open_ended = free.whole or free.unknown
    strides = "-" if open_ended else _sides([axis.stride for axis in free.axes])
    offsets = "-" if open_ended else _sides([axis.offset for axis in free.axes], ",")
    size = "" if open_ended else _sides([axis.size for axis in free.axes])
    size = size if not fields.whole else f"whole ({size})" if size else "whole"
    return (
        row.name,
        row.label,
        row.output.text,
        size,
        strides,
        offsets,
        share(seen(fields, view.image, row.output), view.image.size),
        _remark(free, beyond=beyond),
    )


def _remark(fields: Fields, *, beyond: bool) -> str:
    """Return the remarks on a layer's field without gates."""
    found = [
        "beyond the image" if beyond else "",
        "" if fields.aligned else "paths not aligned",
        f"{_sides(list(fields.phases))} phases" if max(fields.phases, default=1) > 1 else "",
    ]
    return ", ".join(each for each in found if each)


def _sides(values: Sequence[Exact | float], between: str = "x") -> str:
    """Return `7`, or `7x1` where the axes differ."""
    texts = [str(value) for value in values]
    return "-" if not texts else texts[0] if len(set(texts)) == 1 else between.join(texts)


def share(seen: Sequence[int], size: Sequence[int]) -> str:
    """Return the share of the image: `24 %`, with more digits for small shares."""
    part = _product(seen)
    whole = _product(size)
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent >= 10 or not part else f"{percent:.2g} %" if percent >= 0.01 else "< 0.01 %"


def _product(values: Sequence[int]) -> int:
    found = 1
    for value in values:
        found *= value
    return found


def sentences(view: InOne) -> list[str]:
    """Return sentences on layers that see beyond the image and the input they need, on unaligned paths, and on phases."""
    report = view.report
    found = [*_gates(view), *([_unproductive(view)] if view.image.rank else [])]
    for parting in partings(report.network, view.ungated):
        row = report.rows[parting.at]
        strides = [dims_text_of(each) for each in parting.strides]
        if len(set(strides)) > 1:
            why = f"have strides of {enumerated(strides)}: the fields of a neuron drift apart, the size is the widest hull"
        else:
            centres = [dims_text_of(each, ",") for each in parting.centres]
            why = f"have centres at {enumerated(centres)}: the joined fields are shifted, the size is the hull"
        read = (report.rows[at].name for at in row.node.inputs if not view.ungated[at].independent)
        found.append(f"Paths are not aligned at {row.name}: its inputs ({', '.join(read)}) {why}.")
    uneven = [row for row, fields in zip(report.rows, view.ungated, strict=True) if max(fields.phases, default=1) > 1]
    if uneven:
        found.append(
            f"From {uneven[0].name} on, fields of different places or sizes alternate between neighbouring neurons (phases): "
            "the size is the largest, the offset is the first neuron's."
        )
    return found


def dims_text_of(texts: Sequence[str], between: str = "x") -> str:
    """Return a single text if all are equal, else all of them joined."""
    return texts[0] if len(set(texts)) == 1 else between.join(texts)


def _gates(view: InOne) -> list[str]:
    """Return the sentence on layers that see the whole image through gates."""
    gated = view.gated
    if not gated:
        return []
    see = f"{many(len(gated), 'layer')} {'sees' if len(gated) == 1 else 'see'} all of it"
    what = f"From {gated[0].name} on, gates or norms scale the values by what the whole image holds: {see}."
    return [f"{what} In brackets, with stride and offset, is the field without them."]


def _unproductive(view: InOne) -> str:
    report = view.report
    far = unproductive(report.network, view.ungated)
    sized = (dims_text(view.image.size) if view.image.rank > 1 else f"{view.image.size[0]}-pixel") + (
        f" input {view.named}" if view.named else " image"
    )
    if not far:
        return f"{'Without gates, no' if view.gated else 'No'} layer sees beyond the {sized}."
    first = report.rows[far[0]]
    smallest = smallest_input(report.network, view.ungated, view.source)
    cure = (
        f"at {dims_text(smallest)} none does" if smallest else "no larger input without such layers was found that fits the network"
    )
    sees = "sees" if len(far) == 1 else "see"
    gates = "Without gates, " if view.gated else ""
    return (
        f"{gates}{many(len(far), 'layer')} with windows {sees} beyond the {sized}, from {first.name} "
        f"({_sides([axis.size for axis in view.ungated[far[0]].axes])}) on: they see nothing new; {cure}."
    )


def as_dict(view: InOne) -> dict[str, object]:
    """Return the table as a dictionary; with several inputs, it includes the fields in each."""
    report = view.report
    far = unproductive(report.network, view.ungated)
    smallest = smallest_input(report.network, view.ungated, view.source) if far else None
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        **inputs_dict(report),
        **({"relative_to": view.named} if view.named else {}),
        "layers": _layers(view),
        "unproductive": [report.rows[at].name for at in far],
        "smallest_input": None if smallest is None else list(smallest),
        "not_aligned": [report.rows[each.at].name for each in partings(report.network, view.ungated)],
    }


def _layers(view: InOne) -> list[dict[str, object]]:
    """Return the layers with their fields; null where a layer is independent of the input."""
    report = view.report
    each = {name: in_one(report, source) for name, source in zip(report.inputs, report.network.inputs, strict=True)}
    found: list[dict[str, object]] = []
    for at, row in enumerate(report.rows):
        fields = {name: _field_dict(other.fields[at], other.image, row) for name, other in each.items()}
        free = each[view.input.name]
        if free.fields[at].whole and not (free.ungated[at].whole or free.ungated[at].unknown):
            fields[view.input.name] = {
                **(fields[view.input.name] or {}),
                "ungated": field_dict(free.ungated[at], free.image, row.output),
            }
        layer: dict[str, object] = {
            "name": row.name,
            "label": row.label,
            "output": list(row.output.sides),
            "receptive_field": fields[view.input.name],
        }
        found.append({**layer, "receptive_fields": fields} if view.named else layer)
    return found


def _field_dict(fields: Fields, image: Volume, row: Row) -> dict[str, object] | None:
    return None if fields.independent or fields.unknown else field_dict(fields, image, row.output)


class Sighting(NamedTuple):
    """One neuron and the pixels that it sees."""

    row: Row
    neuron: tuple[int, ...]
    pixels: Pixels
    view: InOne

    @property
    def fields(self) -> Fields:
        """Return the receptive field of the layer in the input of the view."""
        return self.view.fields[self.view.report.rows.index(self.row)]


def neuron_dict(report: Analysis, sighting: Sighting) -> dict[str, object]:
    """Return the pixels that one neuron sees as a dictionary: their hull, and the runs of pixels of each row."""
    row, neuron, pixels, view = sighting
    known = not sighting.fields.unknown
    spans: list[tuple[int, int]] = list(pixels.hull()) if known else []
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        **inputs_dict(report),
        **({"relative_to": view.named} if view.named else {}),
        "layer": row.name,
        "at": list(neuron),
        "receptive_field": _field_dict(sighting.fields, view.image, row),
        "hull": [list(each) for each in field_of(sighting)] if known else None,
        "pixels": pixels.number if known else None,
        "of": _product(pixels.size),
        "first": [span[0] for span in spans],
        "last": [span[1] for span in spans],
        "rows": [
            {"at": list(place), "runs": [list(run) for run in runs(mask)]} for place, mask in sorted(pixels.rows().items()) if known
        ],
    }


def field_of(sighting: Sighting) -> list[tuple[float, float]]:
    """Return the first and the last pixel of a neuron's field along each axis, padding and holes included."""
    from cnncalc.analyses.analysis import exact
    from cnncalc.maths.paths import hull  # for one neuron only

    fields = sighting.fields
    neuron = (0,) * len(fields.axes) if fields.whole else sighting.neuron
    spans = [hull(path.at(n) for path in fields.along(axis)) for axis, n in enumerate(neuron)]
    return [(exact(span[0]), exact(span[1] - 1)) if span else (0, -1) for span in spans]


def neuron_text(report: Analysis, sighting: Sighting, style: Style) -> str:
    """Return the picture of the pixels that one neuron sees, with their hull."""
    row, neuron, pixels, view = sighting
    place = ",".join(map(str, neuron))
    total = _product(pixels.size)
    of = f" · pixels of {view.named}" if view.named else ""
    lines = [f"{report.title} · {row.name} ({row.label}, {row.output.text}) · neuron {place}{of}", ""]
    spans = pixels.hull()
    if sighting.fields.independent:
        return "\n".join([*lines, f"It is independent of {view.named}."])
    if sighting.fields.unknown:
        return "\n".join([*lines, "It is not known what it sees: a layer before it, or the layer itself, does not state it."])
    if not spans:
        return "\n".join([*lines, "It sees no pixel of the image: only padding, or the zeros inside a transposed window."])
    extent = dims_text(tuple(last - first + 1 for first, last in spans))
    seen = " x ".join(f"{first}..{last}" for first, last in spans)
    field = " x ".join(f"{first}..{last}" for first, last in field_of(sighting))
    holes = _product([last - first + 1 for first, last in spans]) - pixels.number
    lines += [
        f"sees     {pixels.number:,} of {total:,} pixels ({share([pixels.number], [total])} of the image): {seen} = {extent}",
        f"field    {field} = {'x'.join(f'{last - first + 1:g}' for first, last in field_of(sighting))}: the hull, padding included",
    ]
    if holes:
        lines.append(f"holes    {many(holes, 'pixel')} within these limits {'is' if holes == 1 else 'are'} not seen")
    return "\n".join([*lines, "", *picture(pixels, style)])


def picture(pixels: Pixels, style: Style) -> list[str]:
    """Return the image with the seen pixels marked, scaled down to the style's columns and lines."""
    rows = pixels.rows()
    if len(pixels.size) == 3:
        frames = sorted({place[1] for place in rows})
        middle = frames[len(frames) // 2]
        rows = {(place[0],): mask for place, mask in rows.items() if place[1] == middle}
        seen = f"frames {frames[0]}..{frames[-1]} of {pixels.size[2]} are seen; this is frame {middle}"
        return [*_drawn(rows, pixels.size[0], pixels.size[1], style), seen]
    height = pixels.size[1] if len(pixels.size) == 2 else 1
    rows = rows if len(pixels.size) == 2 else {(0,): rows[()]}
    return _drawn(rows, pixels.size[0], height, style)


def _drawn(rows: dict[tuple[int, ...], int], width: int, height: int, style: Style) -> list[str]:
    masks = [rows.get((up,), 0) for up in range(height)]
    if 2 * width <= style.columns and height <= style.lines:
        full, none = style.shades[0] * 2, style.shades[-1] * 2
        return ["".join(full if mask >> at & 1 else none for at in range(width)) for mask in masks]
    across = max(1, -(-width // style.columns), -(-height // (2 * style.lines)))
    down = 2 * across if height > 1 else 1
    if across == 1:
        return [_halves(masks[up], masks[up + 1] if up + 1 < height else 0, width, style) for up in range(0, height, 2)]
    lines = [_shaded(masks[up : up + down], width, across, style) for up in range(0, height, down)]
    return [*lines, f"one character is {across}x{down} pixels" if height > 1 else f"one character is {across} pixels"]


def _halves(upper: int, lower: int, width: int, style: Style) -> str:
    """Return two rows as one line."""
    signs = {(0, 0): style.shades[-1], (1, 0): style.upper, (0, 1): style.lower, (1, 1): style.shades[0]}
    return "".join(signs[upper >> at & 1, lower >> at & 1] for at in range(width))


def _shaded(masks: Sequence[int], width: int, across: int, style: Style) -> str:
    """Return some rows as one line; each sign shows the seen share of its pixels."""
    signs: list[str] = []
    for at in range(0, width, across):
        columns = min(across, width - at)
        cell = (1 << columns) - 1
        seen, of = sum((mask >> at & cell).bit_count() for mask in masks), columns * len(masks)
        level = 4 if not seen else 0 if seen == of else 1 if 3 * seen >= 2 * of else 2 if 3 * seen >= of else 3
        signs.append(style.shades[level])
    return "".join(signs)
