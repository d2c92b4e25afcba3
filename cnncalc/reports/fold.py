"""Lines of a table for people: activations join the layer before them, repeats and blocks become one line each.

Every line holds sums: the lines of a folded table add up to the same totals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.reports.rows import field_text
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.analyses.analysis import Row
    from cnncalc.maths.volume import Volume

_DIGITS = "0123456789"


class Line(NamedTuple):
    """One line: a layer with the in-place layers behind it, several equal layers, or a block."""

    first: str
    last: str
    times: int
    label: str
    output: Volume
    values: int
    weights: int
    biases: int
    macs: int
    field: str
    block: bool
    reads: tuple[str, ...]
    """Its inputs, unless it reads the line before only."""
    ends: str
    """The name of its last layer."""
    unknown: frozenset[str] = frozenset()
    """The facts that some of its layers do not state."""

    @property
    def params(self) -> int:
        """Return the learnable numbers."""
        return self.weights + self.biases

    @property
    def name(self) -> str:
        """Return `conv3_2`, or `conv3_2..3` for several."""
        if self.times == 1 or self.first == self.last:
            return self.first
        shared = self.first.rstrip(_DIGITS)
        last = self.last.removeprefix(shared) if self.last.rstrip(_DIGITS) == shared else self.last
        return f"{self.first}..{last}"

    @property
    def text(self) -> str:
        """Return the label with the number of its repeats."""
        return self.label if self.times == 1 else f"{self.times} x {self.label}"


def lines(rows: Sequence[Row], depth: int = 0) -> list[Line]:
    """Return the folded lines; blocks deeper than `depth` are one line each."""
    return list(_repeats(_in_place(_blocks(rows, depth))))


def unfolded(rows: Sequence[Row]) -> list[Line]:
    """Return a line for each layer."""
    return [_line(row, _reads(row, rows[at - 1].name if at else "")) for at, row in enumerate(rows)]


def _blocks(rows: Sequence[Row], depth: int) -> Iterator[Line]:
    """Yield a line for each layer, or for each block deeper than `depth`."""
    at = 0
    while at < len(rows):
        path = rows[at].node.path.split("/")[:-1]
        before = rows[at - 1].name if at else ""
        if len(path) <= depth:
            yield _line(rows[at], _reads(rows[at], before))
            at += 1
            continue
        prefix = "/".join(path[: depth + 1]) + "/"
        end = at
        while end < len(rows) and rows[end].node.path.startswith(prefix):
            end += 1
        yield _block(prefix[:-1], rows[at:end], before)
        at = end


def _reads(row: Row, before: str) -> tuple[str, ...]:
    return () if row.inputs in {(), (before,)} else row.inputs


def _line(row: Row, reads: tuple[str, ...]) -> Line:
    counts = row.counts
    values = counts.values if counts.counted else 0
    weights, biases = counts.weights.value, counts.biases.value
    return Line(
        row.name,
        row.name,
        1,
        row.label,
        row.output,
        values,
        weights,
        biases,
        counts.macs.value,
        field_text(row),
        False,
        reads,
        row.name,
        frozenset(counts.unknown),
    )


def _block(name: str, rows: Sequence[Row], before: str) -> Line:
    counts = [row.counts for row in rows]
    return Line(
        first=name,
        last=name,
        times=1,
        label=many(len(rows), "layer"),
        output=rows[-1].output,
        values=sum(each.values for each in counts if each.counted),
        weights=sum(each.weights.value for each in counts),
        biases=sum(each.biases.value for each in counts),
        macs=sum(each.macs.value for each in counts),
        field=field_text(rows[-1]),
        block=True,
        reads=_reads(rows[0], before) if rows[0].inputs != (before,) else (),
        ends=rows[-1].name,
        unknown=frozenset(fact for each in counts for fact in each.unknown),
    )


def _base(name: str) -> str:
    """Return the name of a block without its number: `same` of `stage1/same2`."""
    return name.rsplit("/", 1)[-1].rstrip(_DIGITS)


def _in_place(lines: Iterator[Line]) -> Iterator[Line]:
    """Join each in-place layer without parameters to the line before it."""
    held: Line | None = None
    for line in lines:
        joins = (
            held is not None
            and not held.block
            and not line.block
            and not line.values
            and not line.params
            and not line.unknown
            and not line.reads
        )
        if held is not None and joins and held.output == line.output:
            held = held._replace(label=f"{held.label} {line.label}", ends=line.ends)
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _repeats(lines: Iterator[Line]) -> Iterator[Line]:
    """Join consecutive equal lines, and consecutive blocks of one name on volumes of one size."""
    held: Line | None = None
    for line in lines:
        if held is not None and _alike(held, line):
            held = held._replace(
                last=line.last,
                times=held.times + 1,
                output=line.output,
                values=held.values + line.values,
                weights=held.weights + line.weights,
                biases=held.biases + line.biases,
                macs=held.macs + line.macs,
                field=line.field,
                ends=line.ends,
                unknown=held.unknown | line.unknown,
            )
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _alike(held: Line, line: Line) -> bool:
    if held.block != line.block or held.label != line.label or line.reads:
        return False
    if held.block:
        return _base(held.last) == _base(line.first) and held.output.size == line.output.size
    return held.output == line.output and held.params == line.params * held.times and held.macs == line.macs * held.times
