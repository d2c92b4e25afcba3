"""Frames on a terminal, stepped through with keys; the terminal is restored however it ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType

    Draw = Callable[[int, int, int], Sequence[str]]
    """(frame, columns, lines): the lines of a frame for a terminal of that size, as few of them as possible."""

NEXT = {b" ", b"n", b"j", b"l", b"\r", b"\n", b"\x1b[C", b"\x1b[B", b"\x1bOC", b"\x1bOB", b"\x1b[6~"}
BEFORE = {b"p", b"b", b"k", b"h", b"\x7f", b"\x08", b"\x1b[D", b"\x1b[A", b"\x1bOD", b"\x1bOA", b"\x1b[5~"}
FIRST, LAST = {b"g", b"\x1b[H", b"\x1bOH", b"\x1b[1~"}, {b"G", b"\x1b[F", b"\x1bOF", b"\x1b[4~"}
QUIT = {b"q", b"Q", b"\x1b", b"\x04", b""}
HELP = "space next   p back   q quit"
STATUS = 1
"""Lines below the picture: the number of the frame and the keys."""
LEAST = 40
"""The fewest columns of a picture."""
PAUSE = 0.05
"""Seconds after an escape in which the rest of an arrow key arrives."""
POLL = 0.25
"""Seconds between two looks at the size of the terminal."""
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Size(NamedTuple):
    """Columns and lines."""

    columns: int
    lines: int

    def holds(self, other: Size) -> bool:
        """Return whether a picture of the other size fits."""
        return other.columns <= self.columns and other.lines <= self.lines


class _EndedError(Exception):
    """A signal that ends the process."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


def problem() -> str:
    """Return why frames cannot be played here; empty where they can."""
    for stream, name in ((sys.stdin, "stdin"), (sys.stdout, "stdout")):
        try:
            if not stream.isatty() or not os.isatty(stream.fileno()):
                return f"{name} is no terminal"
        except (OSError, ValueError, AttributeError):
            return f"{name} is no terminal"
    if os.environ.get("TERM") == "dumb":
        return "the terminal is `dumb`: it cannot draw over a frame"
    if not find_spec("termios"):  # Windows has none
        return "this system has no termios, which reads single keys"
    return ""


def terminal_size() -> Size:
    """Return the size of the terminal."""
    found = os.get_terminal_size(sys.stdout.fileno())
    return Size(found.columns or 80, found.lines or 24)


def needed(lines: Sequence[str]) -> Size:
    """Return the size of the terminal that a frame needs."""
    from cnncalc.reports.sheet_text import bare

    return Size(max(LEAST, *map(bare, lines)), len(lines) + STATUS)


def play(count: int, first: int, draw: Draw) -> None:
    """Show the frames, one at a time, from `first`, until a key ends it; KeyboardInterrupt at Ctrl-C."""
    ended = 0
    try:
        with _screen() as keys:
            _steps(count, first, draw, keys)
    except _EndedError as end:
        ended = end.number
    if ended:
        signal.signal(ended, signal.SIG_DFL)
        os.kill(os.getpid(), ended)


def _steps(count: int, at: int, draw: Draw, keys: int) -> None:
    """Draw frames and follow the keys until one of them ends it."""
    drawn: tuple[int, Size] | None = None
    while True:
        size = terminal_size()
        if drawn != (at, size) or _Screen.stale:
            _Screen.stale = False
            _draw(draw(at, size.columns, size.lines - STATUS), at, count, size)
            drawn = (at, size)
        key = _key(keys)
        if key is None:
            continue
        if key in QUIT:
            return
        step = {True: 1}.get(key in NEXT, 0) - {True: 1}.get(key in BEFORE, 0)
        at = 0 if key in FIRST else count - 1 if key in LAST else min(max(at + step, 0), count - 1)


def _draw(lines: Sequence[str], at: int, count: int, size: Size) -> None:
    """Draw a frame over the one before it, or the size that it needs."""
    want = needed(lines)
    if not size.holds(want):
        here, there = f"{want.columns}x{want.lines}", f"{size.columns}x{size.lines}"
        lines = [f"This picture needs {here}; the terminal has {there}."[: size.columns]]
    status = f"{at + 1} of {count}   {HELP}"[: max(1, size.columns - 1)]
    body = [f"{line}\x1b[K" for line in lines]
    _write("\x1b[H" + "\r\n".join(body) + "\x1b[J" + f"\x1b[{size.lines};1H{status}\x1b[K")


def _key(source: int) -> bytes | None:
    """Return a key, or None if there was none for a moment; an arrow is one key."""
    if not select.select([source], [], [], POLL)[0]:
        return None
    key = os.read(source, 1)
    while key.startswith(b"\x1b") and len(key) < 8 and select.select([source], [], [], PAUSE)[0]:
        key += os.read(source, 1)
        if len(key) > 2 and (key[-1:].isalpha() or key[-1:] == b"~"):
            break
    return key


class _Screen:
    """Whether the frame on the screen has been overwritten, as after a pause of the process."""

    stale = False


@contextlib.contextmanager
def _screen() -> Generator[int]:
    """Take the terminal: single keys, a screen of its own, no cursor; give it back whatever happens. Yields the source of keys."""
    import termios
    import tty

    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)

    def enter() -> None:
        tty.setcbreak(source)
        _write(_ENTER)

    def leave() -> None:
        with contextlib.suppress(OSError, ValueError):
            _write(_LEAVE)
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(source, termios.TCSADRAIN, before)

    def end(number: int, _: FrameType | None) -> None:
        raise _EndedError(number)

    def pause(number: int, _: FrameType | None) -> None:
        leave()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # the process stops here, and goes on when the shell resumes it
        signal.signal(number, pause)
        enter()
        _Screen.stale = True

    handlers = dict.fromkeys(_SIGNALS, end) | ({signal.SIGTSTP: pause} if hasattr(signal, "SIGTSTP") else {})
    restore = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        enter()
        yield source
    finally:
        leave()
        for number, handler in restore.items():
            signal.signal(number, handler)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
