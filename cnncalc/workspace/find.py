"""Resolve SPEC arguments: a file, a shipped name, an inline pattern, or stdin.

A file is a spec, or a network in a foreign format.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.spec import codes
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.source import Source
from cnncalc.text.suggest import asked, did_you_mean, likely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    from cnncalc.formats.base import Reader

    class Place(Protocol):
        """The location of a text: a folder, or a folder of a git revision."""

        def sibling(self, name: str) -> Found | None:
            """Return the spec of a name, given without its ending, in the same place; None where it does not exist."""


ENDINGS = (".yaml", ".yml")
LARGEST = 16 * 2**20  # bytes read of one file
_INLINE = ("->", "→", "[", "{", "(", "|")


class Found(NamedTuple):
    """A text and its origin. `place` is the location to search for its `base`; `shipped` names a shipped spec."""

    source: Source
    inline: bool = False
    place: Place | None = None
    shipped: str = ""
    reader: Reader | None = None
    """The name of the file's foreign format; its text is left empty."""
    data: bytes = b""
    """The content of a file in a foreign format."""


class Folder(NamedTuple):
    """A folder of the file system."""

    path: str
    trusted: bool = False
    """Whether links out of the folder are followed, as installers of packages make them."""

    def sibling(self, name: str) -> Found | None:
        """Return the spec of a name, given without its ending; None where it does not exist."""
        for ending in ENDINGS:
            path = os.path.join(self.path, name + ending)  # noqa: PTH118  pathlib costs start-up
            if os.path.isfile(path):  # noqa: PTH113
                if not self.trusted and self._leads_out(path):
                    message = f"`{name}` is a link to a file outside the folder of the spec"
                    raise SpecError([Diagnostic(codes.BASE, "error", message)])
                return read_file(path)
        return None

    def _leads_out(self, path: str) -> bool:
        """Return whether a link leads out of the folder: a spec would show the lines of any file that has an error."""
        folder = os.path.realpath(self.path)
        return os.path.commonpath([folder, os.path.realpath(path)]) != folder


def shipped_folder() -> str:
    """Return the folder of the shipped specs: inside the installed package, or at the top of a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  pathlib costs start-up
    inside = os.path.join(here, "specs")  # noqa: PTH118
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "specs")  # noqa: PTH112, PTH118, PTH120


def shipped_names() -> Sequence[str]:
    """Return the names of the shipped specs."""
    folder = shipped_folder()
    files = os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH112, PTH208
    return sorted(name[:-5] for name in files if name.endswith(".yaml"))


def find(spec: str) -> Found:
    """Return the text of a SPEC argument; SpecError where it does not exist."""
    if spec == "-":
        return identified("<stdin>", sys.stdin.buffer.read(LARGEST + 1), Folder("."))
    name = spec.removesuffix(".yaml")
    if os.path.exists(spec) and not (os.path.isdir(spec) and name in shipped_names()):  # noqa: PTH110, PTH112
        return read_file(spec)
    if name in shipped_names():
        path = os.path.join(shipped_folder(), f"{name}.yaml")  # noqa: PTH118
        return read_file(path)._replace(shipped=name)
    if any(sign in spec for sign in _INLINE) or _starts_with_kind(spec):
        return Found(Source("<pattern>", spec), inline=True)
    raise missing(spec)


def _starts_with_kind(text: str) -> bool:
    """Return whether a text looks like a pattern of one step, or of steps joined by `-` or `,`."""
    from cnncalc.graph.vocabulary import Kinds

    word = text.replace(",", " ").replace("-", " ").replace("/", " ").split(" ", 1)[0]
    return not text.endswith(ENDINGS) and Kinds().split(word) is not None


def read_file(path: str) -> Found:
    """Return the text of a file."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read(LARGEST + 1)
    except OSError as error:
        reason = "it is a folder" if os.path.isdir(path) else (error.strerror or str(error)).lower()  # noqa: PTH112
        hint = ("`cnncalc validate` takes folders",) if os.path.isdir(path) else ()  # noqa: PTH112
        raise SpecError([Diagnostic(codes.UNREADABLE, "error", f"{path} cannot be read: {reason}", hints=hint)]) from None
    return identified(path, data, Folder(os.path.dirname(path) or "."))  # noqa: PTH120


def identified(name: str, data: bytes, place: Place) -> Found:
    """Return the content of a file, a spec or a network in a foreign format. SpecError for a spec that is not text."""
    if not name.endswith(ENDINGS) and len(data) <= LARGEST:
        from cnncalc.formats.find import reader  # most files are specs

        found = reader(data, name)
        if found is not None:
            return Found(Source(name, ""), place=place, reader=found, data=data)
    from cnncalc.spec.document import decode  # an inline pattern needs no YAML

    return Found(decode(name, data), place=place)


def missing(spec: str) -> SpecError:
    """Return the error for a name of neither a file nor a shipped spec."""
    shown = spec if len(spec) <= 100 else spec[:97] + "..."
    folder, name = os.path.split(spec)  # compare names only: all paths of a folder resemble each other
    near = {each: each for each in shipped_names()} | {each: os.path.join(folder, each) for each in _files(folder or ".")}  # noqa: PTH118
    found = tuple(near[each] for each in likely(name, near))
    hints = (asked(found) if found else "`cnncalc list` shows the shipped specs",)
    return SpecError([Diagnostic(codes.UNREADABLE, "error", f"there is no file and no shipped spec `{shown}`", hints=hints)])


def _files(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith(ENDINGS)]  # noqa: PTH208
    except OSError:
        return []


def find_base(name: str, place: Place | None) -> Found:
    """Return the base of a spec: a spec of the same place, or a shipped one. Raises SpecError where it does not exist."""
    found = (place.sibling(name) if place is not None else None) or Folder(shipped_folder(), trusted=True).sibling(name)
    if found is not None:
        return found
    raise SpecError(
        [
            Diagnostic(
                codes.BASE,
                "error",
                f"there is no spec `{name}` in this folder, nor a shipped one",
                hints=did_you_mean(name, shipped_names()),
            )
        ]
    )


def spec_files(path: str) -> Iterator[str]:
    """Iterate over the specs of a folder, or over the path itself."""
    if not os.path.isdir(path):  # noqa: PTH112
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (os.path.join(folder, name) for name in sorted(files) if name.endswith(ENDINGS))  # noqa: PTH118
        yield from (path for path in paths if os.path.isfile(path) or not os.path.exists(path))  # noqa: PTH110, PTH113  no FIFO
