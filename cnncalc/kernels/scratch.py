"""Working memory that is kept from one tile, and one layer, to the next, for each thread of a crew.

Fresh memory costs a page fault per 4 KiB: for a 4 MiB block of columns about as much as filling it.
"""

import threading
from collections.abc import Sequence
from math import prod
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from cnncalc.kernels.arrays import Array
from cnncalc.kernels.parallel import threads

_ALIGNMENT = 64
"""Bytes in a cache line, and in the widest vector register, of x86-64."""

_ALL_THREADS = 8 << 20
"""Bytes of the largest blocks of all threads together; with its other buffers, a thread holds up to two and a half times
its largest block, and the BLAS some MiB for each. The bound on working memory is 64 MiB, of which a convolution may keep 8."""

_BLOCK = 4 << 20
"""Bytes of one thread's block of columns: larger ones leave the caches, smaller ones starve the BLAS."""


def block_bytes() -> int:
    """Return how many bytes one thread's largest block may take."""
    return min(_BLOCK, _ALL_THREADS // threads())


class Hand:
    """The named buffers that one thread of a crew works with."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.named: dict[str, npt.NDArray[np.uint8]] = {}
        self.crew: list[Hand] = []
        _EVERYONE.add(self)


class _Buffers(threading.local):
    """The hand that a thread works as now."""

    def __init__(self) -> None:
        self.now = Hand()


_EVERYONE: WeakSet[Hand] = WeakSet()
_BUFFERS = _Buffers()


def hand(index: int) -> Hand:
    """Return one of the hands that this thread shares its work among, itself as 0.

    They are those of the hand that it works as: work from inside a tile is shared among hands of its own.
    """
    crew = _BUFFERS.now.crew
    del crew[threads() :]
    while len(crew) <= index:
        crew.append(Hand())
    return crew[index]


class working_as:  # noqa: N801 - used as a context manager
    """Let this thread take the buffers of another hand while the block runs."""

    def __init__(self, one: Hand) -> None:
        """Keep the hand."""
        self._hand = one

    def __enter__(self) -> Hand:
        """Become the hand."""
        self._before, _BUFFERS.now = _BUFFERS.now, self._hand
        return self._hand

    def __exit__(self, *_: object) -> None:
        """Become what the thread was."""
        _BUFFERS.now = self._before


def take(name: str, shape: Sequence[int], dtype: np.dtype[np.floating]) -> Array:
    """Return an uninitialised array that the hand may use that this thread works as, until `name` is taken again."""
    size = prod(shape) * dtype.itemsize
    named = _BUFFERS.now.named
    held = named.get(name)
    if held is None or held.nbytes < size:
        room = np.empty(size + _ALIGNMENT, dtype=np.uint8)
        held = named[name] = room[-room.ctypes.data % _ALIGNMENT :][:size]
    return held[:size].view(dtype).reshape(shape)


def release() -> None:
    """Give all threads' buffers back to the system; call it when no kernel runs."""
    for held in list(_EVERYONE):
        held.named.clear()
