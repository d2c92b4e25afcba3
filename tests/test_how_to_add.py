"""The worked examples of docs/architecture.md: one new file in a copy of the package, and it works. No other file changes."""

import difflib
import filecmp
import shlex
import shutil
import subprocess
import sys

import pytest
from support import ROOT, environment
from test_docs import ALL, agrees, sessions, trimmed


class Worked:
    """A worked example: its file, texts that its commands read, rows of the documentation, and commands with what they print."""

    def __init__(self, file):
        self.file = file
        self.given = []
        self.rows = []
        self.commands = []


def worked():
    found = []
    for block in (each for each in ALL if each.worked):
        if block.worked == "file":
            found.append(Worked(block))
        elif block.worked == "with the file above":
            found[-1].commands += sessions(block.text)
        else:
            {"given": found[-1].given, "row": found[-1].rows}[block.worked].append(block)
    return found


WORKED = worked()


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the package and of the shipped specs."""
    for name in ("cnncalc", "specs"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


def python(copy, folder, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment({"PYTHONPATH": str(copy), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100"}),
        cwd=folder,
        check=False,
        timeout=300,
    )


def changed(copy):
    """Return the files of the copy that are not those of the package."""
    found = [path.relative_to(copy) for name in ("cnncalc", "specs") for path in (copy / name).rglob("*") if path.is_file()]
    return [str(path) for path in found if not (ROOT / path).exists() or not filecmp.cmp(ROOT / path, copy / path, shallow=False)]


@pytest.mark.parametrize("example", WORKED, ids=lambda example: example.file.path)
def test_one_file_is_enough(example, copy, tmp_path):
    file = copy / example.file.path
    assert not file.exists()
    file.write_text(example.file.text, encoding="utf-8")
    for block in example.given:
        (tmp_path / block.path).write_text(block.text, encoding="utf-8")
    assert example.commands
    for command, wanted in example.commands:
        words = shlex.split(command)
        both = words[-1] == "2>&1"
        done = python(copy, tmp_path, "-m", "cnncalc", *words[1 : len(words) - both])
        assert done.returncode == 0 or both, done.stderr
        printed = trimmed(
            [line.rstrip() for line in ((done.stderr if both else "") + done.stdout).replace(str(copy), "…").splitlines()]
        )
        difference = difflib.unified_diff(wanted, printed, example.file.place, "cnncalc prints", lineterm="")
        assert agrees(trimmed(wanted), printed), "\n".join([f"$ {command}", *difference])
    assert changed(copy) == [example.file.path]


def test_a_layer_an_analysis_a_rendering_and_a_format_are_shown():
    rooms = [example.file.path.split("/")[1] for example in WORKED]
    assert {"layers", "analyses", "reports", "formats"} <= set(rooms)


def test_the_examples_of_a_new_layer_are_its_tests(copy, tmp_path):
    """With its row in the manual, the tests of all layers hold for it; without, they do not."""
    example = next(each for each in WORKED if each.rows)
    (copy / example.file.path).write_text(example.file.text, encoding="utf-8")
    for name in ("tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    kind = example.file.path.rpartition("/")[2].removesuffix(".py").upper()
    chosen = ("tests/layers", "-k", f"{kind} or memory or facts or kinds_are_found", "-p", "no:cacheprovider", "-n", "0")
    assert python(copy, copy, "-m", "pytest", *chosen).returncode == 1
    (row,) = example.rows
    manual = copy / row.path
    text = manual.read_text(encoding="utf-8")
    last = text.rindex("\n| `IDENTITY`") + 1
    manual.write_text(text[:last] + row.text + text[last:], encoding="utf-8")
    done = python(copy, copy, "-m", "pytest", *chosen)
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) > 30
