"""Atomic file writing: the old file stays intact until the complete new file replaces it in one step."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING, BinaryIO

from cnncalc.spec import codes
from cnncalc.text.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

_USUAL = 0o666  # the mode that open() requests; the umask clears bits of it


def replace(path: str, write: Callable[[BinaryIO], object]) -> None:
    """Call `write` on a temporary file beside `path`, then rename it to `path`; the permissions of an old file stay.

    Raises SpecError where the folder or the file cannot be written.
    """
    target = os.path.realpath(path)
    if os.path.isdir(target):  # noqa: PTH112
        raise _unwritable(path, "it is a folder")
    try:
        handle, beside = tempfile.mkstemp(prefix=".cnncalc-", dir=os.path.dirname(target))  # noqa: PTH120
    except OSError as error:
        raise _unwritable(path, (error.strerror or str(error)).lower()) from None
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        os.chmod(beside, _mode(target))  # noqa: PTH101
        os.replace(beside, target)  # noqa: PTH105
    except OSError as error:
        raise _unwritable(path, (error.strerror or str(error)).lower()) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)  # noqa: PTH108


def _mode(path: str) -> int:
    """Return the permissions of a file, or the default ones of a new file."""
    try:
        return os.stat(path).st_mode & 0o7777  # noqa: PTH116
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return _USUAL & ~mask


def _unwritable(path: str, reason: str) -> SpecError:
    return SpecError([Diagnostic(codes.UNREADABLE, "error", f"{path} cannot be written: {reason}")])
