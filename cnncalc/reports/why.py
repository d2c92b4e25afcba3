"""The formula behind every figure, with numbers filled in; the origins of hyperparameters; the figures of other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import stages
from cnncalc.analyses.trainable import split
from cnncalc.layers.base import MACS, OPERATIONS, PARAMETERS
from cnncalc.maths.volume import axis_name, dims_text, written
from cnncalc.named_tuple import NamedTuple
from cnncalc.reports.bounds import UNKNOWN, at_least, cell, not_counted_lines
from cnncalc.reports.json import SCHEMA_VERSION, inputs_dict, not_counted_dict
from cnncalc.reports.plain import listed
from cnncalc.reports.summary import inputs
from cnncalc.reports.units import percent, si, size
from cnncalc.request.dtypes import BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.analyses.conventions.found import Printed
    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.maths.count import Count
    from cnncalc.maths.window import Axis
    from cnncalc.spec.spec import Spec
    from cnncalc.text.source import Span


class Line(NamedTuple):
    """A figure: its name, its formula with symbols and with numbers, and its value."""

    what: str
    formula: str
    filled: str
    value: str

    @property
    def text(self) -> str:
        """Return `(F*F*D)*K = (3*3*64)*64 = 36,864`, without repeated parts."""
        parts = [part for at, part in enumerate((self.formula, self.filled)) if part and part != (self.formula if at else "")]
        return " = ".join([*parts, self.value] if self.value not in parts else parts)


class Origin(NamedTuple):
    """A hyperparameter: its name, its value, its setter and the place."""

    name: str
    value: str
    who: str
    where: str


def layer_text(report: Analysis, row: Row, spec: Spec, given: frozenset[str]) -> str:
    """Return everything about one layer."""
    blocks = [
        [f"{row.name} · {row.label} · {_inputs_text(row)} -> {row.output.text} · step at {_step(row)}"],
        ["Formulas", *_lined([(line.what, line.text) for line in formulas(report, row)])],
        ["Hyperparameters", *_lined([(f"{o.name} = {o.value}", f"{o.who}{o.where}") for o in origins(report, row, spec, given)])],
    ]
    return "\n".join("\n".join([*block, ""]) for block in blocks if len(block) > 1 or block is blocks[0]).rstrip()


def _lined(pairs: list[tuple[str, str]]) -> list[str]:
    width = max((len(what) for what, _ in pairs), default=0)
    return [f"  {what:<{width}}  {text}".rstrip() for what, text in pairs]


def _inputs_text(row: Row) -> str:
    return " + ".join(volume.text for volume in row.typed.inputs) or "image"


def formulas(report: Analysis, row: Row) -> list[Line]:
    """Return the figures of a layer with their formulas."""
    counts = row.counts
    shared = report.rows[row.node.shared].name if row.node.shared >= 0 else ""
    found = _sizes(row)
    found.append(Line("values", "*".join(_letters(row)), "*".join(map(str, row.output.sides)), f"{row.output.values:,}"))
    if shared:
        found.append(Line("parameters", f"those of {shared}, whose weights it shares", "", "0 more"))
    else:
        if row.node.tied >= 0:
            found.append(Line("parameters", f"the weight of {report.rows[row.node.tied].name}, transposed", "", "0 more"))
        found += _tensors(row)
        if counts.params and report.request.freeze and not report.trainable.learned[report.rows.index(row)]:
            found.append(Line("trainable", "the layer is frozen", "", "0"))
    found += [Line(fact, "not stated, and not counted", "", UNKNOWN) for fact in counts.unknown]
    for what, count in (("MACs", counts.macs), ("other work", counts.operations)):
        if count.value:
            found.append(_count_line(what, count))
    if counts.flops:
        found.append(
            Line("FLOPs", "2*MACs + other work", f"2*{counts.macs.value} + {counts.operations.value}", f"{counts.flops:,}")
        )
    return [*found, *_memory(report, row), *_field(report, row)]


def _letters(row: Row) -> list[str]:
    names = {0: [], 1: ["L2"], 2: ["W2", "H2"], 3: ["W2", "H2", "T2"]}[row.output.rank]
    return [*names, "D2"]


def _sizes(row: Row) -> list[Line]:
    """Return the size of the output along each axis."""
    if not row.typed.inputs:
        return []
    window = row.typed.window
    if window is None or window.form in {"whole", "irregular", "unknown"}:
        return []
    before, after = row.typed.inputs[0].size, row.output.size
    return [
        _size(axis, before[at], after[at], axis_name(at, len(before)), spread=window.form == "transposed")
        for at, axis in enumerate(window.axes)
    ]


def _size(axis: Axis, before: int, after: int, name: str, *, spread: bool) -> Line:
    if spread:
        least = (before - 1) * axis.stride - axis.before - axis.after + axis.extent
        more = f" + {after - least}" if after > least else ""
        filled = f"({before} - 1)*{axis.stride} - {axis.before} - {axis.after} + {axis.extent}{more}"
        return Line(name, "(W - 1)*S - 2*P + A*(F - 1) + 1" + (" + output_padding" if more else ""), filled, str(after))
    over = axis.leftover(before)
    ceiled = after > axis.slack(before) // axis.stride + 1
    rounded = f", rounded {'up' if ceiled else 'down'}" if over else ""
    return Line(name, axis.formula(), axis.filled(before), f"{after}{rounded}")


def _tensors(row: Row) -> list[Line]:
    """Return the stored arrays of a layer."""
    tensors = row.typed.tensors
    found: list[Line] = []
    for tensor in tensors:
        line = _count_line(tensor.name, tensor.numbers)
        kept = " (stored, not learned)" if tensor.role == "buffer" else ""
        found.append(line._replace(value=f"{line.value}{kept}"))
    if len(tensors) > 1:
        counts = row.counts
        found.append(
            Line("parameters", "weights + biases", f"{counts.weights.value} + {counts.biases.value}", f"{counts.params:,}")
        )
    return found


def _count_line(what: str, count: Count) -> Line:
    return Line(what, count.symbolic(), count.filled(), f"{count.value:,}")


def _memory(report: Analysis, row: Row) -> list[Line]:
    unit = BYTES[report.dtype]
    counts = row.counts
    found = [
        Line(
            "memory",
            "values*batch*bytes",
            f"{counts.values}*{report.batch}*{counts.number_bytes or unit}",
            _bytes(counts.memory(unit) * report.batch),
        )
        if counts.counted
        else Line("memory", "shares that of its input", "", "0 bytes")
    ]
    if counts.params:
        found.append(Line("", "parameters*bytes", f"{counts.params}*{unit}", _bytes(counts.params * unit)))
    return found


def _bytes(value: int) -> str:
    return f"{value:,} bytes" + (f" = {size(value)}" if value >= 1024 else "")


def _field(report: Analysis, row: Row) -> list[Line]:
    """Return the recursion of the receptive field along each axis that differs; behind a gate also that of the field without it."""
    fields = row.field
    if not row.typed.inputs:
        return []
    if fields.unknown:
        return [Line(_in(report, row), "behind a layer that does not state what it sees", "", UNKNOWN)]
    if not fields.whole:
        return _recursion(report, row, _in(report, row), gated=True)
    whole = Line(_in(report, row), "the whole image", "", dims_text(report.rows[fields.source].output.size))
    if row.ungated.whole or row.ungated.unknown:
        return [whole]
    return [whole, *_recursion(report, row, "  without gates", gated=False)]


def _recursion(report: Analysis, row: Row, called: str, *, gated: bool) -> list[Line]:
    """Return the recursion of one of the two fields of a layer that does not see the whole image by it."""
    fields = row.field if gated else row.ungated
    window = row.typed.window
    if not gated and row.typed.layer.modulates and window is not None and window.form == "whole":
        window = None
    rows = [report.rows[at] for at in row.node.inputs]
    names = [axis_name(at, len(fields.axes)) for at in range(len(fields.axes))]
    if window is None or window.form != "windowed" or fields.paths or len(rows) > 1:
        what = (
            "the hull of its inputs' fields"
            if len(rows) > 1
            else "the field of its input"
            if window is None
            else "by the phases of its window"
        )
        return [Line(called, what, "", dims_text_exact(fields))]
    found: list[Line] = []
    for at, axis in enumerate(window.axes):
        if at and fields.axes[at] == fields.axes[0] and axis == window.axes[0]:
            continue
        before, after = (rows[0].field if gated else rows[0].ungated).axes[at], fields.axes[at]
        name = called + (f", {names[at]}" if len(set(fields.axes)) > 1 else "")
        found += [
            Line(
                name,
                "r + A*(F - 1)*j",
                f"{before.size} + {axis.dilation}*({axis.kernel} - 1)*{before.stride}",
                f"{after.size} pixels",
            ),
            Line("  stride", "j*S", f"{before.stride}*{axis.stride}", str(after.stride)),
            Line("  offset", "o - P*j", f"{before.offset} - {axis.before}*{before.stride}", str(after.offset)),
        ]
    return found


def _in(report: Analysis, row: Row) -> str:
    """Return `field`, or `field in left` with several inputs."""
    return "field" if len(report.inputs) == 1 else f"field in {report.rows[row.field.source].name}"


def dims_text_exact(fields: Fields) -> str:
    """Return `7x7`, with exact fractions."""
    return "x".join(str(axis.size) for axis in fields.axes)


def _taken(report: Analysis, row: Row) -> dict[str, str]:
    """Return the options that follow from another layer, each with the reason."""
    node, found = row.node, dict[str, str]()
    if node.like >= 0:
        found["size"] = f"the size of {report.rows[node.like].name}, `like`"
    if node.tied >= 0:
        owner = report.rows[node.tied]
        options = row.typed.layer.mirrored(owner.typed.layer, owner.typed.inputs)
        found.update(
            {name: f"{owner.name}, whose weight it takes transposed" for name in options if name not in node.origin.options}
        )
    return found


def origins(report: Analysis, row: Row, spec: Spec, given: frozenset[str]) -> list[Origin]:
    """Return the hyperparameters of a layer, and the origin of each. `given` names those that the command line overrides."""
    layer, origin, taken = row.typed.layer, row.node.origin, _taken(report, row)
    found: list[Origin] = []
    for option in layer.options:
        value = getattr(layer, option.name)
        if option.name in origin.options and not (option.name in given and not row.typed.inputs):
            written_, span = origin.options[option.name]
            where = origin.place(option.name)
            who = _who(span, row, spec, option.name) if span else origin.text or "the layer itself"
            words = " ".join(span.words().split()) if span else ""
            said = f", written `{words}`" if words and words != written(written_) and len(words) <= 60 else ""
            found.append(Origin(option.name, written(value), f"{who}{said}", f" · {place(where)}" if where else ""))
        elif value == option.default and option.name not in taken:
            if value is not None:
                found.append(Origin(option.name, written(value), "the kind's own default", ""))
        elif option.name in taken:
            found.append(Origin(option.name, written(value), taken[option.name], ""))
        else:
            found.append(_overridden(option.name, written(value), row, spec, given))
    return found


def _who(span: Span, row: Row, spec: Spec, option: str) -> str:
    """Return the setter of an option: the step, the spec's default of the kind, or a binding of a list around it."""
    source, start, end = span.resolve()
    step = row.node.origin.span
    if step is not None:
        home, first, last = step.resolve()
        if home is source and first <= start and end <= last:
            return "the step"
    setting = spec.root.defaults.get(row.node.origin.kind, {}).get(option)
    if setting is not None:
        root, begin, _ = setting.value.span.resolve()
        if (root.name, begin) == (source.name, start):
            return "the spec's default of the kind"
    return "a binding"


def _overridden(name: str, value: str, row: Row, spec: Spec, given: frozenset[str]) -> Origin:
    """Return the origin of a hyperparameter set by the command line or a key of the spec."""
    if not row.typed.inputs:
        if name in given:
            return Origin(name, value, "the command line, --input", "")
        named = spec.inputs.get(row.name)
        key, span = ("input", spec.input_span) if named is None else ("inputs", named.span)
        return Origin(name, value, f"the spec's `{key}`", f" · {place(span)}")
    who = "the command line, --rounding" if "rounding" in given else "the spec's `rounding`"
    return Origin(name, value, who, "")


def _step(row: Row) -> str:
    """Return the place of a layer's step."""
    origin = row.node.origin
    return place(origin.span) if origin.span or not origin.text else origin.text


def place(span: Span | None) -> str:
    """Return `specs/vgg16.yaml:7:51`."""
    if span is None:
        return "no step of the text"
    source, start, _ = span.resolve()
    line, column = source.position(start)
    return f"{source.name}:{line}:{column}"


def totals_text(report: Analysis, found: Sequence[Printed], not_static: Sequence[str]) -> str:
    """Return the sums by kind of layer, and the figures of other tools; `not_static` lists what cannot be computed."""
    t = report.totals
    learned, macs, other = (at_least(report, fact) for fact in (PARAMETERS, MACS, OPERATIONS))
    heads = ("kind", "layers", "values", "weights", "biases", "MACs", "other work")
    rows = _by_kind(report)
    total = (
        "total",
        str(len(report.rows)),
        f"{t.values:,}",
        *(f"{learned}{each:,}" for each in (t.weights, t.biases)),
        f"{macs}{t.macs:,}",
        f"{other}{t.flops - 2 * t.macs:,}",
    )
    lines = [f"{report.title} · {inputs(report)} · for one image", "", *_table([heads, *rows, total]), ""]
    unit, m = BYTES[report.dtype], report.memory
    own = f" + {t.own_value_bytes:,}*{report.batch}" if t.own_values else ""
    volumes = t.values - t.own_values

    def twice(values: int) -> str:
        return f"2*{values:,}*{report.batch}*{unit}"

    behind = volumes - sum(image.values for image in report.network.images if not image.dtype)
    without = _bytes(2 * behind * report.batch * unit)
    lines += [*_stages(report), ""]
    lines += [
        f"parameters  weights + biases = {t.weights:,} + {t.biases:,} = {learned}{t.params:,}",
        *_trainable(report, learned),
        *_in_channels(report),
        f"FLOPs       2*MACs + other work = 2*{t.macs:,} + {t.flops - 2 * t.macs:,} = {macs or other}{t.flops:,}",
        f"memory      values*batch*bytes = {t.values - t.own_values:,}*{report.batch}*{unit}{own} = {_bytes(m.forward)}",
        f"            parameters*bytes = {t.params:,}*{unit} = {learned}{_bytes(m.parameters)}",
        f"            2*values*batch*bytes = {twice(volumes)}{own} = {_bytes(m.with_gradients)}, volumes and gradients",
        f"            2*(values - image)*batch*bytes = {twice(behind)} = {without}, without the image and its gradient",
        *(f"{what:<10}  {text}" for what, text in not_counted_lines(report)),
        "",
        *_reconciled(report, found, not_static),
    ]
    return "\n".join(lines)


def _in_channels(report: Analysis) -> list[str]:
    """Return the weights as a multiple of C*C, where every volume has C channels: 49*C*C for a 7x7 layer.

    Source: CS231n course notes, "Layer Patterns", on a stack of three 3x3 layers.
    """
    weights, depths = report.totals.weights, {row.output.depth for row in report.rows}
    depth = depths.pop()
    if depths or not weights or weights % (depth * depth) or depth == 1:
        return []
    times = weights // (depth * depth)
    return [f"weights     {times:,}*C*C = {times:,}*{depth}*{depth} = {weights:,}, where every volume has C = {depth} channels"]


def _trainable(report: Analysis, learned: str) -> list[str]:
    """Return the trainable numbers where some are frozen, and the total of Keras where some numbers are not trainable."""
    parts = report.of(split)
    lines: list[str] = []
    if parts.frozen:
        lines.append(f"            trainable + frozen = {parts.trainable:,} + {parts.frozen:,} = {learned}{report.totals.params:,}")
    if parts.total > parts.trainable:
        moving = [f"{parts.moving:,} of moving statistics"] * bool(parts.moving) + [f"{parts.frozen:,} frozen"] * bool(parts.frozen)
        rest = parts.frozen + parts.moving
        lines.append(
            f"            Keras's total = trainable + non-trainable = {parts.trainable:,} + {rest:,} = {learned}{parts.total:,}, "
            f"with {' and '.join(moving)}"
        )
    return lines


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    lined = listed(rows, right=range(1, len(rows[0])))
    return [*lined[:-1], lined[1], lined[-1]]


def _stages(report: Analysis) -> list[str]:
    """Return the sums over the layers of each output size, with the share of the work."""
    macs, unknown = report.totals.macs, bool(at_least(report, MACS))
    rows = [
        (
            stage.text,
            f"{len(stage.layers):,}",
            f"{stage.values:,}",
            f"{stage.params:,}",
            f"{stage.macs:,}",
            UNKNOWN if unknown else percent(stage.macs, macs),
        )
        for stage in report.of(stages.analyse)
    ]
    return listed([("output size", "layers", "values", "parameters", "MACs", "of all MACs"), *rows], right=range(1, 6))


def _by_kind(report: Analysis) -> list[tuple[str, ...]]:
    """Return the sums over the layers of each kind, in the order of first appearance."""
    sums: dict[str, list[int]] = {}
    unknown: dict[str, set[str]] = {}
    for row in report.rows:
        counts = row.counts
        each = (
            1,
            counts.values * counts.counted,
            counts.weights.value,
            counts.biases.value,
            counts.macs.value,
            counts.operations.value,
        )
        found = sums.setdefault(row.kind, [0] * len(each))
        for at, value in enumerate(each):
            found[at] += value
        unknown.setdefault(row.kind, set()).update(counts.unknown)
    facts = ((), (), (PARAMETERS,), (PARAMETERS,), (MACS,), (OPERATIONS,))
    return [
        (kind, *(cell(f"{value:,}", unknown[kind], *each) for value, each in zip(found, facts, strict=True)))
        for kind, found in sums.items()
    ]


def _reconciled(report: Analysis, found: Sequence[Printed], not_static: Sequence[str]) -> list[str]:
    """Return the table of the figures that other tools and papers print for the same network, smallest first."""
    lines = ["Printed figures for this network, and what they count:", ""]
    rows = [(each.value, "at least " * bool(each.missing), each.counter.name, each.counter.counts) for each in found]
    rows += [
        (
            2 * each.value,
            "at least " * bool(each.missing),
            f"{each.counter.name}, x 2",
            "the same twice: a multiply-add as two operations",
        )
        for each in found
        if each.counter.doubled
    ]
    rows.append(
        (
            report.totals.flops,
            at_least(report, MACS) or at_least(report, OPERATIONS),
            "FLOPs of this tool",
            "2 for each multiply-add, and every other operation",
        )
    )
    rows.sort(key=lambda row: row[0])
    lines += listed(
        [("figure", "", "by", "counts"), *((f"{bound}{value:,}", si(value), name, what) for value, bound, name, what in rows)],
        right=(0, 1),
    )
    lines += ["", "Sources:", *(f"  {each.counter.name}: {each.counter.source}" for each in found), ""]
    lines += _left_out(found)
    return [*lines, "Not available from an architecture:", *(f"  {each}" for each in not_static)]


def _left_out(found: Sequence[Printed]) -> list[str]:
    """Return a sentence for the kinds that the same figures leave out."""
    without: dict[tuple[str, ...], list[str]] = {}
    for kind in sorted({kind for each in found for kind in each.missing}):
        without.setdefault(tuple(each.counter.name for each in found if kind in each.missing), []).append(kind.upper())
    return [f"Without {', '.join(kinds)}: {'; '.join(names)}. No rule for it is known." for names, kinds in without.items()]


def totals_dict(report: Analysis, found: Sequence[Printed], not_static: Sequence[str]) -> dict[str, object]:
    """Return the sums by kind and the figures of other tools as a dictionary."""
    parts = report.of(split)
    keys = ("layers", "values", "weights", "biases", "macs", "operations")
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        **inputs_dict(report),
        **not_counted_dict(report),
        "kinds": {
            kind: dict(zip(keys, (None if each == UNKNOWN else int(each.replace(",", "")) for each in rest), strict=True))
            for kind, *rest in _by_kind(report)
        },
        "stages": [
            {
                "size": list(stage.size),
                "layers": [report.rows[at].name for at in stage.layers],
                "values": stage.values,
                "params": stage.params,
                "macs": stage.macs,
            }
            for stage in report.of(stages.analyse)
        ],
        "conventions": [
            {
                "by": each.counter.name,
                "unit": each.counter.unit,
                "counts": each.counter.counts,
                "source": each.counter.source,
                "value": each.value,
                "left_out": list(each.missing),
            }
            for each in found
        ],
        "keras": {"total": parts.total, "trainable": parts.trainable, "non_trainable": parts.frozen + parts.moving},
        "not_static": list(not_static),
    }


def layer_dict(report: Analysis, row: Row, spec: Spec, given: frozenset[str]) -> dict[str, object]:
    """Return the formulas and origins of one layer as a dictionary."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "layer": row.name,
        "label": row.label,
        "formulas": [line._asdict() for line in formulas(report, row)],
        "hyperparameters": [
            origin._asdict() | {"where": origin.where.removeprefix(" · ")} for origin in origins(report, row, spec, given)
        ],
    }
