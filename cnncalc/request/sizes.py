"""Sizes of inputs as callers write them: one, or one for each name; with or without the depth, which a spec then gives."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from cnncalc.graph.build import InputSize
from cnncalc.maths.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERS = re.compile(r"[0-9]{1,18}(?:x[0-9]{1,18}){0,3}")
_SIGNS = re.compile(r"\s*[xX×*,;]\s*|\s+")
_MOST = 10**18  # of a side
_MOST_NUMBERS = 4  # width, height, time and depth


def volume(text: str) -> Volume:
    """Return the volume of `384x384x3`, also written `384X384X3`, `384,384,3` or `(384, 384, 3)`; ValueError otherwise.

    A single number is a volume without spatial axes: `infer` refuses it unless a spec gives the depth.
    """
    plain = _SIGNS.sub("x", text.strip().strip("()[]").strip())
    if _NUMBERS.fullmatch(plain):
        return _volume(tuple(map(int, plain.split("x"))), text)
    raise _bad(text)


def sizes(given: object) -> Volume | tuple[InputSize, ...] | None:
    """Return the size of the only input, or sizes by name; ValueError for anything else.

    One size is a text (`384x384x3`), a sequence of integers or one integer; sizes by name are a mapping, or texts such as
    `left=96x96x3`. The depth comes last. Without a depth a size has a number for each spatial axis: `384x384`, `(384, 384)`.
    """
    if given is None or isinstance(given, Volume):
        return given
    found = [InputSize(name, _size(size)) for name, size in _pairs(given)]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            message = f"input gives the size {f'of {name} ' if name else ''}twice"
            raise ValueError(message)
    if "" in names and len(names) > 1:
        message = "input is one size, or a size for each name, not both"
        raise ValueError(message)
    return None if not found else found[0].size if found[0].name == "" else tuple(found)


def _size(given: object) -> Volume:
    """Return one size."""
    if isinstance(given, Volume):
        return given
    if isinstance(given, str):
        return volume(given)
    numbers = _integers(given if _is_sequence(given) else (given,))
    if numbers is None:
        raise _bad(given)
    return _volume(numbers, given)


def _volume(numbers: tuple[int, ...], given: object) -> Volume:
    """Return the volume of one to four numbers from 1 on."""
    if 1 <= len(numbers) <= _MOST_NUMBERS and all(1 <= number <= _MOST for number in numbers):
        return Volume(numbers[:-1], numbers[-1])
    raise _bad(given)


def _bad(given: object) -> ValueError:
    return ValueError(f"input is a size such as 224x224x3 (width x height x depth), not {given!r}")


def _is_sequence(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str | bytes)


def _integers(given: object) -> tuple[int, ...] | None:
    """Return the integers of a sequence, NumPy's included; None if anything else is among them."""
    found: list[int] = []
    for each in cast("Sequence[object]", given):
        try:
            found.append(operator.index(cast("int", each)))
        except TypeError:
            return None
        if isinstance(each, bool):
            return None
    return tuple(found)


def _pairs(given: object) -> Iterator[tuple[str, object]]:
    """Yield names and sizes of a mapping, of several words, or of one; the only size has an empty name."""
    if isinstance(given, Mapping):
        yield from ((str(name), size) for name, size in cast("Mapping[object, object]", given).items())
    elif not _is_sequence(given):
        yield _named(given)
    elif given and _integers(given) is not None:
        yield "", given
    else:
        yield from map(_named, cast("Sequence[object]", given))


def _named(given: object) -> tuple[str, object]:
    """Return name and size of `left=96x96x3` or `96x96x3`, or of a checked size."""
    if isinstance(given, InputSize):
        return given
    if not isinstance(given, str):
        return "", given
    name, sign, size = given.rpartition("=")
    if sign and not name.strip():
        message = f"input is a size, or a name and a size such as left=96x96x3, not {given!r}"
        raise ValueError(message)
    return name.strip(), size.strip()
