"""Texts from specs, files and names of files, made safe for each language that cnncalc prints.

One function for each language. Control characters are those of C0 and C1, DEL, the bidirectional ones, the separators of lines and
paragraphs, and lone surrogates: a terminal obeys them, or shows a text other than it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGN = "\ufffd"  # in place of a control character
_CONTROL = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_COLOUR = "\x1b\\[[0-9;]*m"  # what cnncalc itself writes to a terminal
_MENTION = r"(?<!\w)@(?=\w)"
_SPECIAL = r"[\\`*{}\[\]#|~!$]|^>|(?<![^\W_])_|_(?![^\W_])"  # of Markdown; an underscore within a word means nothing
_LINK = r"(?i)\b(https?|ftp|mailto|xmpp):|\bwww\."


def controlled(text: str) -> str:
    """Return a text with `?` for each control character and line break."""
    return text if text.isprintable() else re.sub(f"[{_CONTROL}]", "?", text)


def line(text: str) -> str:
    """Return a text as one line for a terminal: line breaks and tabs are blanks, other control characters a sign."""
    if text.isprintable():
        return text
    return re.sub(f"[{_CONTROL}]", SIGN, re.sub("\r\n|[\n\r\t\x0b\x0c\x85\u2028\u2029]", " ", text))


def terminal(text: str, *, coloured: bool = False) -> str:
    """Return lines of text for a terminal; sequences of colours are kept where they are ours."""
    if text.replace("\n", "").isprintable():
        return text
    pattern = f"({_COLOUR})|[{_CONTROL}]" if coloured else f"()[{_CONTROL}]"
    return re.sub(pattern, lambda found: found[1] or (found[0] if found[0] == "\n" else SIGN), text)


def json(data: object, *, indent: int | None = 2) -> str:
    """Return data as JSON. Control characters are escaped by their code point, also those that JSON allows."""
    from json import dumps  # most outputs are tables

    text = dumps(data, indent=indent, ensure_ascii=False)
    if text.replace("\n", "").isprintable():
        return text
    return re.sub(f"[{_CONTROL}]", lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def markdown(text: str) -> str:
    """Return a text without links, code, HTML, emphasis, images, cells and mentions of its own; `code` shows a text as it is."""
    plain = line(text).replace("&", "&amp;").replace("<", "&lt;")
    plain = re.sub(_SPECIAL, lambda found: f"\\{found[0]}", plain)
    plain = re.sub(_LINK, lambda found: found[0].replace(":", "&#58;").replace(".", "&#46;"), plain)
    return re.sub(_MENTION, "@\u200b", plain)


def code(text: str) -> str:
    """Return a text as a span of code in Markdown: its backticks cannot end the span, and it mentions nobody."""
    plain = re.sub(_MENTION, "@\u200b", line(text))
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    between = " " if "`" in plain else ""
    return f"{fence}{between}{plain}{between}{fence}"


def fenced(lines: Sequence[str], language: str) -> list[str]:
    """Return lines as a block of code in Markdown, with a fence longer than any in the lines."""
    fence = "`" * max(3, *(len(run) + 1 for each in lines for run in re.findall("`{3,}", each)), 3)
    return [f"{fence}{language}", *map(line, lines), fence]


def html(text: str) -> str:
    """Return a text for an element or an attribute of HTML."""
    from html import escape  # for HTML only

    return escape(line(text))


def cell(text: str) -> str:
    """Return a text for a cell of CSV that spreadsheets do not read as a formula; the writer adds the quotes."""
    plain = line(text)
    return f"'{plain}" if plain.lstrip()[:1] in {"=", "+", "-", "@"} else plain
