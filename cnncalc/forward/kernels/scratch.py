"""Working memory that each thread keeps from one tile, and one layer, to the next.

Fresh memory costs a page fault per 4 KiB: for a 4 MiB block of columns about as much as filling it.
"""

import threading
from collections.abc import Sequence
from math import prod
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from cnncalc.forward.kernels.arrays import Array
from cnncalc.forward.kernels.parallel import threads

_ALIGNMENT = 64
"""Bytes in a cache line, and in the widest vector register, of x86-64."""

_ALL_THREADS = 40 << 20
"""Bytes of blocks that all threads together may hold: the bound on working memory is 64 MiB."""

_BLOCK = 4 << 20
"""Bytes of one thread's block of columns: larger ones leave the caches, smaller ones starve the BLAS."""


def block_bytes() -> int:
    """Return how many bytes one thread's largest block may take."""
    return min(_BLOCK, _ALL_THREADS // threads())


class _Buffers(threading.local):
    """The named buffers of one thread, known to the others for as long as the thread lives."""

    def __init__(self) -> None:
        self.held = _Held()
        _EVERYONE.add(self.held)


class _Held:
    """Buffers by name."""

    def __init__(self) -> None:
        self.named: dict[str, npt.NDArray[np.uint8]] = {}


_EVERYONE: WeakSet[_Held] = WeakSet()
_BUFFERS = _Buffers()


def take(name: str, shape: Sequence[int], dtype: np.dtype[np.floating]) -> Array:
    """Return an uninitialised array that this thread may use until it takes `name` again."""
    size = prod(shape) * dtype.itemsize
    named = _BUFFERS.held.named
    held = named.get(name)
    if held is None or held.nbytes < size + _ALIGNMENT:
        held = np.empty(size + _ALIGNMENT, dtype=np.uint8)
        named[name] = held
    skip = -held.ctypes.data % _ALIGNMENT
    return held[skip : skip + size].view(dtype).reshape(shape)


def release() -> None:
    """Give all threads' buffers back to the system; call it when no kernel runs."""
    for held in list(_EVERYONE):
        held.named.clear()
