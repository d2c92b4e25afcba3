"""Find layer kinds by file name: `CONV` is `layers/conv.py`. No registry; only the kinds in use are imported.

A kind that has no file here may come from another package (`extensions.py`).
"""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.extensions import Extension
    from cnncalc.layers.base import Layer

SYNONYMS = {"MAXPOOL": "POOL", "RESIZE": "UPSAMPLE"}  # further names of a kind
_NOT_KINDS = {"base", "kinds", "options", "misfits", "repairs"}


@functools.cache
def names() -> frozenset[str]:
    """Return every kind of cnncalc itself, as patterns write it."""
    files = (name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py"))  # noqa: PTH120, PTH208  pathlib costs start-up
    return frozenset(name.upper() for name in files if not name.startswith("_") and name not in _NOT_KINDS) | SYNONYMS.keys()


@functools.cache
def added() -> frozenset[str]:
    """Return the kinds that other packages add; those that cnncalc has itself are left out."""
    from cnncalc import extensions  # for a word that nobody here knows

    return frozenset(each.name for each in extensions.found(extensions.LAYERS)) - names()


@functools.cache
def find(name: str) -> type[Layer]:
    """Return the layer class of a kind that `names` or `added` lists. Raises PluginError for a broken one of another package."""
    if name not in names():
        return _of_another_package(name)
    file = SYNONYMS.get(name, name).lower()
    module = importlib.import_module(f"cnncalc.layers.{file}")
    found = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    (layer,) = (each for each in found if getattr(each, "kind", None) == file)
    return layer


def _of_another_package(name: str) -> type[Layer]:
    """Return a layer class that another package adds, checked."""
    from cnncalc import extensions

    extension = extensions.find(extensions.LAYERS, name, names())
    if extension is None:
        raise KeyError(name)
    return _checked(extension.load(), extension)


def problem(layer: Layer, reason: str) -> Exception:
    """Return the error of a layer that does not do what every layer does: PluginError for a kind of another package."""
    from cnncalc import extensions  # on the way to an error

    extension = extensions.find(extensions.LAYERS, layer.name(), names())
    return extension.problem(reason) if extension else TypeError(f"{layer.name()}: {reason}")


def _checked(layer: object, extension: Extension) -> type[Layer]:
    """Return what an extension points at; PluginError where it is no layer class of that name with all its facts."""
    from cnncalc.layers.base import Layer

    name = extension.name
    if not name.isidentifier() or not name.isascii() or name != name.upper():
        raise extension.problem("the name of a layer kind has capitals, digits and _ only")
    if not isinstance(layer, type) or not issubclass(layer, Layer):
        raise extension.problem("it is no subclass of cnncalc.layers.base.Layer")
    stated = ("kind", "summary", "options", "examples")
    if missing := [*sorted(layer.__abstractmethods__), *(each for each in stated if not hasattr(layer, each))]:
        raise extension.problem(f"the class does not state {', '.join(missing)}")
    if layer.kind != name.lower():
        raise extension.problem(f"its `kind` is {layer.kind!r}, not {name.lower()!r}")
    return layer
