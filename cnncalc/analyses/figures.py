"""The table of figures, from the `FIGURES` of the modules of this room and of installed packages."""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING, cast

from cnncalc.analyses.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnncalc.analyses.figure import Number
    from cnncalc.analyses.subject import Subject


def _modules(declaration: str) -> Iterator[str]:
    """Yield the modules of this room with a declaration. Reading a file is cheaper than importing it."""
    folder = os.path.dirname(__file__)  # noqa: PTH120  pathlib costs start-up
    for name in sorted(os.listdir(folder)):  # noqa: PTH208
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:  # noqa: PTH118, PTH123
                if f"\n{declaration} = (".encode() in file.read():
                    yield f"cnncalc.analyses.{name[:-3]}"


def _declared(declaration: str) -> list[Figure]:
    found: list[Figure] = []
    for module in _modules(declaration):
        found += getattr(importlib.import_module(module), declaration)
    return found


@functools.cache
def usual() -> Mapping[str, Figure]:
    """Return the figures that take no search: those of the whole network first, then those of memory."""
    return {figure.name: figure for figure in sorted(_declared("FIGURES"), key=lambda figure: "." in figure.name)}


@functools.cache
def table() -> Mapping[str, Figure]:
    """Return every figure by its name."""
    return {**usual(), **{figure.name: figure for figure in _declared("SEARCHES")}}


@functools.cache
def by_any_name() -> Mapping[str, Figure]:
    """Return all figures by name and by synonym."""
    return {name: figure for figure in table().values() for name in (figure.name, *figure.synonyms)}


def values(subject: Subject) -> dict[str, Number]:
    """Return every figure that the request defines and that takes no search, by name."""
    found = ((name, figure.total(subject)) for name, figure in usual().items())
    return {name: value for name, value in found if value is not None}


@functools.cache
def added() -> Mapping[str, Figure]:
    """Return the figures that other packages add, by name. Raises PluginError for a broken package."""
    from cnncalc import extensions  # for a name that is unknown here

    found: dict[str, Figure] = {}
    for extension in extensions.found(extensions.ANALYSES):
        module = extension.load()
        figures = getattr(module, "FIGURES", None)
        if not isinstance(figures, tuple) or not all(isinstance(each, Figure) for each in cast("tuple[object, ...]", figures)):
            raise extension.problem("it is no module with FIGURES, a tuple of Figure")
        for figure in cast("tuple[Figure, ...]", figures):
            if figure.name in by_any_name() or figure.name in found:
                raise extension.problem(f"there is already a figure {figure.name}")
            found[figure.name] = figure
    return found


def find(name: str) -> Figure | None:
    """Return the figure of a name or synonym; None without one. Other packages are asked last."""
    return by_any_name().get(name) or added().get(name)
