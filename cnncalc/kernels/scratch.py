"""Working memory kept from one tile, and one layer, to the next, for each thread of a crew.

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
"""Bytes of a cache line, and of the widest vector register, on x86-64."""

_ALL_THREADS = 8 << 20
"""Bytes of the largest blocks of all threads together; with its other buffers, a thread uses up to two and a half times
its largest block, plus some MiB in the BLAS. The bound on working memory is 64 MiB; a convolution may keep 8 of them."""

_BLOCK = 4 << 20
"""Bytes of one thread's block of columns: larger ones exceed the caches, smaller ones starve the BLAS."""


def block_bytes() -> int:
    """Return the maximum bytes of one thread's largest block."""
    return min(_BLOCK, _ALL_THREADS // threads())


class Hand:
    """The named buffers of one thread of a crew."""

    def __init__(self) -> None:
        """Begin without buffers."""
        self.named: dict[str, npt.NDArray[np.uint8]] = {}
        self.crew: list[Hand] = []
        _EVERYONE.add(self)


class _Buffers(threading.local):
    """The current hand of a thread."""

    def __init__(self) -> None:
        self.now = Hand()


_EVERYONE: WeakSet[Hand] = WeakSet()
_BUFFERS = _Buffers()


def hand(index: int) -> Hand:
    """Return one of the hands for the work of this thread, its own as 0.

    They belong to the current hand of the thread: work from inside a tile has its own hands.
    """
    crew = _BUFFERS.now.crew
    del crew[threads() :]
    while len(crew) <= index:
        crew.append(Hand())
    return crew[index]


class working_as:  # noqa: N801 - used as a context manager
    """Use the buffers of another hand on this thread while the block runs."""

    def __init__(self, one: Hand) -> None:
        """Store the hand."""
        self._hand = one

    def __enter__(self) -> Hand:
        """Switch to the hand."""
        self._before, _BUFFERS.now = _BUFFERS.now, self._hand
        return self._hand

    def __exit__(self, *_: object) -> None:
        """Switch back to the previous hand."""
        _BUFFERS.now = self._before


def take(name: str, shape: Sequence[int], dtype: np.dtype[np.floating]) -> Array:
    """Return an uninitialised array of the current hand, valid until `name` is taken again."""
    size = prod(shape) * dtype.itemsize
    named = _BUFFERS.now.named
    held = named.get(name)
    if held is None or held.nbytes < size:
        room = np.empty(size + _ALIGNMENT, dtype=np.uint8)
        held = named[name] = room[-room.ctypes.data % _ALIGNMENT :][:size]
    return held[:size].view(dtype).reshape(shape)


def release() -> None:
    """Free all threads' buffers; call it while no kernel runs."""
    for held in list(_EVERYONE):
        held.named.clear()
