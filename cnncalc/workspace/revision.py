"""Specs of a git revision, `main:specs/net.yaml`: read with git, never checked out.

git runs with a list of arguments, without a shell. Options end before the revision: no name can pass for an option.
"""

from __future__ import annotations

import os
import re
import subprocess

from cnncalc.named_tuple import NamedTuple
from cnncalc.spec import codes
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.workspace.find import ENDINGS, LARGEST, Found, find, identified

_FILE = re.compile(r"[\w./+ -]{1,200}\.ya?ml")  # a possible path of a spec
SECONDS = 20  # timeout of git
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}


class RevisionFolder(NamedTuple):
    """A folder of a git revision; `path` ends with a slash, or is empty for the root of the repository."""

    revision: str
    path: str

    def sibling(self, name: str) -> Found | None:
        """Return the spec of a name, given without its ending; None where it does not exist."""
        for ending in ENDINGS:
            if found := read(f"{self.revision}:{self.path}{name}{ending}"):
                return found
        return None


def find_anywhere(spec: str) -> Found:
    """Return the text of a SPEC argument: any argument of `find`, or a `revision:path` of the git repository.

    A file of that name has priority. Raises SpecError where no such text exists.
    """
    found = read(spec)
    if found:
        return found
    revision, colon, path = spec.partition(":")
    if colon and _FILE.fullmatch(path) and not os.path.exists(spec):  # noqa: PTH110
        raise _missing(revision, path)
    return find(spec)


def _missing(revision: str, path: str) -> SpecError:
    """Return the error of `revision:path`: an unknown revision, or an unknown path in it."""
    if _known(revision):
        message = f"the revision `{revision}` has no file `{path}`"
        hint = f"`git ls-tree -r --name-only {revision}` shows its files"
    else:
        message = f"there is no file `{revision}:{path}`, and no git revision `{revision}` here"
        hint = "`git branch --all` and `git log` show revisions"
    return SpecError([Diagnostic(codes.UNREADABLE, "error", message, hints=(hint,))])


def read(spec: str) -> Found | None:
    """Return the text of `revision:path`, relative to the repository's root or else to the current folder; None without one."""
    revision, colon, path = spec.partition(":")
    if not colon or not revision or not path or spec.startswith("-") or "\n" in spec or "\0" in spec or os.path.exists(spec):  # noqa: PTH110
        return None
    if not _known(revision):
        return None
    for place in (path, f"./{path}"):
        name = f"{revision}:{place}"
        if _git("cat-file", "-t", name) == b"blob\n":
            folder, slash, _ = place.rpartition("/")
            return identified(spec, _data(name), RevisionFolder(revision, f"{folder}{slash}"))
    return None


def _known(revision: str) -> bool:
    return bool(_git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"))


def _data(name: str) -> bytes:
    """Return the bytes of a file of a revision; LARGEST + 1 bytes of a larger file, for the size check to refuse."""
    if int(_git("cat-file", "-s", name) or 0) > LARGEST:
        return b"#" * (LARGEST + 1)
    return _git("show", "--no-textconv", "--end-of-options", name, "--") or b""


def _git(*arguments: str) -> bytes | None:
    """Return the output of git, or None where it fails or is not installed."""
    try:
        done = subprocess.run(  # noqa: S603  a list of arguments, no shell
            ["git", "--no-pager", *arguments],  # noqa: S607  the user's own git
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, **_QUIET},
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
