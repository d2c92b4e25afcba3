"""Run the examples of README.md and docs/.

A document may contain:

* ```console: lines `$ cnncalc …`, each followed by its exact output on stdout, into a pipe. A line of three dots
  matches any lines; `2>&1` at the end of a command includes stderr. The commands run in a temporary folder.
* ```yaml: a complete spec. The comment `<!-- spec: name.yaml -->` before it names the file, which all
  console and python blocks after it can read. It must be valid; with `<!-- spec: name.yaml, broken -->`, invalid.
* ```python: a doctest.
* ```sh, ```text and blocks without a language, which are not run.
* A block after a comment `<!-- file: … -->`, `<!-- given: … -->`, `<!-- row: … -->` or `<!-- with the file above -->` is a worked
  example: test_how_to_add.py runs it.
"""

from __future__ import annotations

import difflib
import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import cnncalc
from cnncalc.layers import kinds

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = {"console", "yaml", "python", "sh", "text", ""}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WORKED = re.compile(r"<!-- (?P<role>file|given|row|with the file above)(?:: (?P<path>[\w./-]+))? -->\n\Z")
_SPEC = re.compile(r"<!-- spec: (?P<name>[\w.-]+\.yaml)(?P<broken>, broken)? -->\n\Z")


class Block(NamedTuple):
    document: Path
    line: int
    language: str
    text: str
    spec: str = ""
    broken: bool = False
    worked: str = ""
    path: str = ""

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        before = text[: match.start()]
        spec = _SPEC.search(before)
        named = (spec["name"], spec["broken"] is not None) if spec else ("", False)
        worked = _WORKED.search(before)
        role, path = (worked["role"], worked["path"] or "") if worked else ("", "")
        found.append(Block(document, before.count("\n") + 1, match[1], match[2], *named, role, path))
    return found


ALL = [block for document in DOCUMENTS for block in blocks(document)]
BLOCKS = [block for block in ALL if not block.worked]


def of(language: str) -> list[object]:
    return [pytest.param(block, id=block.place) for block in BLOCKS if block.language == language]


@pytest.fixture
def write_specs(tmp_path, monkeypatch):
    """Return a function that writes the specs before a block of a document into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(block: Block) -> None:
        for other in BLOCKS:
            if other.document == block.document and other.spec and other.line <= block.line:
                (tmp_path / other.spec).write_text(other.text, encoding="utf-8")

    return write


def run(command: str) -> str:
    """Return the output of a command into a pipe."""
    words = shlex.split(command)
    both = words[-1] == "2>&1"
    words = words[1:-1] if both else words[1:]
    folder = os.environ.get("PYTHONPATH", "")
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "COLUMNS": "100"}
    error = subprocess.STDOUT if both else subprocess.PIPE
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", *words],
        stdout=subprocess.PIPE,
        stderr=error,
        encoding="utf-8",
        timeout=60,
        check=False,
        env=environment,
    )
    assert both or done.returncode in {0, 1}, f"$ {command}\nexit status {done.returncode}\n{done.stderr}"
    assert done.returncode < 100, f"$ {command}\nexit status {done.returncode}\n{done.stdout}"
    return done.stdout


def sessions(text: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a console block, each with its expected output."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            assert found, f"a console block begins with a command, not with {line!r}"
            found[-1][1].append(line.rstrip())
    return found


def agrees(wanted: list[str], printed: list[str]) -> bool:
    """Return whether the printed lines match the expected ones, where `...` matches any lines."""
    parts = ("(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in wanted)
    return re.fullmatch("".join(parts), "".join(line + "\n" for line in printed)) is not None


def trimmed(lines: list[str]) -> list[str]:
    """Return the lines without empty ones at the end: a block may have a blank line before the next command."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


@pytest.mark.parametrize("block", of("console"))
def test_console(block, write_specs):
    write_specs(block)
    commands = sessions(block.text)
    assert commands
    for command, wanted in commands:
        assert command.startswith("cnncalc "), f"{block.place}: only cnncalc is run, not {command!r}"
        printed = trimmed([line.rstrip() for line in run(command).splitlines()])
        if not agrees(trimmed(wanted), printed):
            difference = "\n".join(difflib.unified_diff(wanted, printed, block.place, "cnncalc prints", lineterm=""))
            pytest.fail(f"$ {command}\n{difference}", pytrace=False)


@pytest.mark.parametrize("block", of("yaml"))
def test_spec(block, write_specs):
    assert block.spec, f"{block.place}: a yaml block is a spec, with its name in a comment before it"
    write_specs(block)
    found = cnncalc.validate(block.spec)
    told = "\n".join(diagnostic.message for diagnostic in found)
    if block.broken:
        assert any(diagnostic.severity == "error" for diagnostic in found), f"{block.place} is marked as broken, but is valid"
    else:
        assert all(diagnostic.code.number == "CNN210" for diagnostic in found), (
            f"{block.place}:\n{told}"
        )  # a stride that `rounding` settles


@pytest.mark.parametrize("document", [pytest.param(document, id=document.name) for document in DOCUMENTS])
def test_python(document, write_specs):
    names: dict[str, object] = {}  # later blocks of the document can use the names of earlier ones
    told: list[str] = []
    for block in (each for each in BLOCKS if each.document == document and each.language == "python"):
        write_specs(block)
        test = doctest.DocTestParser().get_doctest(block.text, names, block.place, str(document), block.line)
        assert test.examples, f"{block.place}: a python block is a doctest"
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append, clear_globs=False)
        names = test.globs
    if told:
        pytest.fail("".join(told), pytrace=False)


def test_every_document_shows_something_that_runs():
    assert {block.document.name for block in BLOCKS if block.language == "console"} >= {
        "README.md",
        "language.md",
        "counting.md",
        "errata.md",
        "figures.md",
    }
    assert {block.language for block in BLOCKS} <= LANGUAGES


def test_differences_are_found():
    assert agrees(["a", "...", "c"], ["a", "b", "b", "c"])
    assert agrees(["a", "..."], ["a"])
    assert not agrees(["a", "c"], ["a", "b", "c"])
    assert not agrees(["a", "...", "c"], ["a", "b"])


@pytest.mark.parametrize("document", [pytest.param(document, id=document.name) for document in DOCUMENTS])
def test_links_lead_somewhere(document):
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        assert there.exists(), f"{document.name} links to {target}, which does not exist"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", there.read_text(encoding="utf-8")), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{document.name} links to {target}, which has no such heading"


def test_the_language_lists_every_kind_with_its_options():
    """The table of kinds in docs/language.md matches the layers."""
    rows = dict(
        re.findall(
            r"^\| `([A-Z][A-Z0-9]*)` \|[^|]*\|([^|]*)\|", (ROOT / "docs" / "language.md").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    wanted = {name: kinds.find(name) for name in kinds.names() if name not in kinds.SYNONYMS}
    assert rows.keys() == wanted.keys()
    for name, kind in wanted.items():
        listed = re.findall(r"`(\w+)", rows[name])
        assert listed == [option.name for option in kind.options], f"the options of {name}"
