"""Numbers and arrays as text that reads as the same values."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cnncalc.kernels.arrays import Array

SMALL, LARGE = 1e-5, 1e16
"""From the first to the second, numbers have no exponent."""
_SIGNS = ("; ", " | ", " || ")
_SIGNS_OF_FRAMES = ("; ", " / ", " | ", " || ")


def text_of(array: Array, *, frames: bool = False) -> str:
    """Return an array, in the order of typed values, as a text that reads as the same array: `1 2; 3 4 | 5 6; 7 8`.

    Its axes are the images or filters, the channels, the frames in 3-D, the rows and the columns; the first ones can be missing.
    """
    if array.ndim < 2:
        return " ".join(number(value, str(array.dtype)) for value in array.reshape(-1).tolist())
    signs = _SIGNS_OF_FRAMES if frames else _SIGNS
    return signs[min(array.ndim - 2, len(signs) - 1)].join(text_of(part, frames=frames) for part in array)


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
