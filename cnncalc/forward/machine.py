"""The memory of this process and of this machine, as reported by the system; None where it reports nothing."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PROCESS = Path("/proc/self")
_MACHINE = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


class Peak:
    """The largest resident memory from now on, beyond what is resident now."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            (_PROCESS / "clear_refs").write_text("5", encoding="ascii")  # resets the system's high-water mark
        self._before = _field(_PROCESS / "status", "VmRSS")

    def bytes(self) -> int | None:
        """Return the peak so far in bytes."""
        peak = _field(_PROCESS / "status", "VmHWM")
        return None if peak is None or self._before is None else max(0, peak - self._before)


@functools.cache
def _trimmer() -> Callable[[int], object] | None:
    """Return malloc_trim of the C library; None without one (it is specific to glibc)."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; on Windows None names no library
        return None


def trim() -> None:
    """Return freed memory to the system. glibc keeps up to 64 MiB of it, once blocks of some MiB have been freed."""
    release = _trimmer()
    if release is not None:
        release(0)


def available() -> int | None:
    """Return the bytes that the process can allocate without swapping, within the limit of its control group."""
    free = [each for each in (_field(_MACHINE, "MemAvailable"), _group_left(), _pages(), _address_space()) if each is not None]
    return min(free) if free else None


def _field(path: Path, key: str) -> int | None:
    """Return a line such as `VmRSS:  1024 kB` in bytes."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(f"{key}:")), None)


def _group_left() -> int | None:
    """Return the bytes left in the control group: the limit minus the memory in use that cannot be dropped."""
    try:
        limit = int((_GROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_GROUP / "memory.current").read_text(encoding="ascii"))
        lines = (_GROUP / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):  # no such group, or no limit ("max")
        return None
    droppable = sum(int(line.split()[1]) for line in lines if line.startswith(("inactive_file ", "active_file ")))
    return max(0, limit - used + droppable)


def _address_space() -> int | None:
    """Return the bytes left of the process's own limit (`ulimit -v`)."""
    try:
        import resource  # not on Windows
    except ModuleNotFoundError:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _field(_PROCESS / "status", "VmSize")
    return None if limit == resource.RLIM_INFINITY or used is None else max(0, limit - used)


def _pages() -> int | None:
    """Return the total memory of the machine, an upper bound for every process."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
