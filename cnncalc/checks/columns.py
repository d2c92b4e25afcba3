"""Networks as the columns of one table, their layers aligned by the size of the output.

A stage is a run of layers with one output size. The rows are the stages and, between them, the layers without weights that change
the size: pools. Layers that neither multiply with weights nor change the size are left out, as the source does with ReLU;
normalization over neighbours and the softmax are shown.

Source: Simonyan and Zisserman 2014, arXiv:1409.1556, Table 1; He et al. 2015, arXiv:1512.03385, Table 1.
"""

from __future__ import annotations

import math
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis, Row

Size = tuple[int, ...]
LONGEST_PERIOD = 12  # labels of a block that repeats


class Key(NamedTuple):
    """What aligns: the output size, and whether the layers change it without weights."""

    size: Size
    between: bool

    @property
    def text(self) -> str:
        """Return `56x56`."""
        return "x".join(map(str, self.size))


class Line(NamedTuple):
    """A row of the table: for each network the labels of its layers; none where it lacks the stage."""

    key: Key
    cells: tuple[tuple[str, ...], ...]

    @property
    def alike(self) -> bool:
        """Return whether all networks have the same layers."""
        return len(set(self.cells)) == 1


def lines(reports: Sequence[Analysis]) -> tuple[Line, ...]:
    """Return the rows of the table for at least one network."""
    parts = [_parts(report) for report in reports]
    keys: list[Key] = []
    for part in parts:
        keys = _merged(keys, [key for key, _ in part])
    cells = [_placed(keys, part) for part in parts]
    return tuple(Line(key, tuple(column[at] for column in cells)) for at, key in enumerate(keys))


def _parts(report: Analysis) -> list[tuple[Key, tuple[str, ...]]]:
    """Return the runs of shown layers of one network, in the order of computation."""
    found: list[tuple[Key, list[str]]] = []
    for row in report.rows:
        if not row.inputs or not _shown(row):
            continue
        key = Key(row.output.size, _resizes(row))
        if found and found[-1][0] == key and not key.between:
            found[-1][1].append(row.label)
        else:
            found.append((key, [row.label]))
    return [(key, tuple(labels)) for key, labels in found]


def _shown(row: Row) -> bool:
    layer, counts = row.typed.layer, row.counts
    if counts.macs.value or layer.distributes or layer.unknown():
        return True
    if row.typed.window is not None and not layer.modulates and not layer.pointwise:
        return True  # pools
    return counts.flops > 0 and not (counts.params or counts.buffers or layer.pointwise or layer.merges or len(row.inputs) > 1)


def _resizes(row: Row) -> bool:
    """Return whether a layer without weights changes the size."""
    return not row.counts.macs.value and row.output.size != row.typed.inputs[0].size


def _merged(keys: Sequence[Key], others: Sequence[Key]) -> list[Key]:
    """Return all keys of two columns, in the order of both."""
    if _shrinks(keys) and _shrinks(others):
        return _by_size(keys, others)
    found: list[Key] = []
    for what, start, end, first, last in SequenceMatcher(None, keys, others, autojunk=False).get_opcodes():
        found += keys[start:end]
        if what in {"insert", "replace"}:
            found += others[first:last]
    return found


def _shrinks(keys: Sequence[Key]) -> bool:
    """Return whether the sizes never grow, as in classifiers."""
    return all(math.prod(one.size) >= math.prod(other.size) for one, other in pairwise(keys))


def _by_size(keys: Sequence[Key], others: Sequence[Key]) -> list[Key]:
    """Merge two columns of shrinking sizes: the larger size first, and what makes a size before the stage of that size."""
    found: list[Key] = []
    one, two = list(keys), list(others)
    while one and two:
        if one[0] == two[0]:
            found.append(one.pop(0))
            two.pop(0)
        else:
            found.append((one if _before(one[0], two[0]) else two).pop(0))
    return [*found, *one, *two]


def _before(one: Key, other: Key) -> bool:
    return (-math.prod(one.size), not one.between) <= (-math.prod(other.size), not other.between)


def _placed(keys: Sequence[Key], part: Sequence[tuple[Key, tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Return the cells of one network, in the order of all keys."""
    left = list(part)
    cells: list[tuple[str, ...]] = []
    for at, key in enumerate(keys):
        takes = left and left[0][0] == key and (len(left) == 1 or _room(keys[at + 1 :], left[1:]))
        cells.append(left.pop(0)[1] if takes else ())
    return cells


def _room(keys: Sequence[Key], part: Sequence[tuple[Key, tuple[str, ...]]]) -> bool:
    """Return whether the rest of a column has its place in the keys that follow."""
    rest = iter(keys)
    return all(key in rest for key, _ in part)


def folded(labels: Sequence[str], most: int) -> tuple[str, ...]:
    """Return at most a few lines: repeated runs of labels as `[a`, `b]*3`, where there are more than `most` of them."""
    if len(labels) <= most:
        return tuple(labels)
    found: list[str] = []
    at = 0
    while at < len(labels):
        period, times = _repeat(labels, at)
        group = list(labels[at : at + period])
        if times > 1:
            group = ["[" + group[0], *(" " + label for label in group[1:])]
            group[-1] += f"]*{times}"
        found += group
        at += period * times
    return tuple(found)


def _repeat(labels: Sequence[str], at: int) -> tuple[int, int]:
    """Return the shortest group at a place that with its repeats covers most labels, and how often it stands there."""
    best = 1, 1
    for period in range(1, LONGEST_PERIOD + 1):
        group, times = labels[at : at + period], 1
        while labels[at + times * period : at + (times + 1) * period] == group and len(group) == period:
            times += 1
        if times > 1 and period * times > best[0] * best[1]:
            best = period, times
    return best
