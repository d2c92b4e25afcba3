"""Numbers and arrays as text that reads as the same values."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL, LARGE = 1e-5, 1e16
"""From the first to the second, numbers have no exponent."""
_SIGNS = {1: (" | ", " || "), 2: ("; ", " | ", " || "), 3: ("; ", " / ", " | ", " || ")}
"""The signs between rows and larger parts, from the innermost, of volumes of so many axes."""


def text_of(array: NDArray[np.generic], rank: int = 2) -> str:
    """Return an array, in the order of typed values, as a text that reads as the same array: `1 2; 3 4 | 5 6; 7 8`.

    Its axes are the images or filters, the channels, and `rank` axes of a channel: frames, rows and columns. The first ones can be
    missing. A matrix is the rows of a picture, whose rank is 2.
    """
    if array.ndim < 2:
        return " ".join(number(value, str(array.dtype)) for value in array.reshape(-1).tolist())
    signs = _SIGNS.get(rank, _SIGNS[2])
    return signs[min(array.ndim - 2, len(signs) - 1)].join(text_of(part, rank) for part in array)


def number(value: float, dtype: str = "float64", digits: int | None = None) -> str:
    """Return a number as short as it can be without becoming another one of its type, `22`, `0.5`; or with so many digits."""
    typed = np.dtype(dtype).type(value)
    size = abs(float(typed))
    if digits is not None:
        text = f"{float(typed):.{digits}g}"
    elif not isfinite(size):
        text = str(float(typed))
    elif size and not SMALL <= size < LARGE:
        text = str(np.format_float_scientific(typed, trim="-"))
    else:
        text = str(np.format_float_positional(typed, trim="-"))
    return "0" if text == "-0" else text
