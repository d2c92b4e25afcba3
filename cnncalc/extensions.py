"""What other packages add: layer kinds, rules, formats and the like, found by the entry points that they declare.

`importlib.metadata` takes 40 ms to load, longer than a short command. So it is loaded only where a name is unknown here, and each
group is read once. What comes with cnncalc always goes first: a package cannot replace it.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from importlib.metadata import EntryPoint
    from types import TracebackType

ANALYSES = "cnncalc.analyses"
DEVICES = "cnncalc.devices"
FORMATS = "cnncalc.formats"
LAYERS = "cnncalc.layers"
REPORTS = "cnncalc.reports"
RULES = "cnncalc.rules"
GROUPS = {
    ANALYSES: "analysis",
    DEVICES: "device",
    FORMATS: "format",
    LAYERS: "layer kind",
    REPORTS: "report format",
    RULES: "rule",
}
"""What an entry point of each group adds, in words."""


class PluginError(Exception):
    """What another package adds cannot be used. The message names it, its package, and the reason."""


class Extension:
    """An entry point of another package."""

    __slots__ = ("_entry", "name")

    def __init__(self, entry: EntryPoint) -> None:
        self._entry = entry
        self.name = entry.name

    @property
    def module(self) -> str:
        """Return the name of the module that it points at."""
        return self._entry.module

    @property
    def package(self) -> str:
        """Return name and version of the package that declares it, `cnncalc-example 1.0`."""
        found = self._entry.dist
        return " ".join(word for word in (found.name, found.version) if word) if found else "(unknown)"

    @property
    def title(self) -> str:
        """Return what messages call it: `the layer kind PIXELS of the package cnncalc-example 1.0`."""
        return f"the {GROUPS[self._entry.group]} {self.name} of the package {self.package}"

    def load(self) -> object:
        """Return the object that it points at. Raises PluginError where it cannot be imported."""
        try:
            found: object = self._entry.load()
        except (Exception, SystemExit) as error:
            raise self.problem(f"{type(error).__name__}: {error}") from error
        return found

    def problem(self, reason: str) -> PluginError:
        """Return the error that says why it cannot be used."""
        return PluginError(f"{self.title} cannot be used ({self._entry.value}): {reason}")


@functools.cache
def found(group: str) -> tuple[Extension, ...]:
    """Return what the installed packages add to a group, by name. Nothing of them is imported."""
    if not _mentioned(group):
        return ()
    import importlib.metadata  # 40 ms, for a name that nobody here knows

    try:
        entries = importlib.metadata.entry_points(group=group)
    except Exception as error:
        message = f"the entry points of the installed packages cannot be read: {type(error).__name__}: {error}"
        raise PluginError(message) from error
    return tuple(Extension(entry) for entry in sorted(entries, key=lambda entry: (entry.name, entry.value)))


def _mentioned(group: str) -> bool:
    """Return whether an installed package may declare a group: a look at its files takes 2 ms, `importlib.metadata` 40 ms."""
    return any(_mentions(folder or ".", group) for folder in sys.path if os.path.exists(folder or "."))  # noqa: PTH110


def _mentions(folder: str, group: str) -> bool:
    if not os.path.isdir(folder):  # noqa: PTH112
        return True  # an archive: only `importlib.metadata` can tell
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return False
    files = (os.path.join(folder, name, "entry_points.txt") for name in names if name.endswith((".dist-info", ".egg-info")))  # noqa: PTH118
    return any(map(_reader(group), files)) or any(name.endswith(".egg") for name in names)


def _reader(group: str) -> Callable[[str], bool]:
    """Return a function that says whether a file holds the name of a group."""

    def mentions(path: str) -> bool:
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                return group.encode() in file.read()
        except OSError:
            return False

    return mentions


def find(group: str, name: str, own: Container[str], fold: Callable[[str], str] = str) -> Extension | None:
    """Return what another package adds to a group under a name; None where none does.

    `own` are the names of cnncalc itself, `fold` makes names equal that mean the same. Raises PluginError where two packages
    add the name, and where the package that adds it also adds one of `own`, which it cannot replace.
    """
    fitting = [each for each in found(group) if fold(each.name) == fold(name)]
    if len(fitting) > 1:
        packages = " and ".join(sorted({each.package for each in fitting}))
        message = f"the {GROUPS[group]} {name} is added more than once, by {packages}: uninstall one, or rename it"
        raise PluginError(message)
    for each in found(group) if fitting else ():
        if fold(each.name) in own and each.package == fitting[0].package:
            raise each.problem("cnncalc itself has this name, which no package can replace")
    return fitting[0] if fitting else None


def blamed(error: BaseException) -> str:
    """Return which extension an error comes from, and the error; empty where none was running."""
    if isinstance(error, PluginError):
        return str(error)
    if not found.cache_info().currsize:
        return ""
    entries = [each for group in GROUPS for each in found(group)]
    for module in reversed(_modules(error.__traceback__)):
        running = [each for each in entries if each.module == module]
        if running:
            return f"{_title(running)} failed: {type(error).__name__}: {error}"
    return ""


def _title(running: list[Extension]) -> str:
    """Return what messages call the extensions of one module: the only one, or the module and its package."""
    if len(running) == 1:
        return running[0].title
    return f"the module {running[0].module} of the package {' or '.join(sorted({each.package for each in running}))}"


def _modules(traceback: TracebackType | None) -> list[str]:
    """Return the names of the modules whose functions were running, the innermost last."""
    names: list[str] = []
    while traceback is not None:
        names.append(str(traceback.tb_frame.f_globals.get("__name__")))
        traceback = traceback.tb_next
    return names
