"""The nodes of a YAML text, with their places in it.

Scalars keep their text, which avoids the traps of YAML (`1:30` is 90, `no` is false, `0x3` is 3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.spec import codes
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.source import Excerpt, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.text.diagnostic import Code

LARGEST = 16 * 2**20  # bytes
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]"


class Scalar:
    """A text. `style` is its quote or block sign, empty for a plain scalar."""

    __slots__ = ("end", "source", "start", "style", "text")
    what = "a text"

    def __init__(self, source: Source, text: str, style: str, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.source = source
        self.text = text
        self.style = style
        self.start = start
        self.end = end

    @property
    def span(self) -> Span:
        """Return the span of the text."""
        return Span(self.source, self.source.offset(*self.start), self.source.offset(*self.end))

    @property
    def is_null(self) -> bool:
        """Return whether the value is empty or null."""
        return not self.style and self.text in {"", "~", "null"}

    def excerpt(self) -> Excerpt:
        """Return the text with a map of its characters to the file."""
        return Excerpt(self.text, self.source, self._locate)

    def _locate(self) -> Sequence[int]:
        span = self.span
        return locate(self.text, self.source.text, span.start, span.end, self.style)


class Sequenced:
    """A list of nodes."""

    __slots__ = ("end", "items", "source", "start")
    what = "a list"

    def __init__(self, source: Source, start: tuple[int, int]) -> None:
        self.source = source
        self.start = start
        self.end = start
        self.items: list[Node] = []

    @property
    def span(self) -> Span:
        """Return the first line of the list: a long list is not underlined to its end."""
        return first_line(self.source, self.start, self.end)


class Mapped:
    """A mapping of texts to nodes, in order; duplicate keys have been reported and dropped."""

    __slots__ = ("end", "items", "source", "start")
    what = "a mapping"

    def __init__(self, source: Source, start: tuple[int, int]) -> None:
        self.source = source
        self.start = start
        self.end = start
        self.items: dict[str, tuple[Scalar, Node]] = {}

    @property
    def span(self) -> Span:
        """Return the first line of the mapping."""
        return first_line(self.source, self.start, self.end)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        """Iterate over keys and values."""
        return iter(self.items.values())

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None."""
        found = self.items.get(key)
        return found[1] if found else None


Node = Scalar | Sequenced | Mapped


def first_line(source: Source, start: tuple[int, int], end: tuple[int, int]) -> Span:
    """Return the span from start to end, or to the end of the first line if `end` is further down."""
    first = source.offset(*start)
    last = source.offset(*end) if end[0] == start[0] else first + len(source.line(start[0] + 1)) - start[1]
    return Span(source, first, max(first, last))


def decode(name: str, data: bytes) -> Source:
    """Return the text of a file; SpecError if it is not a text."""
    if len(data) > LARGEST:
        raise problem(codes.TOO_MUCH, f"{name} is larger than {LARGEST // 2**20} MiB")
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise problem(
            codes.ENCODING,
            f"{name} is not text: byte {data[error.start]:#04x} in line {line} is not {encoding[:6].upper().rstrip('-')}",
        ) from None
    source = Source(name, text)
    # Most texts are printable and need no regular expression: compiling this one takes 0.3 ms.
    if not text.replace("\n", "").isprintable() and (found := re.search(_CONTROL, text)):
        message = f"the control character {ord(found.group()):#04x} is not allowed in a spec"
        raise problem(codes.ENCODING, message, Span(source, found.start(), found.end()))
    return source


def problem(code: Code, message: str, span: Span | None = None, *, label: str = "", hints: tuple[str, ...] = ()) -> SpecError:
    """Return an error with one diagnostic."""
    return SpecError([Diagnostic(code, "error", message, span, label, (), hints)])


def quoting(line: str) -> tuple[str, ...]:
    """Return the hint to quote a pattern that starts with a bracket, with the corrected line."""
    key, colon, value = line.partition(":")
    while colon and value[:1] not in {"", " "}:
        more, colon, value = value.partition(":")
        key = f"{key}:{more}"
    if not colon and line.lstrip().startswith("- "):
        key, colon, value = "- pattern", ":", line.lstrip()[2:]
    value = value.strip()
    looks = (
        value[:1] in {"[", "{", "*", "&", "|", ">"}
        and any(sign in value for sign in ("->", "→", "*", "|", "-"))
        and any(char.isupper() for char in value)
    )
    if not colon or not looks or value[:2] in {">-", "|-"} or len(value) == 1:
        return ()
    if value[0] == "{" and ": " in value:  # `blocks: {A: [RELU]*2}`: the whole line is not a pattern
        return ("quote each pattern in the braces",)
    return (f'quote the pattern: `{key.strip()}: "{value}"`',)


def locate(value: str, text: str, start: int, end: int, style: str) -> list[int]:
    """Return the offset in the file for each character of a scalar's value, and for its end.

    White space in the value matches any white space in the file; `''` is one quote, an escape one character.
    """
    at = start + (style in {"'", '"'})
    if style in {"|", ">"}:
        at = text.find("\n", start, end) + 1 or end
    offsets: list[int] = []
    for char in value:
        if not char.isspace():
            while at < end and (text[at].isspace() or (style == '"' and text[at : at + 2] in {"\\\n", "\\\r"})):
                at += 1
        offsets.append(min(at, end))
        written = at < end and (text[at].isspace() or (style == '"' and text[at] == "\\"))
        at += _width(text, at, style) if not char.isspace() or written else 0
    return [*offsets, min(at, end)]


def _width(text: str, at: int, style: str) -> int:
    """Return the number of characters in the file for one character of the value."""
    if style == "'" and text[at : at + 2] == "''":
        return 2
    if style == '"' and text[at : at + 1] == "\\":
        return {"x": 4, "u": 6, "U": 10}.get(text[at + 1 : at + 2], 2)
    return 1
