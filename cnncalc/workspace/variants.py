"""A spec with other values for its variables: a spec built on it, in a text of its own."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from cnncalc.text.escape import json
from cnncalc.text.source import Source
from cnncalc.workspace.find import ENDINGS, Folder, Found, shipped_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST = 1000  # variants of one request
_SETTING = re.compile(r"\s*([A-Z][A-Z0-9_]*(?:\.[A-Za-z_]+)?)\s*=\s*(\S.*?)\s*\Z")
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})(?::(\d{1,9}))?\Z")
_VALUE = re.compile(r"[\w.:x-]{1,40}\Z")


def setting(text: str) -> tuple[str, str]:
    """Return name and value of `N=2`, or of `FC.units=10`, a default of a kind. Raises ValueError for anything else."""
    match = _SETTING.match(text)
    if not match:
        message = f"a variable is set by NAME=VALUE, such as N=2, not {text[:80]!r}"
        raise ValueError(message)
    if not _VALUE.match(match[2]):
        message = f"{match[1]} is a number or a word, such as 2 or 3x5, not {match[2][:80]!r}"
        raise ValueError(message)
    return match[1], match[2]


def choices(text: str) -> tuple[str, Sequence[str]]:
    """Return name and values of `N=1..3`, `C=16..64:16` or `N=1,2,4`. Raises ValueError for anything else."""
    match = _SETTING.match(text)
    if not match:
        message = f"a variable varies by NAME=VALUES, such as N=1..3 or N=1,2,4, not {text[:80]!r}"
        raise ValueError(message)
    name, given = match[1], match[2]
    if found := _RANGE.match(given):
        first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
        if last < first or not step:
            message = f"{name}={given} has no values: a range goes up, such as {min(first, last)}..{max(first, last)}"
            raise ValueError(message)
        if (last - first) // step >= MOST:
            message = f"{name}={given} has more than {MOST:,} values"
            raise ValueError(message)
        return name, [str(value) for value in range(first, last + 1, step)]
    values = [value.strip() for value in given.split(",")]
    return name, [setting(f"{name}={value}")[1] for value in values]


def combinations(varied: Sequence[tuple[str, Sequence[str]]]) -> list[dict[str, str]]:
    """Return all combinations of values, the last variable fastest. Raises ValueError for too many."""
    names = [name for name, _ in varied]
    if len(set(names)) < len(names):
        message = f"{next(name for name in names if names.count(name) > 1)} varies twice"
        raise ValueError(message)
    number = 1
    for _, values in varied:
        number *= len(values)
    if number > MOST:
        message = f"{number:,} combinations are more than {MOST:,}"
        raise ValueError(message)
    return [dict(zip(names, values, strict=True)) for values in product(*(values for _, values in varied))]


def _lines(values: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of YAML: variables, and for each kind a mapping of its defaults."""
    kinds: dict[str, list[str]] = {}
    for name, value in values.items():
        kind, dot, option = name.partition(".")
        if dot:
            kinds.setdefault(kind, []).append(f"{option}: {value}")
        else:
            yield f"{name}: {value}"
    for kind, options in kinds.items():
        yield f"{kind}: {{{', '.join(options)}}}"


def variant(found: Found, values: Mapping[str, str]) -> Found:
    """Return a spec with these values for its variables. Raises ValueError for a text that no spec can be built on."""
    if not values:
        return found
    lines = list(_lines(values))
    said = ", ".join(f"{name}={value}" for name, value in values.items())
    if found.inline:
        text = found.source.text
        return Found(
            Source(f"<pattern with {said}>", "\n".join([f"name: {json(text[:60])}", f"pattern: {json(text)}", *lines, ""]))
        )
    path = found.source.name
    ending = next((each for each in ENDINGS if path.endswith(each)), "")
    if not ending:
        message = f"{said}: {path} has no variables; a spec in YAML or an inline pattern has"
        raise ValueError(message)
    place = Folder(shipped_folder(), trusted=True) if found.shipped else found.place
    stem = re.split(r"[/\\]", path)[-1].removesuffix(ending)
    # the expectations of the spec hold for its own values
    return Found(Source(f"<{stem} with {said}>", "\n".join([f"base: {json(stem)}", *lines, "expect: {}", ""])), place=place)
