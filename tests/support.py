"""Shortcuts from a text to the results of the package, all through the pipeline itself."""

import os
import subprocess
import sys
from pathlib import Path

from cnncalc.graph.build import Overrides
from cnncalc.graph.vocabulary import Kinds
from cnncalc.layers import kinds
from cnncalc.maths.volume import Volume
from cnncalc.pattern.expand import expand
from cnncalc.pattern.frames import Frame
from cnncalc.pattern.parser import parse_pattern
from cnncalc.pattern.syntax import LayerAtom, Step
from cnncalc.pipeline import read, report
from cnncalc.reports.report import Report
from cnncalc.request.request import request
from cnncalc.spec.document import decode
from cnncalc.tasks.check import checked
from cnncalc.text.caret import render
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.source import Excerpt, Source
from cnncalc.workspace.find import Folder, Found

ROOT = Path(__file__).parent.parent
KINDS = Kinds()


def volume(text):
    """Return the Volume of `32x32x3`."""
    *size, depth = map(int, text.split("x"))
    return Volume(tuple(size), depth)


def parse(text, blocks=()):
    """Return the steps of a pattern."""
    return parse_pattern(Source("<pattern>", text), KINDS, blocks)


def pattern(text):
    """Return an inline pattern as `find` would."""
    return Found(Source("<pattern>", text), inline=True)


def document(text, name="spec.yaml", folder="."):
    """Return a YAML text as `find` would; bytes are decoded."""
    return Found(decode(name, text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")), place=Folder(folder))


def analyzed(text, **overrides):
    """Return the report of an inline pattern (one line with an arrow or a bracket) or of a YAML text."""
    return report(found(text), request(**overrides))


def found(text):
    """Return a text as an inline pattern, or as YAML where it has a key."""
    return document(text) if isinstance(text, bytes) or "\n" in text or ": " in text else pattern(text)


def setup(**options):
    """Return the training of a network under some options."""
    return request(**options).training


def layer(text, *inputs):
    """Return the layer of one step of a pattern, for any input."""
    (step,) = parse(text)
    expansion = expand([step], Frame({}, {}, {}), {}, KINDS, findings := Findings())
    findings.check()
    use = expansion.placed[-1].use
    return kinds.find(use.kind).make({name: value for name, (value, _) in use.given.items()})


def diagnostics(text, **overrides):
    """Return all diagnostics of a text, valid or not, without the advice on its design (CNN3)."""
    try:
        said = checked(found(text), request(**overrides))  # found() decodes the text, which may also fail
    except SpecError as error:
        said = error.diagnostics
    return tuple(each for each in said if not each.code.number.startswith("CNN3"))


def told(text, **overrides):
    """Return the diagnostics of a text as the terminal shows them, each without its last line, which only names the code."""
    return "\n\n".join(without_help(render(each)) for each in diagnostics(text, **overrides))


def without_help(text):
    """Return a rendered diagnostic without its last line."""
    body, _, last = text.rpartition("\n")
    assert last.strip().startswith("= help: cnncalc explain CNN"), last
    return body


def codes(text, **overrides):
    """Return the numbers of the diagnostics of a text."""
    return [each.code.number for each in diagnostics(text, **overrides)]


def names(text):
    """Return the names of the layers of a text, without the input."""
    return [row.name for row in analyzed(text).rows][1:]


def labels(text):
    """Return the labels of the layers of a text, without INPUT."""
    return [row.label for row in analyzed(text).rows][1:]


def graph(text):
    """Return the network of a text; SpecError for an invalid one."""
    return read(found(text), Overrides(), Findings())[1]


def report_of(network, **given):
    """Return the report of a network without a spec."""
    return Report(network, request(**given))


def inside(diagnostic):
    """Check that a diagnostic can be drawn, and that its span lies in the text."""
    assert render(diagnostic)
    assert diagnostic.message
    if diagnostic.span is not None:
        source, start, end = diagnostic.span.resolve()
        assert 0 <= start <= end <= len(source.text)
        _, line, column = diagnostic.place()
        assert 1 <= line <= len(source.starts)
        assert 1 <= column <= len(source.line(line)) + 2  # the end of a line, or the second half of its break


def tree(node):
    """Return a syntax tree without its spans, as comparable nested tuples."""
    if isinstance(node, (Step, LayerAtom)):
        found = tuple((slot, tree(getattr(node, slot))) for slot in node.__slots__ if "span" not in slot)
        return (type(node).__name__, *found)
    if hasattr(node, "_fields") and "span" in "".join(node._fields):
        found = tuple((field, tree(getattr(node, field))) for field in node._fields if "span" not in field)
        return (type(node).__name__, *found)
    if isinstance(node, (list, tuple)) and not hasattr(node, "_fields"):
        return tuple(tree(each) for each in node)
    if isinstance(node, (Source, Excerpt)):
        return "text"
    return (type(node).__name__, node)


REGENERATE = os.environ.get("CNNCALC_GOLDEN") == "write"
GOLDEN = ROOT / "tests" / "golden"


def golden(name, text):
    """Compare a text with the file of that name in tests/golden; `CNNCALC_GOLDEN=write pytest` rewrites the files.

    Read the written files before committing them: a golden file has the correct output, not the current one.
    """
    path = GOLDEN / name
    if REGENERATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


class Messages:
    """A golden file of whole messages: for each case its text, then its diagnostics."""

    LINE = "=" * 100

    def __init__(self, name, cases):
        self.path = GOLDEN / name
        self.cases = dict(cases)
        assert len(self.cases) == len(cases), "two cases have the same name"
        if REGENERATE:
            blocks = [f"{case}\n{self.LINE}\n{text}\n{'-' * 100}\n{told(text)}\n" for case, text in self.cases.items()]
            self.path.write_text("\n".join(["", *blocks]).replace("\n\n", "\n", 1), encoding="utf-8")
        self.told = self.read() if self.path.exists() else {}

    def read(self):
        """Return the diagnostics in the file, by case."""
        found = {}
        pieces = f"\n{self.path.read_text(encoding='utf-8')}".split(f"\n{self.LINE}\n")
        names = [piece.rpartition("\n")[2] for piece in pieces[:-1]]
        for at, name in enumerate(names):
            body = pieces[at + 1]
            if at + 1 < len(names):
                body = body[: len(body) - len(names[at + 1])]
            found[name] = body.partition(f"\n{'-' * 100}\n")[2].strip("\n")
        return found

    def check(self, case):
        """Compare the diagnostics of a case with the file."""
        assert told(self.cases[case]).strip("\n") == self.told[case]


def run(*arguments, input=None, env=None, cwd=None, timeout=60, text=True):
    """Run `python -m cnncalc` in its own process."""
    return python("-m", "cnncalc", *arguments, input=input, env=env, cwd=cwd, timeout=timeout, text=text)


def python(*arguments, input=None, env=None, cwd=None, timeout=60, text=True):
    """Run this Python with a plain environment; `env` adds variables or, with None, removes them."""
    return subprocess.run(
        [sys.executable, *arguments],
        input=input,
        stdin=subprocess.DEVNULL if input is None else None,
        capture_output=True,
        text=text,
        encoding="utf-8" if text else None,
        env=environment(env),
        cwd=cwd,
        timeout=timeout,
        check=False,
    )


def environment(changes=None):
    """Return the environment of a child: UTF-8, no setting of colour, no debugging."""
    plain = {
        key: value
        for key, value in os.environ.items()
        if key not in {"NO_COLOR", "FORCE_COLOR", "CNNCALC_DEBUG", "COLUMNS", "PYTHONUNBUFFERED"}
    }
    plain |= {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
    for key, value in (changes or {}).items():
        plain.pop(key, None)
        if value is not None:
            plain[key] = value
    return plain
