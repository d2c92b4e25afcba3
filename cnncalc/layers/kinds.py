"""Find layer kinds by file name: `CONV` is `layers/conv.py`. No registry; only the kinds in use are imported."""

from __future__ import annotations

import functools
import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.layers.base import Layer

SYNONYMS = {"MAXPOOL": "POOL"}  # further names of a kind
_NOT_KINDS = {"base", "kinds", "options", "misfits", "repairs"}


@functools.cache
def names() -> frozenset[str]:
    """Return every kind known to patterns."""
    files = (name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py"))  # noqa: PTH120, PTH208  pathlib costs start-up
    return frozenset(name.upper() for name in files if not name.startswith("_") and name not in _NOT_KINDS) | SYNONYMS.keys()


@functools.cache
def find(name: str) -> type[Layer]:
    """Return the layer class of a kind that `names` lists."""
    file = SYNONYMS.get(name, name).lower()
    module = importlib.import_module(f"cnncalc.layers.{file}")
    found = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    (layer,) = (each for each in found if getattr(each, "kind", None) == file)
    return layer
