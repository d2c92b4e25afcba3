"""Files written in one step: an old file stays intact until the complete new file replaces it.

A device or a FIFO is no file to replace: what is written goes through it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
import tempfile
from typing import TYPE_CHECKING, BinaryIO

from cnncalc.spec import codes
from cnncalc.text.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    Write = Callable[[BinaryIO], object]

_USUAL = 0o666  # the mode that open() requests; the umask clears bits of it
_ENDING = ("SIGTERM", "SIGHUP")  # signals that end the process without running `finally`


def replace(path: str, write: Write) -> None:
    """Call `write` on a temporary file beside `path`, then rename it to `path`; the permissions of an old file stay.

    Raises SpecError where the folder or the file cannot be written.
    """
    replace_all([(path, write)])


def replace_all(files: Iterable[tuple[str, Write]]) -> None:
    """Write several files: each is complete before the first one is renamed. Raises SpecError where one cannot be written."""
    made: list[tuple[str, str, str]] = []  # the path, the file that it names, and the temporary file; empty for a device
    given = list(files)
    for path, _ in given:
        if not path or os.path.isdir(path):  # noqa: PTH112
            raise _unwritable(path or "the file without a name", "it is a folder" if path else "a name is missing")
    with _cleaned(made):
        for path, write in given:
            target = os.path.realpath(path)
            with _told(path):
                if _is_special(target):
                    _through(target, write)
                else:
                    made.append((path, target, ""))
                    handle, beside = tempfile.mkstemp(prefix=".cnncalc-", dir=os.path.dirname(target))  # noqa: PTH120
                    made[-1] = (path, target, beside)
                    with os.fdopen(handle, "wb") as file:
                        write(file)
                    _permit(beside, target)
        for path, target, beside in made:
            with _told(path):
                os.replace(beside, target)  # noqa: PTH105


def same_file(one: str, other: str) -> bool:
    """Return whether two paths name one file, which may not exist yet. Devices and FIFOs are not files."""
    if _is_special(one) or _is_special(other):
        return False
    try:
        return os.path.samefile(one, other)  # noqa: PTH121
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _is_special(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _through(path: str, write: Write) -> None:
    """Write to a device or a FIFO; OSError for a FIFO that nobody reads, instead of waiting for a reader."""
    try:
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(error.errno, "nobody reads it") from None
        raise
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        write(file)


@contextlib.contextmanager
def _told(path: str) -> Generator[None]:
    """Turn an error of the system into a diagnostic that names the path."""
    try:
        yield
    except OSError as error:
        raise _unwritable(path, (error.strerror or str(error)).lower()) from None


@contextlib.contextmanager
def _cleaned(made: list[tuple[str, str, str]]) -> Generator[None]:
    """Remove temporary files at the end, also where a signal ends the process."""

    def remove() -> None:
        for _, _, beside in made:
            with contextlib.suppress(OSError):
                os.unlink(beside)  # noqa: PTH108

    def end(number: int, _frame: object) -> None:
        remove()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    before: dict[int, object] = {}
    for number in (getattr(signal, name) for name in _ENDING if hasattr(signal, name)):
        if signal.getsignal(number) == signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # only the main thread receives signals
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        remove()
        for number in before:
            signal.signal(number, signal.SIG_DFL)


def _permit(path: str, target: str) -> None:
    """Give a new file the permissions and the owner of the old one, but no right to run as that owner."""
    os.chmod(path, _mode(target))  # noqa: PTH101
    with contextlib.suppress(OSError, AttributeError):
        old = os.stat(target)  # noqa: PTH116
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(path, old.st_uid, old.st_gid)


def _mode(path: str) -> int:
    """Return the permissions of a file, or the default ones of a new file."""
    try:
        return os.stat(path).st_mode & 0o777  # noqa: PTH116
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return _USUAL & ~mask


def _unwritable(path: str, reason: str) -> SpecError:
    return SpecError([Diagnostic(codes.UNREADABLE, "error", f"{path} cannot be written: {reason}")])
