"""Holding the BLAS inside NumPy to a number of threads, mostly one, without a dependency.

The kernels here cut their work into cache-sized tiles and give the tiles to a thread pool.  A BLAS
that starts threads of its own inside each tile would fight that pool for the cores: twice the
threads, and a barrier after every small product.  NumPy's wheels bundle OpenBLAS, whose setter is
reached through `ctypes` on the library file that this process has already loaded.  Where no such
setter is found (another BLAS, another system) nothing is changed and the answers are the same.
"""

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

# OpenBLAS's own names: plain, 64-bit integers, and the two with the prefix of NumPy's wheels.
_AFFIXES = (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", ""))


class _Blas(NamedTuple):
    """What this module asks of the loaded OpenBLAS."""

    limit: Callable[[int], object]
    threads: Callable[[], int]
    core: Callable[[], bytes]


def _candidates() -> Iterator[Path]:
    """Yield the library files that may hold NumPy's OpenBLAS: those beside NumPy, then those mapped."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and numpy.__file__ is not None:
        package = Path(numpy.__file__).parent
        for folder in (package.parent / "numpy.libs", package / ".libs", package / ".dylibs"):
            yield from sorted(folder.glob("*openblas*"))
    maps = Path("/proc/self/maps")
    if maps.is_file():
        lines = maps.read_text(encoding="utf-8", errors="replace").splitlines()
        paths = {line.split(maxsplit=5)[5] for line in lines if "openblas" in line}
        yield from (Path(path) for path in sorted(paths))


def _open(path: Path) -> _Blas | None:
    """Return the OpenBLAS in `path`, or None when the file has no thread setter."""
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    for prefix, suffix in _AFFIXES:
        if hasattr(library, f"{prefix}openblas_set_num_threads{suffix}"):
            return _functions(library, prefix, suffix)
    return None


def _functions(library: ctypes.CDLL, prefix: str, suffix: str) -> _Blas:
    """Return the functions of `library` whose names stand between these affixes."""
    limit = library[f"{prefix}openblas_set_num_threads{suffix}"]
    limit.argtypes = (ctypes.c_int,)
    core = library[f"{prefix}openblas_get_corename{suffix}"]
    core.restype = ctypes.c_char_p
    return _Blas(limit, library[f"{prefix}openblas_get_num_threads{suffix}"], core)


@cache
def _loaded() -> _Blas | None:
    """Return the OpenBLAS of this process, or None."""
    found = (_open(path) for path in _candidates())
    return next((blas for blas in found if blas is not None), None)


class _Hold:
    """A counted hold: the first one in sets the number of threads, the last one out gives back what was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._before = 0

    @property
    def taken(self) -> bool:
        """Whether somebody holds."""
        return self._holders > 0

    def enter(self, blas: _Blas, count: int) -> None:
        with self._lock:
            if self._holders == 0:
                self._before = blas.threads()
                blas.limit(count)
            self._holders += 1

    def leave(self, blas: _Blas) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                blas.limit(self._before)


_HOLD = _Hold()


class held:  # noqa: N801 - used as a context manager, once per layer
    """Hold the BLAS to so many threads while the block runs; holds nest, the outermost counts, and all threads share it."""

    def __init__(self, count: int = 1) -> None:
        """Keep the number of threads."""
        self._count = count

    def __enter__(self) -> None:
        """Hold it, if there is one."""
        self._blas = _loaded()
        if self._blas is not None:
            _HOLD.enter(self._blas, self._count)

    def __exit__(self, *_: object) -> None:
        """Let it go."""
        if self._blas is not None:
            _HOLD.leave(self._blas)


def is_held() -> bool:
    """Return whether somebody holds the BLAS to a number of threads."""
    return _HOLD.taken


def threads() -> int | None:
    """Return the BLAS's thread count now, or None when it cannot be asked."""
    blas = _loaded()
    return None if blas is None else blas.threads()


def core() -> str | None:
    """Return the processor family whose kernels the BLAS runs ("Haswell"), or None when unknown."""
    blas = _loaded()
    return None if blas is None else blas.core().decode()
