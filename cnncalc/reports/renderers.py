"""Find the renderings of an analysis: by file name, or in another package.

A file of this package is one where it says `RENDERS = "analysis"`; help lists those without importing them.
"""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.analysis import Analysis

DEFAULT = "table"
_MARK = '\nRENDERS = "analysis"\n'
_HERE = os.path.dirname(__file__)  # noqa: PTH120  pathlib costs start-up


class Renderer(Protocol):
    """A module of this package, or of another."""

    def render(self, report: Analysis, /) -> str:
        """Return the text."""
        ...


@functools.cache
def is_ours(name: str) -> bool:
    """Return whether a format is part of cnncalc. Nothing is imported."""
    path = os.path.join(_HERE, f"{name}.py")  # noqa: PTH118
    if not name.isidentifier() or not os.path.isfile(path):  # noqa: PTH113
        return False
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return _MARK in file.read()


def names() -> Sequence[str]:
    """Return the formats of cnncalc, the default first. Nothing is imported."""
    found = {name[:-3] for name in os.listdir(_HERE) if name.endswith(".py") and is_ours(name[:-3])}  # noqa: PTH208
    return sorted(found, key=lambda name: (name != DEFAULT, name))


def added() -> Sequence[str]:
    """Return the formats that other packages add, without importing them."""
    from cnncalc import extensions  # for a name unknown to cnncalc

    return [each.name for each in extensions.found(extensions.REPORTS) if not is_ours(each.name)]


def render(name: str, report: Analysis) -> str:
    """Return an analysis in a format of `names` or `added`. Raises PluginError for a broken one of another package."""
    if not is_ours(name):
        return _by_another_package(name, report)
    module = cast("Renderer", importlib.import_module(f"cnncalc.reports.{name}"))
    return module.render(report)


def _by_another_package(name: str, report: Analysis) -> str:
    from cnncalc import extensions

    extension = extensions.find(extensions.REPORTS, name, names())
    if extension is None:
        raise KeyError(name)
    draw: object = getattr(extension.load(), "render", None)
    if not callable(draw):
        raise extension.problem("it is no module with `render(analysis) -> str`")
    text: object = draw(report)
    if not isinstance(text, str):
        raise extension.problem(f"`render` returns {type(text).__name__}, not a text")
    return text
