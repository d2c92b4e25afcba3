"""All codes of diagnostics: each is declared beside the code that emits it, and found here by its module."""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from cnncalc.text.diagnostic import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = Path(__file__).parent.parent


@functools.cache
def codes() -> Mapping[str, Code]:
    """Return every code declared in the package, by number. Only modules that declare one are imported."""
    found: dict[str, Code] = {}
    for module in pkgutil.walk_packages([str(PACKAGE)], "cnncalc."):
        if _declares(module):
            values = vars(importlib.import_module(module.name)).values()
            found |= {value.number: value for value in values if isinstance(value, Code)}
    return dict(sorted(found.items()))


def _declares(module: pkgutil.ModuleInfo) -> bool:
    """Return whether the source text of a module declares a code."""
    spec = module.module_finder.find_spec(module.name, None)
    loader = spec.loader if spec else None
    source = loader.get_source(module.name) if isinstance(loader, importlib.abc.InspectLoader) else None
    return source is not None and " = Code(" in source
