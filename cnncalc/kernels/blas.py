"""Limit the BLAS inside NumPy to a number of threads, mostly one, without a dependency.

The kernels here cut their work into cache-sized tiles and give the tiles to a thread pool.  A BLAS
with its own threads inside each tile would compete with that pool for the cores: twice the
threads, and a barrier after every small product.  NumPy's wheels bundle OpenBLAS; its setter is
called through `ctypes` on the library file already loaded by this process.  Without such a
setter (another BLAS, another system) nothing is changed and the results are the same.
"""

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

# OpenBLAS's names: plain, with 64-bit integers, and both with the prefix of NumPy's wheels.
_AFFIXES = (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", ""))


class _Blas(NamedTuple):
    """The functions of the loaded OpenBLAS used in this module."""

    limit: Callable[[int], object]
    threads: Callable[[], int]
    core: Callable[[], bytes]


def _candidates() -> Iterator[Path]:
    """Yield the library files that may hold NumPy's OpenBLAS: files next to NumPy, then mapped files."""
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
    """Return the OpenBLAS in `path`, or None if the file has no thread setter."""
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    for prefix, suffix in _AFFIXES:
        if hasattr(library, f"{prefix}openblas_set_num_threads{suffix}"):
            return _functions(library, prefix, suffix)
    return None


def _functions(library: ctypes.CDLL, prefix: str, suffix: str) -> _Blas:
    """Return the functions of `library` with these affixes around their names."""
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
    """A counted limit: the first holder sets the number of threads, the last one restores the previous number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._before = 0

    @property
    def taken(self) -> bool:
        """Whether the limit has a holder."""
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
    """Limit the BLAS to `count` threads while the block runs; limits nest, the outermost one applies, for all threads."""

    def __init__(self, count: int = 1) -> None:
        """Store the number of threads."""
        self._count = count

    def __enter__(self) -> None:
        """Limit the BLAS, if found."""
        self._blas = _loaded()
        if self._blas is not None:
            _HOLD.enter(self._blas, self._count)

    def __exit__(self, *_: object) -> None:
        """Remove the limit."""
        if self._blas is not None:
            _HOLD.leave(self._blas)


def is_held() -> bool:
    """Return whether the BLAS is limited to a number of threads."""
    return _HOLD.taken


def threads() -> int | None:
    """Return the current thread count of the BLAS, or None if unavailable."""
    blas = _loaded()
    return None if blas is None else blas.threads()


def core() -> str | None:
    """Return the processor family of the active BLAS kernels ("Haswell"), or None if unknown."""
    blas = _loaded()
    return None if blas is None else blas.core().decode()
