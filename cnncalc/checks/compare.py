"""Two or more reports side by side: their figures, and the layers that differ, aligned as a diff would.

The first report is the base; the others are held against it. Layers are equal when what they do and cost is equal: label,
output, parameters, buffers and MACs. Names do not count: an inserted block renames what follows.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from cnncalc.named_tuple import NamedTuple
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cnncalc.analyses.analysis import Analysis, Row

MOST_PAIRS = 25_000_000  # of layers that are aligned; beyond, only equal beginnings and ends are
_LIMIT = re.compile(r"\s*([a-z_.]+)\s*(>=|<=|==|!=|>|<)\s*([+-]?)\s*(\d{1,18}(?:\.\d{1,9})?)\s*([A-Za-z%]*)\s*\Z")
_COUNTS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_UNITS = _COUNTS | _BYTES


class Change(NamedTuple):
    """Layers of the base that became others: either side may be empty."""

    base: tuple[Row, ...]
    other: tuple[Row, ...]
    equal_before: int
    """Equal layers between the change before and this one."""


class Changes(NamedTuple):
    """What differs between the layers of two reports."""

    changes: tuple[Change, ...]
    equal_after: int
    aligned: bool
    """Whether the layers were aligned; networks that are too long are not."""


class Limit(NamedTuple):
    """What a figure must not do: `macs>+5%`."""

    text: str
    figure: str
    relation: str
    relative: bool
    """Whether the amount is a change against the base."""
    percent: bool
    amount: Fraction

    def broken(self, base: int, value: int) -> bool:
        """Tell whether a figure does what it must not do."""
        return _holds(self._measure(base, value), self.relation, self.amount)

    def _measure(self, base: int, value: int) -> Fraction | float:
        found = Fraction(value - base if self.relative else value)
        if not self.percent:
            return found
        if base == 0:  # from nothing to something is more than any share
            return math.inf if found else found
        return found * 100 / base


def limit(text: str, figures: Sequence[str]) -> Limit:
    """Read `macs>+5%`, `params>140M` or `memory.forward>=+1MiB`; ValueError says what is wrong.

    With a sign, the amount is a change against the base, else the figure itself; `%` is a share of the base.
    """
    found = _LIMIT.match(text)
    if not found:
        message = f"`{text[:80]}` is no limit: write a figure, > or <, and an amount, such as macs>+5% or params>140M"
        raise ValueError(message)
    figure, relation, sign, number, unit = found.groups()
    if figure not in figures:
        hint = did_you_mean(figure, figures) or (f"figures are {', '.join(figures)}",)
        message = f"`{text[:80]}`: there is no figure `{figure}`; {hint[0]}"
        raise ValueError(message)
    if unit not in _UNITS and unit != "%":
        message = f"`{text[:80]}`: the unit is one of %, {', '.join(each for each in _UNITS if each)}, not `{unit}`"
        raise ValueError(message)
    amount = Fraction(number) * _UNITS.get(unit, 1) * (-1 if sign == "-" else 1)
    return Limit(text.strip(), figure, relation, bool(sign), unit == "%", amount)


def _holds(left: Fraction | float, relation: str, right: Fraction) -> bool:
    return {
        ">": left > right,
        "<": left < right,
        ">=": left >= right,
        "<=": left <= right,
        "==": left == right,
        "!=": left != right,
    }[relation]


def figures(report: Analysis, data: Mapping[str, object]) -> dict[str, int]:
    """Return the figures of a report and of its JSON by name, bytes for memory."""
    found = {"layers": len(report.rows), "receptive_field": farthest(report)}
    found |= dict(_numbers("", data["totals"]))
    found |= dict(_numbers("memory.", data["memory"]))
    return found


def _numbers(prefix: str, data: object) -> Iterator[tuple[str, int]]:
    """Yield the integers of nested mappings, by path."""
    if isinstance(data, dict):
        for name, value in cast("dict[str, object]", data).items():
            yield from _numbers(f"{prefix}{name}.", value)
    elif isinstance(data, int) and not isinstance(data, bool):
        yield prefix.removesuffix("."), data


def farthest(report: Analysis) -> int:
    """Return the receptive field of the last layer that does not see the whole image: its largest side.

    Of several inputs the first is meant.
    """
    last = next(row for row in reversed(report.rows) if not row.field.whole and not row.field.source)
    return max((-int(-axis.size // 1) for axis in last.field.axes), default=1)


def changes(base: Analysis, other: Analysis) -> Changes:
    """Return the layers that differ, aligned."""
    one, two = base.rows, other.rows
    left, right = [_key(row) for row in one], [_key(row) for row in two]
    head = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    rest = min(len(left), len(right)) - head
    tail = next((at for at in range(rest) if left[-1 - at] != right[-1 - at]), rest)
    ends = len(left) - tail, len(right) - tail
    aligned = (ends[0] - head) * (ends[1] - head) <= MOST_PAIRS
    if not aligned:
        return Changes((Change(tuple(one[head : ends[0]]), tuple(two[head : ends[1]]), head),), tail, aligned=False)
    import difflib  # noqa: PLC0415  only where something differs

    matcher = difflib.SequenceMatcher(None, left[head : ends[0]], right[head : ends[1]], autojunk=len(left) + len(right) > 4000)
    found: list[Change] = []
    equal = head
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            equal += b - a
        else:
            found.append(Change(tuple(one[head + a : head + b]), tuple(two[head + c : head + d]), equal))
            equal = 0
    return Changes(tuple(found), equal + tail, aligned=True)


def _key(row: Row) -> tuple[object, ...]:
    counts = row.counts
    return (row.label, row.output, counts.params, counts.buffers, counts.macs.value)


def broken(limits: Sequence[Limit], base: Mapping[str, int], other: Mapping[str, int]) -> list[Limit]:
    """Return the limits that a report breaks, held against the base."""
    return [each for each in limits if each.broken(base[each.figure], other[each.figure])]
