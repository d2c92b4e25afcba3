"""Draw a diagnostic as text: its place, the line, a caret, notes and hints."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from cnncalc.text.escape import line

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncalc.text.diagnostic import Diagnostic
    from cnncalc.text.source import Span

LONGEST = 1000  # characters of a message or a note
WIDEST = 160  # characters of a source line; longer lines are cut around the caret


def plain(text: str, _style: str) -> str:
    """Return the text without colour."""
    return text


def render(diagnostic: Diagnostic, paint: Callable[[str, str], str] = plain) -> str:
    """Return the diagnostic as lines of text; `paint(text, style)` colours (error, warning, note, place, strong)."""
    head = paint(f"{diagnostic.severity}[{diagnostic.code.number}]", diagnostic.severity)
    lines = [f"{head}: {paint(_visible(diagnostic.message), 'strong')}"]
    margin = ""
    if diagnostic.span is not None:
        margin, picture = _picture(diagnostic.span, diagnostic.label, diagnostic.severity, paint)
        lines += picture
    tail = [("note", note) for note in diagnostic.notes] + [("hint", hint) for hint in diagnostic.hints]
    tail.append(("help", f"cnncalc explain {diagnostic.code.number}"))
    lines += [f"{margin} {paint('=', 'place')} {paint(word, 'strong')}: {_visible(text)}" for word, text in tail]
    return "\n".join(lines)


def _picture(span: Span, label: str, severity: str, paint: Callable[[str, str], str]) -> tuple[str, list[str]]:
    source, start, end = span.resolve()
    number, column = source.position(start)
    text = source.line(number)
    width = max(1, min(end - start, len(text) - column + 1))
    shown, shift = _cut(text, column, width)
    before = _columns(shown[: column - 1 - shift])
    carets = "^" * max(1, _columns(shown[column - 1 - shift : column - 1 - shift + width]))
    margin = " " * len(str(number))
    bar = paint("|", "place")
    return margin, [
        f"{margin}{paint('-->', 'place')} {_visible(source.name)}:{number}:{column}",
        f"{margin} {bar}",
        f"{paint(str(number), 'place')} {bar} {_visible(shown)}",
        f"{margin} {bar} {' ' * before}{paint(carets, severity)}{' ' + paint(_visible(label), severity) if label else ''}",
        f"{margin} {bar}",
    ]


def _cut(text: str, column: int, width: int) -> tuple[str, int]:
    """Return the part of a long line around the caret, and the number of characters left out before it."""
    if len(text) <= WIDEST:
        return text, 0
    shift = max(0, min(column - 1 - WIDEST // 3, len(text) - WIDEST))
    return text[shift : shift + max(WIDEST, min(width, WIDEST))], shift


def _visible(text: str) -> str:
    """Return the text as one line that cannot control the terminal; huge names are cut."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    return line(text)


def _columns(text: str) -> int:
    """Return the number of terminal columns of a text: two for wide characters, none for combining ones."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
