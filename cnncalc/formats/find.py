"""Find the format of a file by its content, then by its ending; find the writer of a name. `onnx` is `formats/onnx.py`.

Other packages are asked only for files that nobody here knows.
"""

from __future__ import annotations

import functools
import importlib
import os
import re
from typing import TYPE_CHECKING, cast

from cnncalc.graph.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnncalc.extensions import Extension
    from cnncalc.formats.base import Reader, Writer
    from cnncalc.graph.graph import Network
    from cnncalc.text.diagnostic import Findings

_NOT_FORMATS = {"base", "find"}
_OF_A_SPEC = rb"\b(?:pattern|layers|base)[\"']?\s*:"  # every spec of ours has one of these keys


@functools.cache
def names() -> tuple[str, ...]:
    """Return the formats that come with cnncalc. Nothing is imported."""
    files = (name[:-3] for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py"))  # noqa: PTH120, PTH208  pathlib costs start-up
    return tuple(sorted(name for name in files if not name.startswith("_") and name not in _NOT_FORMATS))


def reader(data: bytes, name: str) -> Reader | None:
    """Return the format of a file; None where nothing claims it, so that it is a spec of ours, if anything.

    Content goes before ending, and ours before that of other packages, which may not claim a text without an ending that looks
    like a spec. Raises PluginError for a broken format of another package.
    """
    ours = _claiming((_ours(each) for each in names()), data, name)
    if ours is not None or (not _ending(name) and re.search(_OF_A_SPEC, data)):
        return ours
    from cnncalc import extensions  # for a file that nobody here knows

    return _claiming((_Added(each) for each in extensions.found(extensions.FORMATS)), data, name)


def writers() -> Sequence[str]:
    """Return the formats that cnncalc itself can write."""
    return [name for name in names() if hasattr(_ours(name), "write")]


def added_writers() -> Sequence[str]:
    """Return the formats that other packages can write."""
    from cnncalc import extensions  # for a name that nobody here knows

    return [each.name for each in extensions.found(extensions.FORMATS) if each.name not in names() and _Added(each).writes]


def writer(name: str) -> Writer:
    """Return a format of `writers` or `added_writers`. Raises PluginError for a broken one of another package."""
    if name in names():
        return cast("Writer", _ours(name))
    from cnncalc import extensions

    extension = extensions.find(extensions.FORMATS, name, names())
    if extension is None:
        raise KeyError(name)
    return _Added(extension)


def _ours(name: str) -> object:
    return importlib.import_module(f"cnncalc.formats.{name}")


def _ending(name: str) -> str:
    """Return `.onnx`; nothing for names such as `<stdin>`."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def _claiming(formats: Iterable[object], data: bytes, name: str) -> Reader | None:
    """Return the first format that recognizes the content, else the first one that has the ending."""
    readers = [cast("Reader", each) for each in formats if getattr(each, "ENDINGS", ())]
    by_content = (each for each in readers if each.recognizes(data, name))
    by_ending = (each for each in readers if _ending(name) in each.ENDINGS)
    return next(by_content, None) or next(by_ending, None)


class _Added:
    """A format of another package, which is told apart from our own mistakes where it returns something else."""

    def __init__(self, extension: Extension) -> None:
        self.extension = extension
        self.module = extension.load()
        self.writes = self._has("write")
        self.ENDINGS = self._endings()
        if not self.writes and not self.ENDINGS:
            raise extension.problem("a format has ENDINGS, `recognizes` and `read`, or `write`")

    def _has(self, name: str) -> bool:
        return callable(getattr(self.module, name, None))

    def _endings(self) -> tuple[str, ...]:
        """Return the endings of a format that reads; nothing for one that only writes."""
        found: object = getattr(self.module, "ENDINGS", ())
        endings = cast("tuple[object, ...]", found) if isinstance(found, tuple) else (None,)
        words = tuple(each for each in endings if isinstance(each, str) and each[:1] == "." and each == each.lower())
        if len(words) < len(endings):
            raise self.extension.problem("ENDINGS is a tuple such as ('.onnx',), in small letters")
        if self._has("recognizes") != bool(words) or self._has("read") != bool(words):
            raise self.extension.problem("a format that reads has ENDINGS, `recognizes` and `read`")
        return words

    def recognizes(self, data: bytes, name: str) -> bool:
        """Return whether the content is in this format."""
        return cast("Reader", self.module).recognizes(data, name)

    def read(self, data: bytes, name: str, findings: Findings) -> Graph:
        """Return the graph."""
        found = cast("object", cast("Reader", self.module).read(data, name, findings))
        if not isinstance(found, Graph):
            raise self.extension.problem(f"`read` returns {type(found).__name__}, not a cnncalc.graph.graph.Graph")
        return found

    def write(self, network: Network) -> str | bytes:
        """Return the file."""
        found = cast("object", cast("Writer", self.module).write(network))
        if not isinstance(found, str | bytes):
            raise self.extension.problem(f"`write` returns {type(found).__name__}, not text or bytes")
        return found
