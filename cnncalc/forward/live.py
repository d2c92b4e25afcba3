"""The bytes of arrays that are alive, measured: an array counts from when it is tracked until Python frees its memory."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Array = NDArray[Any]


class Live:
    """The bytes of all tracked arrays that are not freed yet; views count once, with the memory that they are part of."""

    def __init__(self) -> None:
        self.bytes = 0
        self._known: dict[int, weakref.ref[object]] = {}

    def track(self, *arrays: Array) -> None:
        """Count the memory of these arrays from now on, until nothing refers to it."""
        for array in arrays:
            owner = memory_of(array)
            key, size = id(owner), owner.nbytes
            if key not in self._known:
                self.bytes += size
                self._known[key] = weakref.ref(owner, lambda _, key=key, size=size: self._freed(key, size))  # type: ignore[misc]

    def _freed(self, key: int, size: int) -> None:
        del self._known[key]
        self.bytes -= size


def memory_of(array: Array) -> Array:
    """Return the array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
