"""Free texts that YAML reads as something else: `source: Redmon 2018: YOLOv3` is a mapping in a mapping.

Read after an error only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from cnncalc.text.source import Source

TEXTS = ("name", "description", "source")
"""The keys of free texts."""
_ENTRY = re.compile(rf"((?:{'|'.join(TEXTS)}|'(?:{'|'.join(TEXTS)})'|\"(?:{'|'.join(TEXTS)})\")[ \t]*:[ \t]+)(\S.*)")
_COMMENT = re.compile(r"[ \t]+#.*")


def quoted_text(source: Source, line: int) -> tuple[str, ...]:
    """Return the hint to quote the free text in a line, counted from 0, if the file can be read further with it."""
    written = source.line(line + 1)
    entry = _ENTRY.fullmatch(written.rstrip())
    if entry is None:
        return ()
    key, value = entry.groups()
    comment = _COMMENT.search(value)
    at = comment.start() if comment else len(value)
    mended = key + _quoted(value[:at]) + value[at:]
    start = source.offset(line, 0)
    text = source.text[:start] + mended + source.text[start + len(written) :]
    return (f"quote the text: `{mended}`",) if _is_read(text, line) else ()


def _quoted(value: str) -> str:
    """Return a text in single quotes, with each single quote in it doubled."""
    return "'" + _bare(value).replace("'", "''") + "'"


def _bare(value: str) -> str:
    """Return `'Bob's net'` and `'Bob` without the outer quotes; `"A" and "B"` begins and ends with quoted words."""
    sign, rest = value[0], value[1:]
    if sign not in {"'", '"'}:
        return value
    if sign not in rest:
        return rest
    inner = rest.removesuffix(sign)
    around = inner != rest and not re.match(rf"[^{sign}]*{sign}(\s|$)", inner)
    return inner if around else value


def _is_read(text: str, line: int) -> bool:
    """Return whether YAML reads a text at least to the end of a line."""
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            mark = event.start_mark
            if mark is not None and mark.line > line:
                return True
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return mark is not None and mark.line > line
    return True
