"""Texts from users, and places in them.

A `Source` is a whole file (or a command-line argument). An `Excerpt` is a text taken from a source; its characters may
differ from the source, as in a folded YAML scalar. A `Span` is a stretch of either; its line and column are computed only
for printing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The line breaks of YAML 1.1 (section 5.4). Two sets, as a single one would take three times as long to compile.
_BREAKS = "\r\n\x85\u2028\u2029"
_BREAK = re.compile("\r\n?|[\n\x85]|[\u2028\u2029]")


class Source:
    """A text with a name. Lines and columns count from 1, offsets from 0, all in code points."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] = []

    @property
    def starts(self) -> Sequence[int]:
        """Return the offset of the start of each line."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in _BREAK.finditer(self.text))]
        return self._starts

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column, both from 0, as in YAML's marks."""
        starts = self.starts
        return min(starts[min(line, len(starts) - 1)] + column, len(self.text))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, from 1."""
        import bisect  # only needed for printing

        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, from 1, without its break; the last line for numbers beyond the end, as in YAML's marks."""
        number = min(number, len(self.starts))
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip(_BREAKS)

    def resolve(self, start: int, end: int) -> tuple[Source, int, int]:
        """Return the stretch unchanged: a source is its own root."""
        return self, start, end


class Excerpt:
    """A text taken from a source; `locate` maps its offsets (one more than its length) to the source's, on demand."""

    __slots__ = ("_locate", "_offsets", "source", "text")

    def __init__(self, text: str, source: Source, locate: Callable[[], Sequence[int]]) -> None:
        self.text = text
        self.source = source
        self._locate = locate
        self._offsets: Sequence[int] = ()

    @property
    def name(self) -> str:
        """Return the name of the source."""
        return self.source.name

    def resolve(self, start: int, end: int) -> tuple[Source, int, int]:
        """Return the stretch of the source that contains [start, end) of this text."""
        self._offsets = self._offsets or self._locate()
        first = self._offsets[min(start, len(self._offsets) - 1)]
        last = self._offsets[min(max(end - 1, start), len(self._offsets) - 1)] + (end > start)
        return self.source, first, max(last, first)


class Span(NamedTuple):
    """The stretch [start, end) of a text."""

    text: Source | Excerpt
    start: int
    end: int

    def resolve(self) -> tuple[Source, int, int]:
        """Return the root source and the offsets in it."""
        return self.text.resolve(self.start, self.end)

    def words(self) -> str:
        """Return the characters of the span."""
        return self.text.text[self.start : self.end]

    @property
    def line(self) -> int:
        """Return the line of the start, from 1."""
        source, start, _ = self.resolve()
        return source.position(start)[0]
