"""Volumes of neurons: spatial sizes and a depth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from typing import TypeGuard

AXES: dict[int, tuple[str, ...]] = {0: (), 1: ("length",), 2: ("width", "height"), 3: ("width", "height", "time")}
"""The names of the spatial axes; a vector has none."""
NUMBER_BYTES = {"int64": 8, "int32": 4, "uint8": 1, "bool": 1}
"""Bytes of the numbers of a volume with its own dtype."""


class Volume(NamedTuple):
    """A volume of `size` and `depth` (channels).

    The size is width, height; length in 1-D; width, height, time in 3-D; and empty for a vector.
    """

    size: tuple[int, ...]
    depth: int
    dtype: str = ""
    """One of `NUMBER_BYTES` if independent of the dtype of the network, as for indices; else empty."""

    @property
    def values(self) -> int:
        """Number of values per image."""
        return math.prod(self.size) * self.depth

    def number_bytes(self, size: int) -> int:
        """Return the bytes of a number, in a network with numbers of `size` bytes."""
        return NUMBER_BYTES[self.dtype] if self.dtype else size

    @property
    def sides(self) -> tuple[int, ...]:
        """The sizes and the depth, in the order of the notes."""
        return (*self.size, self.depth)

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return len(self.size)

    @property
    def text(self) -> str:
        """The volume as text: `224x224x64`."""
        return dims_text((*self.size, self.depth))

    def is_vector(self) -> bool:
        """Return whether all spatial sizes are 1, as after a fully-connected layer."""
        return all(side == 1 for side in self.size)


class Dims(NamedTuple):
    """A value written as `3x5`: one number per axis, width x height x time."""

    sizes: tuple[int, ...]


class Factors(NamedTuple):
    """A value written as `1.5x2`: one number per axis, at least one of them with a decimal point."""

    values: tuple[float, ...]


class Sides(NamedTuple):
    """A value written as `0:1x2:3`: before and after, axis by axis."""

    pairs: tuple[tuple[int, int], ...]


class Words(NamedTuple):
    """A value written as `[width, depth]`: several words."""

    words: tuple[str, ...]


def written(value: object) -> str:
    """Return a value as written in a spec."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Volume):
        return value.text
    if isinstance(value, Dims):
        return "x".join(map(str, value.sizes))
    if isinstance(value, Factors):
        return "x".join(map(str, value.values))
    if isinstance(value, Words):
        return f"[{', '.join(value.words)}]"
    if isinstance(value, Sides):
        value = value.pairs
    if is_tuple(value):
        parts = [
            str(part) if not is_tuple(part) else str(part[0]) if part[0] == part[1] else f"{part[0]}:{part[1]}" for part in value
        ]
        return parts[0] if len(set(parts)) == 1 else "x".join(parts)
    return str(value)


def is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    """Return whether a value is a tuple; `isinstance` alone leaves the types of its items unknown."""
    return isinstance(value, tuple)


def dims_text(values: tuple[int, ...]) -> str:
    """Return the values as text: `3x5`."""
    return "x".join(map(str, values))


def axis_name(axis: int, rank: int) -> str:
    """Return `width`, `height`, `time` or `length`."""
    return AXES[rank][axis]
