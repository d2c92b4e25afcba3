"""Check an analysis against the `expect` of its spec."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, cast

from cnncalc.analyses.figure import WHOLE, shown
from cnncalc.analyses.figures import by_any_name, find, table
from cnncalc.analyses.receptive_field import analyse, analyse_ungated, deciding
from cnncalc.analyses.trainable import NothingToFreezeError
from cnncalc.checks.amount import BadAmountError, amount, usual
from cnncalc.checks.limits import BOUNDS, Limit
from cnncalc.maths.volume import dims_text
from cnncalc.request.options import OPTIONS
from cnncalc.spec import codes
from cnncalc.spec.document import Mapped, Scalar, Sequenced, problem
from cnncalc.spec.values import positive
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.analyses.figure import Figure, Number, Unit
    from cnncalc.analyses.receptive_field import Fields
    from cnncalc.checks.amount import Amount
    from cnncalc.request.options import Given
    from cnncalc.spec.document import Node
    from cnncalc.spec.spec import Expectation

SETTINGS = tuple(name for name, option in OPTIONS.items() if option.at)
"""The settings allowed in `at`."""
ARRAYS = "arrays"
"""The key of expected values, which a forward pass computes."""
OTHERS = ("output", "shapes", ARRAYS)
FIELDS = ("receptive_field", "ungated_receptive_field")


def expectations(report: Analysis) -> Findings:
    """Return a diagnostic for each expectation of the spec that is not met or cannot be checked."""
    return check_expectations(report, report.expectations)


def check_expectations(report: Analysis, expected: Iterable[Expectation]) -> Findings:
    """Return a diagnostic for each of these expectations that is not met or cannot be checked."""
    findings = Findings()
    for expectation in expected:
        try:
            _check(expectation, report, findings)
        except SpecError as error:
            for diagnostic in error.diagnostics:
                findings.add(diagnostic)
    return findings


def _check(expectation: Expectation, report: Analysis, findings: Findings) -> None:
    key, node = expectation
    figure, bound = _split(key.text)
    if key.text == "output":
        _same_volume("output", node, report.result.sides, findings)
    elif key.text == ARRAYS:
        return
    elif key.text == "shapes":
        _shapes(node, report, findings)
    elif figure in FIELDS:
        _field(node, key.text, bound, report, findings)
    elif (found := find(figure)) is not None:
        value, analysis = node, report
        if isinstance(node, Mapped):
            value, analysis = _at(node, key.text, report)
        wanted = _amount(value, key.text, found.unit)
        _compare(
            Limit(key.text, figure, BOUNDS[bound], wanted), found, _value(found, key.text, analysis, node), analysis, findings, node
        )
    else:
        raise _unknown(key)


def _unknown(key: Scalar) -> SpecError:
    """Return the error for an unknown key under `expect`."""
    if limit := re.fullmatch(r"([a-z0-9_.]+)\s*([<>])=?\s*(.*)", key.text):
        hint = f"write `{limit[1]}.{'max' if limit[2] == '<' else 'min'}: {limit[3] or '…'}`"
        message = f"`{key.text}` names no figure that can be expected"
        raise problem(codes.BAD_EXPECTATION, message, key.span, label="not known", hints=(hint,))
    bounded = [name + suffix for name in by_any_name() for suffix in ("", ".max", ".min")]
    counts = [name for name, figure in table().items() if "." not in name and figure.unit in {"", "pixels"}]
    hints = did_you_mean(key.text, (*bounded, *OTHERS)) or (f"figures are {', '.join((*counts, *OTHERS))}, memory.…",)
    message = f"`{key.text}` names no figure that can be expected"
    return problem(codes.BAD_EXPECTATION, message, key.span, label="not known", hints=hints)


def _value(figure: Figure, key: str, analysis: Analysis, node: Node) -> Number:
    """Return the figure; SpecError if the request does not define it."""
    try:
        value = figure.total(analysis)
    except NothingToFreezeError as error:
        raise problem(codes.BAD_EXPECTATION, f"`{key}`: {error}", node.span) from None
    if value is None:
        raise problem(codes.BAD_EXPECTATION, f"`{key}`: {figure.needs}", node.span)
    return value


def _split(key: str) -> tuple[str, str]:
    for bound in ("max", "min"):
        if key.endswith(f".{bound}"):
            return key[:-4], bound
    return key, ""


def _at(node: Mapped, key: str, report: Analysis) -> tuple[Node, Analysis]:
    """Read `{at: {batch: 32, optimizer: adam}, value: 12 GiB}`; return the value, and the analysis under those settings."""
    for name, bound in node:
        if name.text in {"max", "min"} and not key.endswith((".max", ".min")):
            hint = f"write `{key}.{name.text}: {bound.text if isinstance(bound, Scalar) else '…'}`"
            message = f"`{key}` takes `at` and `value`, not `{name.text}`"
            raise problem(codes.BAD_EXPECTATION, message, name.span, hints=(hint,))
        if name.text not in {"at", "value"}:
            raise problem(
                codes.BAD_EXPECTATION,
                f"`{key}` takes `at` and `value`, not `{name.text}`",
                name.span,
                hints=did_you_mean(name.text, ("at", "value")),
            )
    value, at = node.get("value"), node.get("at")
    if value is None:
        raise problem(codes.BAD_EXPECTATION, f"`{key}` has no `value`", node.span)
    if at is not None and not isinstance(at, Mapped):
        raise problem(codes.BAD_EXPECTATION, f"`at` is a mapping such as {{batch: 32, optimizer: adam}}, not {at.what}", at.span)
    return value, report if at is None else _under(at, key, report)


def _under(at: Mapped, key: str, report: Analysis) -> Analysis:
    """Return the analysis under some settings. Training options not given have their defaults; others are unchanged."""
    given: dict[str, object] = {}
    for name, setting in at:
        if name.text not in SETTINGS:
            raise problem(
                codes.BAD_EXPECTATION,
                f"`{key}` cannot be computed at `{name.text}`",
                name.span,
                hints=did_you_mean(name.text, SETTINGS) or (f"`at` takes {', '.join(SETTINGS)}",),
            )
        given[name.text] = _setting(name.text, setting)
    fresh = {name: option.default for name, option in OPTIONS.items() if option.group == "training"}
    try:
        return report.at(**cast("Given", {**fresh, **given}))
    except ValueError as error:
        raise problem(codes.BAD_EXPECTATION, str(error), at.span) from None


def _setting(name: str, node: Node) -> object:
    """Return the value of an option in its form: an integer, a word, true or false, or names."""
    form = OPTIONS[name].form
    if form == "integer":
        return 0 if _is_zero(node) and OPTIONS[name].default == 0 else _whole(node, name)
    if form == "names" and isinstance(node, Sequenced):
        return tuple(_word(item, name) for item in node.items)
    return _scalar(node, name, form)


def _is_zero(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == "0"


def _whole(node: Node, name: str) -> int:
    """Return an integer of at least 1; the option's own reader refuses one that is too large."""
    if isinstance(node, Scalar) and re.fullmatch(r"[0-9]{19,100}", node.text):
        return int(node.text)
    return positive(node, name)


def _word(node: Node, name: str) -> str:
    if isinstance(node, Scalar) and not node.is_null:
        return node.text
    what = "nothing" if isinstance(node, Scalar) else node.what
    raise problem(codes.BAD_EXPECTATION, f"`{name}` is a word, not {what}", node.span)


def _scalar(node: Node, name: str, form: str) -> object:
    text = _word(node, name)
    if form != "flag":
        return text
    if text not in {"true", "false"}:
        raise problem(codes.BAD_EXPECTATION, f"`{name}` is true or false, not `{text}`", node.span)
    return text == "true"


def _amount(node: Node, key: str, unit: Unit) -> Amount:
    """Read `138357544`, `15.47G` or `600 MiB`."""
    if not isinstance(node, Scalar):
        raise problem(codes.BAD_EXPECTATION, f"`{key}` is {usual(unit)}, not {node.what}", node.span)
    if bound := re.fullmatch(r"\s*([<>=])=?\s*(.*)", node.text):
        suffix = {"<": ".max", ">": ".min", "=": ""}[bound[1]]
        hint = f"write `{key.removesuffix('.max').removesuffix('.min')}{suffix}: {bound[2]}`"
        raise problem(codes.BAD_EXPECTATION, f"`{key}` is {usual(unit)}, not `{node.text}`", node.span, hints=(hint,))
    try:
        return amount(node.text, unit)
    except BadAmountError as error:
        message = f"`{key}` is {error}, not `{node.text}`"
        raise problem(codes.BAD_EXPECTATION, message, node.span, hints=error.hints) from None


def _compare(limit: Limit, figure: Figure, value: Number, report: Analysis, findings: Findings, node: Node) -> None:
    """Report a broken limit: the figure is above a budget, below a minimum, or different; or only a bound, which may break it."""
    if figure.is_bound(report.totals.unknown) and not limit.decided(value, figure.bound):
        _unsure(limit.figure, f"{figure.bound} {shown(value)}{' bytes' if figure.unit == 'bytes' else ''}", report, findings, node)
        return
    if not limit.broken(0, value):
        return
    wanted, name = limit.amount, limit.figure
    said = f"{name} is {figure.bounded(report.totals.unknown, shown(value))}{' bytes' if figure.unit == 'bytes' else ''}"
    difference = wanted.difference(value)
    notes: tuple[str, ...] = ()
    if limit.relation == ">":
        message = f"{said}, above the budget of {wanted.text} by {shown(difference)}"
    elif limit.relation == "<":
        message = f"{said}, below the minimum of {wanted.text} by {shown(-difference or 1)}"
    else:
        message = (
            f"{said}, not {wanted.text} as expected: {shown(max(difference, -difference))} {'more' if difference > 0 else 'less'}"
        )
        if wanted.unit > 1 or wanted.decimals:
            notes = (f"rounded to the expected digits, it is {wanted.rounded(value)}",)
    findings.error(codes.EXPECTATION, message, node.span, label=f"found {shown(value)}", notes=notes)


def _unsure(name: str, said: str, report: Analysis, findings: Findings, node: Node) -> None:
    """Report an expectation of a figure that is only a bound."""
    from cnncalc.analyses.not_counted import analyse  # few networks have operators that are not modelled

    first = report.of(analyse)[0]
    findings.error(
        codes.UNSURE,
        f"{name} cannot be confirmed: it is {said}",
        node.span,
        label="not confirmed",
        notes=(f"{first.node.name} is {first.why}",),
    )


def _sides(node: Node, key: str, form: str = "a volume such as 7x7x512") -> tuple[int, ...]:
    if isinstance(node, Scalar) and re.fullmatch(r"\d{1,18}(?:x\d{1,18})*", node.text):
        return tuple(int(side) for side in node.text.split("x"))
    shown = f"`{node.text}`" if isinstance(node, Scalar) else node.what
    raise problem(codes.BAD_EXPECTATION, f"`{key}` is {form}, not {shown}", node.span)


def _same_volume(what: str, node: Node, found: tuple[int, ...], findings: Findings) -> None:
    wanted = _sides(node, what)
    if wanted != found:
        axes = [*{1: ("length",), 2: ("width", "height"), 3: ("width", "height", "time")}[len(found) - 1], "depth"]
        differ = [f"{axis} {have - want:+,}" for axis, want, have in zip(axes, wanted, found, strict=False) if want != have]
        notes = (f"found minus expected: {', '.join(differ)}",) if len(wanted) == len(found) else ()
        findings.error(
            codes.EXPECTATION,
            f"{what} is {dims_text(found)}, not {dims_text(wanted)} as expected",
            node.span,
            label=f"found {dims_text(found)}",
            notes=notes,
        )


def _shapes(node: Node, report: Analysis, findings: Findings) -> None:
    if not isinstance(node, Mapped):
        raise problem(
            codes.BAD_EXPECTATION,
            "`shapes` is a mapping of layer names to volumes",
            node.span,
            hints=("`shapes: {pool5: 7x7x512}`",),
        )
    graph = report.network.graph
    rows = {name: report.rows[at] for name, at in graph.named.items()} | {row.name: row for row in report.rows}
    for name, volume in node:
        if name.text not in rows:
            hints = did_you_mean(name.text, rows) or ("`cnncalc analyze` shows the names",)
            findings.error(codes.BAD_EXPECTATION, f"no layer is named `{name.text}`", name.span, label="not known", hints=hints)
        else:
            _same_volume(name.text, volume, rows[name.text].output.sides, findings)


def _field(node: Node, key: str, bound: str, report: Analysis, findings: Findings) -> None:
    """Check the receptive field of the network: `212`, `212x212` or `whole`, or a bound.

    With several inputs, the field is in the first one. The whole image is larger than any number of pixels.
    """
    figure = _split(key)[0]
    fields = report.of(analyse if figure == "receptive_field" else analyse_ungated)
    at = deciding(report.network, fields)
    found = _pixels(fields[at])
    wanted = (
        (WHOLE,) * len(found) if isinstance(node, Scalar) and node.text == "whole" else _sides(node, key, "212, 212x212 or whole")
    )
    if len(wanted) == 1:
        wanted *= len(found)
    if table()[figure].is_bound(report.totals.unknown) and not (
        bound == "min" and len(wanted) == len(found) and all(map(operator.le, wanted, found))
    ):
        _unsure(figure, f"at least {_field_text(found)}", report, findings, node)
        return
    relation = {"": "not {} as expected", "max": "above the maximum of {}", "min": "below the minimum of {}"}[bound]
    fits = {"": operator.eq, "max": operator.le, "min": operator.ge}[bound]
    if len(wanted) != len(found) or not all(map(fits, found, wanted)):
        shown = _field_text(found)
        notes, hints = _field_notes(report, fields, at)
        findings.error(
            codes.EXPECTATION,
            f"{figure} is {shown}, {relation.format(_field_text(wanted))}",
            node.span,
            label=f"found {shown}",
            notes=notes,
            hints=hints if figure == "receptive_field" else (),
        )


def _pixels(fields: Fields) -> tuple[float, ...]:
    """Return the sides of a field in whole pixels, or WHOLE along each axis."""
    return tuple(WHOLE if fields.whole else -int(-field.size // 1) for field in fields.axes)


def _field_text(sides: Sequence[float]) -> str:
    return "whole" if WHOLE in sides else "x".join(str(side) for side in sides)


def _field_notes(report: Analysis, fields: Sequence[Fields], at: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a note on the layer that decides, and a hint at the field without gates where that is another one."""
    name = report.rows[at].name
    if not fields[at].whole:
        return (f"this is the field of {name}, the last layer that does not see the whole image",), ()
    free = report.of(analyse_ungated)
    without = free[deciding(report.network, free)]
    note = f"{name}, the last layer with a window over several positions, already sees the whole image"
    if without.whole:
        return (note,), ()
    text = _field_text(_pixels(without))
    return (note, f"without gates its field is {text}"), (f"`ungated_receptive_field: {text}` is the field without gates",)
