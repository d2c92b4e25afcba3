"""Output streams and styles: results on stdout, notes and diagnostics on stderr, colour on terminals only."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, TextIO

from cnncalc.text.escape import json, line, terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cnncalc.text.diagnostic import Diagnostic

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "place": "34",
    "strong": "1",
    "dim": "2",
    "window": "7",
    "new": "1;7;32",
}
MOST_SHOWN = 50  # diagnostics; the others are counted


def coloured(stream: TextIO) -> bool:
    """Return whether to colour a stream: NO_COLOR and FORCE_COLOR decide, else whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def painter(stream: TextIO) -> Callable[[str, str], str]:
    """Return the function that colours text for a stream."""
    return (lambda text, style: f"\x1b[{_STYLES[style]}m{text}\x1b[0m") if coloured(stream) else (lambda text, _style: text)


def say(text: str) -> None:
    """Print a result; only our own colours, on a terminal, are control characters in it."""
    _write(sys.stdout, terminal(text, coloured=sys.stdout.isatty() or coloured(sys.stdout)) + "\n")


def say_file(text: str) -> None:
    """Print the content of a file: unchanged, except on a terminal."""
    _write(sys.stdout, (terminal(text) if sys.stdout.isatty() else text) + "\n")


def say_json(data: object) -> None:
    """Print a result as JSON."""
    say(json(data))


def note(text: str) -> None:
    """Print a note for people."""
    _write(sys.stderr, painter(sys.stderr)(line(text), "dim") + "\n")


def complain(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics in full."""
    found = list(diagnostics)
    _write(sys.stderr, drawn(found, sys.stderr) + "\n")


def drawn(diagnostics: Sequence[Diagnostic], stream: TextIO) -> str:
    """Return diagnostics as text for a stream, separated by empty lines."""
    from cnncalc.text.caret import render  # only where there is something to complain about

    paint = painter(stream)
    shown = [render(diagnostic, paint) for diagnostic in diagnostics[:MOST_SHOWN]]
    if len(diagnostics) > MOST_SHOWN:
        shown.append(f"and {len(diagnostics) - MOST_SHOWN} more")
    return "\n\n".join(shown)


def remind(diagnostics: Iterable[Diagnostic], spec: str, *, several: bool = False) -> None:
    """Print short warnings, one line for each code; `validate` shows them in full. Of notes, only those on options are printed.

    `several` is whether the command reads several specs: the line then names this one.
    """
    from cnncalc.graph.given_sizes import DEPTH_KEPT

    by_code: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        if diagnostic.severity != "note" or diagnostic.code is DEPTH_KEPT:
            by_code.setdefault(diagnostic.code.number, []).append(diagnostic)
    paint = painter(sys.stderr)
    for number, found in by_code.items():
        head = paint(f"{found[0].severity}[{number}]", found[0].severity)
        rest = f" (and {len(found) - 1} more: cnncalc validate {spec})" if len(found) > 1 else ""
        of = f"{spec}: " if several else ""
        _write(sys.stderr, f"{head}: {line(of + found[0].message + rest)}\n")


def _write(stream: TextIO, text: str) -> None:
    """Write text; characters outside the stream's encoding are replaced. What stderr does not take is lost: results go on."""
    if stream is sys.stderr:
        with contextlib.suppress(OSError):
            _encoded(stream, text)
            stream.flush()
    else:
        _encoded(stream, text)


def _encoded(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        ascii_text = text.translate({ord("·"): "-", ord("–"): "-", ord("×"): "x", ord("→"): "->", ord("…"): "..."})
        stream.write(ascii_text.encode(encoding, "replace").decode(encoding))
