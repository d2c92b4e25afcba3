"""Headers of .npy arrays, which are untrusted: a file of some kilobytes can claim a header of gigabytes."""

import io
import os
import stat
from typing import IO

import numpy as np
import numpy.typing as npt

MOST_BYTES = 64 * 2**10  # of a header, its length included; NumPy writes 128 and reads at most 10,000 characters


def header(file: IO[bytes]) -> tuple[tuple[int, ...], npt.DTypeLike]:
    """Return the shape and the dtype in the header of an array.

    Raises:
        ValueError: the header is broken, or longer than MOST_BYTES.

    """
    start = io.BytesIO(file.read(MOST_BYTES))
    version = np.lib.format.read_magic(start)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(start)
    return shape, dtype


def check_file(path: str) -> None:
    """Raise ValueError for a device, a pipe or a folder: arrays are mapped or read from the end of a file.

    OSError for a file that does not exist.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        message = "it is no regular file, which arrays are read from"
        raise ValueError(message)
