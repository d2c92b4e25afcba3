"""Two networks side by side: the layers that differ, aligned as in a diff.

The first network is the base; the other is compared with it. Layers are equal if label, output, parameters, buffers and
MACs are equal. Names are ignored: an inserted block renames the layers after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cnncalc.analyses.analysis import Analysis, Row

MOST_PAIRS = 25_000_000  # of layers to align; above this limit, only equal beginnings and ends are aligned


class Change(NamedTuple):
    """Layers of the base and their replacements: either side may be empty."""

    base: tuple[Row, ...]
    other: tuple[Row, ...]
    equal_before: int
    """The number of equal layers between the previous change and this one."""


class Changes(NamedTuple):
    """The differences between the layers of two analyses."""

    changes: tuple[Change, ...]
    equal_after: int
    aligned: bool
    """Whether the layers were aligned; very long networks are not."""


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
    import difflib  # only needed for differences

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
    return (row.typed.layer.full_label(), row.output, counts.params, counts.buffers, counts.macs.value, counts.unknown)
