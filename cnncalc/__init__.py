"""cnncalc: exact sizes, parameters, work and memory of convolutional networks, without running one.

>>> import cnncalc
>>> report = cnncalc.analyze("vgg16")
>>> report.totals.params
138357544
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["PluginError", "Report", "SpecError", "__version__", "analyze", "lint", "load", "validate", "verify"]

if TYPE_CHECKING:
    from cnncalc.extensions import PluginError
    from cnncalc.pipeline import analyze, load
    from cnncalc.reports.report import Report
    from cnncalc.tasks.check import lint, validate
    from cnncalc.tasks.verify import verify
    from cnncalc.text.diagnostic import SpecError

_HOMES = {
    "analyze": "cnncalc.pipeline",
    "lint": "cnncalc.tasks.check",
    "load": "cnncalc.pipeline",
    "validate": "cnncalc.tasks.check",
    "verify": "cnncalc.tasks.verify",
    "PluginError": "cnncalc.extensions",
    "Report": "cnncalc.reports.report",
    "SpecError": "cnncalc.text.diagnostic",
}


def __getattr__(name: str) -> object:
    """Import public names on first use (PEP 562): `import cnncalc` itself costs nothing."""
    if name not in _HOMES:
        message = f"module 'cnncalc' has no attribute {name!r}"
        raise AttributeError(message)
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
