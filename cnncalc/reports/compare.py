"""A comparison as text, Markdown and a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses.figure import WHOLE, plain, shown
from cnncalc.analyses.figures import find
from cnncalc.checks.compare import Changes, changes
from cnncalc.layers.base import MACS, PARAMETERS
from cnncalc.named_tuple import NamedTuple
from cnncalc.reports.bounds import UNKNOWN, cell
from cnncalc.reports.json import SCHEMA_VERSION, inputs_dict, not_counted_dict
from cnncalc.reports.plain import listed
from cnncalc.reports.summary import sizes
from cnncalc.reports.units import size
from cnncalc.text.escape import code, fenced, line
from cnncalc.text.escape import markdown as escaped
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.analyses.analysis import Analysis, Row
    from cnncalc.analyses.figure import Number
    from cnncalc.checks.limits import Limit

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHOWN = (
    "layers",
    "weight_layers",
    "nonlinearities",
    "params",
    "weights",
    "biases",
    "buffers",
    "macs",
    "flops",
    "values",
    "receptive_field",
    "ungated_receptive_field",
    "memory.forward",
    "memory.parameters",
    "memory.inference.peak",
    "memory.training.peak",
    "memory.training.textbook",
)
"""Figures of the table, where they exist; JSON has all figures."""
UNGATED = "ungated_receptive_field"
_SAME = "the layers are the same"


class Compared(NamedTuple):
    """Specs as given and their reports, the base first, and the limits to check."""

    specs: tuple[str, ...]
    reports: tuple[Analysis, ...]
    figures: tuple[Mapping[str, Number], ...]
    limits: tuple[Limit, ...] = ()

    def letter(self, at: int) -> str:
        """Return the letter of a report: A is the base."""
        return LETTERS[at] if at < len(LETTERS) else str(at + 1)

    def failures(self) -> list[tuple[int, Limit]]:
        """Return the limits that are broken or cannot be confirmed, each with the index of its report."""
        pairs = ((at, limit) for at in range(1, len(self.figures)) for limit in self.limits)
        return [(at, limit) for at, limit in pairs if _is_broken(self, at, limit) or _unsure(self, at, limit)]


def text(compared: Compared) -> str:
    """Return headings, the table of figures, and the layers that differ from the base."""
    heads, rows = _figure_table(compared)
    lines = [f"{compared.letter(at)}  {_what(compared, at)}" for at in range(len(compared.reports))]
    lines += ["", *listed([heads, *rows], right=range(1, len(heads)))]
    for at in range(1, len(compared.reports)):
        lines += ["", *_layers_text(compared, at)]
    return "\n".join([*lines, *_failure_lines(compared)])


def markdown(compared: Compared) -> str:
    """Return the comparison for a pull request, with folded layers."""
    heads, rows = _figure_table(compared)
    lines = [f"- **{compared.letter(at)}** {code(_what(compared, at))}" for at in range(len(compared.reports))]
    lines += ["", _line(heads), "|---|" + "---:|" * (len(heads) - 1), *(_line(row) for row in rows)]
    for at in range(1, len(compared.reports)):
        found = changes(compared.reports[0], compared.reports[at])
        title = f"Layers: {compared.letter(0)} to {compared.letter(at)}, {_summary(found)}"
        if not found.changes:
            lines += ["", f"{title}."]
            continue
        body = _diff(found)
        lines += ["", f"<details><summary>{title}</summary>", "", *fenced(body, "diff"), "", "</details>"]
    failures = [f"- :x: {escaped(each)}" for each in _failures(compared)]
    return "\n".join([*lines, *(["", *failures] if failures else [])])


def as_dict(compared: Compared) -> dict[str, object]:
    """Return all figures and the layers that differ."""
    return {
        "schema_version": SCHEMA_VERSION,
        "specs": [
            {
                "spec": spec,
                "name": report.name,
                **inputs_dict(report),
                "output": list(report.result.sides),
                "batch": report.batch,
                "dtype": report.dtype,
                "figures": {name: plain(value) for name, value in found.items()},
                **not_counted_dict(report),
            }
            for spec, report, found in zip(compared.specs, compared.reports, compared.figures, strict=True)
        ],
        "changes": [_changes_dict(compared, at) for at in range(1, len(compared.reports))],
        "failures": [
            {"spec": compared.specs[at], "limit": limit.text, "figure": limit.figure, "message": message}
            for (at, limit), message in zip(compared.failures(), _failures(compared), strict=True)
        ],
    }


def _changes_dict(compared: Compared, at: int) -> dict[str, object]:
    found = changes(compared.reports[0], compared.reports[at])
    return {
        "base": compared.specs[0],
        "spec": compared.specs[at],
        "aligned": found.aligned,
        "equal": sum(change.equal_before for change in found.changes) + found.equal_after,
        "layers": [
            {"base": [_row_dict(row) for row in change.base], "other": [_row_dict(row) for row in change.other]}
            for change in found.changes
        ],
    }


def _row_dict(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "label": row.label,
        "output": list(row.output.sides),
        "params": None if PARAMETERS in row.counts.unknown else row.counts.params,
        "macs": None if MACS in row.counts.unknown else row.counts.macs.value,
    }


def _what(compared: Compared, at: int) -> str:
    report = compared.reports[at]
    spec = line(" ".join(compared.specs[at].split()))
    named = "" if report.title in {"", spec, spec[:60]} else f" ({report.title})"
    return f"{spec}{named} · {sizes(report)} -> {report.result.text} · batch {report.batch} · {report.dtype}"


def _figure_table(compared: Compared) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows: the figures of each report, and the ratio of each to the base."""
    found = compared.figures
    count = len(found)
    letters = [compared.letter(at) for at in range(count)]
    rows: list[list[str]] = []
    wanted = {limit.figure for limit in compared.limits}
    for name in found[0]:
        if name not in SHOWN and name not in wanted:
            continue
        values = [each[name] for each in found]
        if name == UNGATED and name not in wanted and all(each[name] == each["receptive_field"] for each in found):
            continue  # no gates
        shown = [_bounded(report, name, _shown(name, value)) for report, value in zip(compared.reports, values, strict=True)]
        ratios = [_ratio(compared, name, values, at) for at in range(1, count)]
        rows.append([name, *shown, *ratios])
    rows.sort(key=lambda row: SHOWN.index(row[0]) if row[0] in SHOWN else len(SHOWN))
    return ["", *letters, *(f"{letter}/{letters[0]}" for letter in letters[1:])], rows


def _bounded(report: Analysis, name: str, text: str) -> str:
    """Return the text of a figure, `at least 1,234` where it is a bound."""
    figure = find(name)
    return figure.bounded(report.totals.unknown, text) if figure else text


def _ratio(compared: Compared, name: str, values: Sequence[Number], at: int) -> str:
    """Return the ratio to the base; a question mark where one of the two is a bound."""
    bound = any(_bounded(compared.reports[each], name, "") for each in (0, at))
    return UNKNOWN if bound else ratio(values[0], values[at])


def _unit(name: str) -> str:
    figure = find(name)
    return figure.unit if figure else ""


def _shown(name: str, value: Number) -> str:
    """Return a figure for people."""
    return size(int(value)) if _unit(name) == "bytes" else shown(value)


def ratio(base: Number, value: Number) -> str:
    """Return `x0.551`; `=` for equal values, `new` for a base of 0, `-` where one is the whole image and the other a size."""
    if base == value:
        return "="
    if WHOLE in {base, value}:
        return "-"
    if base == 0:
        return "new"
    found = float(value / base)
    digits = 3 if abs(found - 1) >= 0.02 else 4 if abs(found - 1) >= 0.001 else 8
    return f"x{found:.{digits}g}"


def _layers_text(compared: Compared, at: int) -> list[str]:
    found = changes(compared.reports[0], compared.reports[at])
    head = f"{compared.letter(0)} to {compared.letter(at)}: {_summary(found)}"
    return [f"{head}."] if not found.changes else [head, "", *_diff(found)]


def _summary(found: Changes) -> str:
    gone = sum(len(change.base) for change in found.changes)
    come = sum(len(change.other) for change in found.changes)
    if not found.changes:
        return _SAME
    equal = sum(change.equal_before for change in found.changes) + found.equal_after
    words = f"{many(gone, 'layer')} removed, {come:,} added, {equal:,} equal"
    return words if found.aligned else f"{words} (too long to align)"


def _diff(found: Changes) -> list[str]:
    """Return the lines of a diff: `-` of the base, `+` of the other, equal layers counted."""
    cells: list[tuple[str, ...]] = [("", "layer", "kind", "output", "params", "MACs")]
    marks: list[tuple[int, str]] = []  # the position of each count of equal layers among the cells
    for change in found.changes:
        if change.equal_before:
            marks.append((len(cells), _equal(change.equal_before)))
        cells += [_cells("-", row) for row in change.base]
        cells += [_cells("+", row) for row in change.other]
    if found.equal_after:
        marks.append((len(cells), _equal(found.equal_after)))
    lines = listed(cells, right=(4, 5))
    lines = [f" {lines[0][1:]}", *lines[2:]]
    for place, count in reversed(marks):
        lines.insert(place, count)
    return lines


def _equal(count: int) -> str:
    return f"   … {many(count, 'equal layer')}"


def _cells(sign: str, row: Row) -> tuple[str, ...]:
    counts = row.counts
    params, macs = cell(f"{counts.params:,}", counts.unknown, PARAMETERS), cell(f"{counts.macs.value:,}", counts.unknown, MACS)
    return (sign, row.name, row.label, row.output.text, params, macs)


def _is_broken(compared: Compared, at: int, limit: Limit) -> bool:
    """Return whether a limit is broken for certain."""
    base, value = compared.figures[0][limit.figure], compared.figures[at][limit.figure]
    if not limit.broken(base, value):
        return False
    return not _unsure(compared, at, limit)


def _unsure(compared: Compared, at: int, limit: Limit) -> str:
    """Return why a limit cannot be decided: a figure of the two is a bound; empty where it can."""
    figure = find(limit.figure)
    places = (0, at) if limit.sign or limit.percent else (at,)
    bound = [each for each in places if figure and figure.is_bound(compared.reports[each].totals.unknown)]
    value = compared.figures[at][limit.figure]
    if not figure or not bound or (bound == [at] and len(places) == 1 and limit.decided(value, figure.bound)):
        return ""
    said = (
        f"{limit.figure} of {compared.letter(each)} is {figure.bound} {shown(compared.figures[each][limit.figure])}"
        for each in bound
    )
    return f"it cannot be decided: {', '.join(said)}"


def _failures(compared: Compared) -> list[str]:
    """Return a line for each broken limit, with the figure."""
    found = compared.figures
    lines: list[str] = []
    for at, limit in compared.failures():
        if not _is_broken(compared, at, limit):
            lines.append(f"{limit.text}: {_unsure(compared, at, limit)}")
            continue
        base, value = found[0][limit.figure], found[at][limit.figure]
        unit = " bytes" if _unit(limit.figure) == "bytes" else ""
        if WHOLE in {base, value}:
            who = f"{limit.text}: {limit.figure} of {compared.letter(at)} is {shown(value)}"
            lines.append(f"{who}, against {shown(base)} of {compared.letter(0)}")
            continue
        change = f"{float(100 * (value - base) / base):+.3g} %" if base else "from 0"
        lines.append(
            f"{limit.text}: {limit.figure} of {compared.letter(at)} is {shown(value)}{unit}, "
            f"{'+' if value >= base else ''}{shown(value - base)} ({change}) against {shown(base)} of {compared.letter(0)}"
        )
    return lines


def _failure_lines(compared: Compared) -> list[str]:
    found = _failures(compared)
    return ["", *(f"failed: {each}" for each in found)] if found else []


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
