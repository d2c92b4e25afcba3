"""The table of figures, from the `FIGURES` of the modules of this room and of installed packages."""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnncalc.analyses.figure import Figure, Number
    from cnncalc.analyses.subject import Subject


def _modules() -> Iterator[str]:
    """Yield the modules of this room with figures. Reading a file is cheaper than importing it."""
    folder = os.path.dirname(__file__)  # noqa: PTH120  pathlib costs start-up
    for name in sorted(os.listdir(folder)):  # noqa: PTH208
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:  # noqa: PTH118, PTH123
                if b"\nFIGURES = (" in file.read():
                    yield f"cnncalc.analyses.{name[:-3]}"


@functools.cache
def table() -> Mapping[str, Figure]:
    """Return all figures by name: first those of the whole network, then those of memory, in order of declaration."""
    found: list[Figure] = []
    for module in _modules():
        found += importlib.import_module(module).FIGURES
    return {figure.name: figure for figure in sorted(found, key=lambda figure: figure.name.count(".") > 0)}


@functools.cache
def by_any_name() -> Mapping[str, Figure]:
    """Return all figures by name and by synonym."""
    return {name: figure for figure in table().values() for name in (figure.name, *figure.synonyms)}


def values(subject: Subject) -> dict[str, Number]:
    """Return the figures that the request defines, by name, without those on demand."""
    found = ((name, figure.total(subject)) for name, figure in table().items() if not figure.on_demand)
    return {name: value for name, value in found if value is not None}
