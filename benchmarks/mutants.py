"""The share of small mistakes that the tests detect: random mutations of the source, each run against the tests of its room.

`python benchmarks/mutants.py --room maths --room pattern` takes 100 random mutants of each room, applies each in a temporary
copy of the checkout, and runs `tests/maths` or `tests/pattern` on it. `--count` and `--seed` choose others, `--file` takes one
file, `--whole` also runs the quick tests of the other rooms on survivors. The exit status is 1 when fewer than 95 of 100 die.

A mutant differs from the source at one place: a comparison, an arithmetic or boolean operator, an integer or a boolean, a
`not`, two branches of a conditional expression, a bound of a slice, `min` for `max`, `break` for `continue`. Texts, annotations,
decorators and `TYPE_CHECKING` blocks are not mutated. Mutants that compute the same as the source are listed in
`equivalent_mutants.toml` with a reason, and are left out; a row that matches no mutant is an error.

Each job imports pytest once and forks a child for each mutant. Tests with earlier kills run first, then the quickest ones.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import collections
import contextlib
import io
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
BAR = 95  # of 100
WHOLE = (
    *("maths", "pattern", "text", "graph", "layers", "spec", "request", "workspace", "transforms"),
    *("analyses", "checks", "rules", "tasks", "reports", "test_specs.py"),
)
COPIED = ("cnncalc", "tests", "specs", "docs", "benchmarks", "pyproject.toml", "README.md", "CHANGELOG.md")
MEMORY = 4 << 30  # bytes that a child may map
SLACK = 20  # a test is stopped after SLACK times its usual time plus SECONDS
SECONDS = 5.0

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv, ast.Mult),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitXor: (ast.BitOr,),
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
SKIPPED = {"annotation", "returns", "decorator_list", "type_params", "format_spec"}


# Finding mutants


class Edit(NamedTuple):
    """A replacement of one field of a node, or of an entry of a field that is a list."""

    owner: ast.AST
    field: str
    at: int | None
    new: object

    def swap(self, new: object) -> object:
        """Put a new value in the place; return the old one."""
        if self.at is None:
            old = getattr(self.owner, self.field)
            setattr(self.owner, self.field, new)
            return old
        entries = getattr(self.owner, self.field)
        old, entries[self.at] = entries[self.at], new
        return old

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Make the replacement for a while."""
        old = self.swap(self.new)
        try:
            yield
        finally:
            self.swap(old)


class Mutant(NamedTuple):
    """One place of a file and its replacement. `original` and `mutated` are the statement, or its first line."""

    file: str
    line: int
    function: str
    original: str
    mutated: str
    number: int
    """Its place among the mutants of the file."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.file, self.function, self.original, self.mutated


class Site(NamedTuple):
    """The place of an edit: the statement around it and the function."""

    edit: Edit
    statement: ast.AST
    function: str
    line: int


def sites(tree: ast.Module) -> list[Site]:
    """Return all edits of a module, in the order of the text."""
    return list(_walk(tree, tree, ""))


def _walk(node: ast.AST, statement: ast.AST, function: str) -> Iterator[Site]:
    if isinstance(node, ast.stmt | ast.match_case):
        statement = node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}" if function else node.name
    for field, value in ast.iter_fields(node):
        if field in SKIPPED or (field == "body" and _for_types(node)):
            continue
        for at, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                line = getattr(child, "lineno", getattr(node, "lineno", 0))
                for new in _instead(child):
                    around = child if isinstance(child, ast.stmt) else statement
                    yield Site(Edit(node, field, at, new), around, function, line)
                yield from _walk(child, statement, function)
    for edit in _inside(node):
        yield Site(edit, statement, function, getattr(node, "lineno", 0))


def _for_types(node: ast.AST) -> bool:
    """Return whether only a type checker reads the body of a node."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _instead(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the replacements of a node."""
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()


def _inside(node: ast.AST) -> Iterator[Edit]:
    """Yield the edits of the fields of a node."""
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                yield from (Edit(node, "ops", at, new()) for new in COMPARISONS[type(operator)])
        case ast.BinOp() if not _for_texts(node.left, node.right) and not _type_union(node):
            yield from (Edit(node, "op", None, new()) for new in ARITHMETIC.get(type(node.op), ()))
        case ast.AugAssign() if not _for_texts(node.value):
            yield from (Edit(node, "op", None, new()) for new in ARITHMETIC.get(type(node.op), ()))
        case ast.BoolOp():
            yield Edit(node, "op", None, ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            yield Edit(node.func, "id", None, NAMES[name])
        case ast.If() | ast.While() if _takes_not(node.test) and not _for_types(node):
            yield Edit(node, "test", None, ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension():
            for at, test in enumerate(node.ifs):
                if _takes_not(test):
                    yield Edit(node, "ifs", at, ast.UnaryOp(ast.Not(), test))
        case ast.Slice():
            for field in ("lower", "upper"):
                bound = getattr(node, field)
                if bound is not None:
                    yield Edit(node, field, None, None)
                    if not isinstance(bound, ast.Constant | ast.UnaryOp):
                        yield Edit(node, field, None, ast.BinOp(bound, ast.Add(), ast.Constant(1)))


def _for_texts(*operands: ast.expr) -> bool:
    """Return whether an operand is clearly not a number, so that no other operator accepts it."""
    return any(
        isinstance(each, ast.JoinedStr | ast.Tuple | ast.List) or (isinstance(each, ast.Constant) and isinstance(each.value, str))
        for each in operands
    )


def _type_union(node: ast.BinOp) -> bool:
    """Return whether a `|` joins types."""
    leaves = [each for each in (node.left, node.right) if not isinstance(each, ast.BinOp)]
    names = [each.id for each in leaves if isinstance(each, ast.Name)]
    return isinstance(node.op, ast.BitOr) and any(name[:1].isupper() or name in dir(builtins) for name in names)


def _takes_not(test: ast.expr) -> bool:
    """Return whether `not` before a condition gives a mutant that no other edit gives."""
    if isinstance(test, ast.Compare):
        return len(test.ops) > 1
    return not isinstance(test, ast.Constant) and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))


def text_of(statement: ast.AST) -> str:
    """Return a statement in one line; for a statement with a body, its header."""
    if isinstance(statement, ast.match_case):
        guard = f" if {ast.unparse(statement.guard)}" if statement.guard else ""
        return f"case {ast.unparse(statement.pattern)}{guard}:"
    if not hasattr(statement, "body"):
        return ast.unparse(statement)
    changed = {"body": [ast.Pass()], "decorator_list": [], "orelse": [], "cases": [], "handlers": [], "finalbody": []}
    fields = {name: changed.get(name, value) for name, value in ast.iter_fields(statement)}
    head = type(statement)(**fields)
    return ast.unparse(ast.fix_missing_locations(head)).removesuffix("pass").rstrip()


def mutants(file: str, source: str) -> list[Mutant]:
    """Return all mutants of a file, one for each different text."""
    found: dict[tuple[int, str], Mutant] = {}
    for number, site in enumerate(sites(ast.parse(source))):
        original = text_of(site.statement)
        with site.edit.made():
            mutated = text_of(site.edit.new if isinstance(site.edit.new, ast.stmt) else site.statement)
        if mutated != original:
            where = (id(site.statement), mutated)
            found.setdefault(where, Mutant(file, site.line, site.function, original, mutated, number))
    return list(found.values())


def source_of(mutant: Mutant, source: str) -> str:
    """Return the text of a file with a mutant in it."""
    tree = ast.parse(source)
    with sites(tree)[mutant.number].edit.made():
        return ast.unparse(tree)


def compiles(mutant: Mutant, source: str) -> bool:
    """Return whether a mutant is valid Python."""
    try:
        compile(source_of(mutant, source), mutant.file, "exec")
    except SyntaxError:
        return False
    return True


# Known equivalent mutants


class Equivalent(NamedTuple):
    """A row of the table of mutants that compute the same as the source."""

    file: str
    function: str
    original: str
    mutated: str
    reason: str


def equivalent(text: str) -> list[Equivalent]:
    """Return the rows of the table."""
    return [Equivalent(**row) for row in tomllib.loads(text).get("mutant", [])]


def stale(rows: list[Equivalent], root: Path) -> list[Equivalent]:
    """Return the rows that match no mutant."""
    keys: set[tuple[str, ...]] = set()
    for file in {row.file for row in rows}:
        if (root / file).exists():
            keys |= {mutant.key for mutant in mutants(file, (root / file).read_text(encoding="utf-8"))}
    return [row for row in rows if row[:4] not in keys]


# Running them


class Fate(NamedTuple):
    """The result of a mutant: its killer, or an empty text."""

    mutant: Mutant
    killer: str


class Watch:
    """A pytest plugin: orders the tests, limits the time of each, and keeps the first failure."""

    def __init__(self, kills: dict[str, int], usual: dict[str, float]) -> None:
        self.kills = kills
        self.usual = usual
        self.taken: dict[str, float] = {}
        self.failed = ""

    def pytest_sessionstart(self) -> None:
        """Stop hypothesis at the first counterexample; shrinking it is not needed."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", parent=settings(), phases=phases, report_multiple_bugs=False)
        settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list) -> None:
        items.sort(key=lambda item: (-self.kills.get(item.nodeid, 0), self.usual.get(item.nodeid, 0.0)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.started = time.process_time()
        if self.usual:
            signal.setitimer(signal.ITIMER_PROF, SLACK * self.usual.get(nodeid, 0.0) + SECONDS)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.taken[nodeid] = time.process_time() - self.started

    def pytest_runtest_logreport(self, report: object) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: object) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid or "collection"


def child(folder: Path, tests: list[str], watch: Watch, answer: int) -> None:
    """Run tests in a forked child and write the first failure; never return."""
    import pytest

    status = 99
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.setitimer(signal.ITIMER_PROF, 60 + SLACK * sum(watch.usual.values()))
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
            options = ["-x", "-n", "0", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
            status = int(pytest.main([*options, *tests], plugins=[watch]))
        signal.setitimer(signal.ITIMER_PROF, 0)
        loaded = sys.modules.get("cnncalc")
        if loaded is not None and not Path(loaded.__file__).is_relative_to(folder):
            status, watch.failed = 99, f"tests ran on {loaded.__file__}"
        elif status > 2:
            watch.failed = said.getvalue()[-2000:]
        with os.fdopen(answer, "w", encoding="utf-8") as file:
            json.dump([watch.failed, watch.taken], file)
    except Exception:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


class Server:
    """A process with a copy of the checkout and pytest imported; it forks a child for each mutant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kills: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        """The number of mutants of each file that each test has killed."""
        self.usual: dict[tuple[str, ...], dict[str, float]] = {}
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = False
        import pytest

        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main(["--version", "-n", "0"])

    def run(self, tests: list[str], file: str = "") -> tuple[int, str, dict[str, float]]:
        """Run tests in a child; return its status (negative for a signal), the first failure, and the time of each test."""
        reads, writes = os.pipe()
        watch = Watch(self.kills[file], self.usual.get(tuple(tests), {}))
        pid = os.fork()
        if pid == 0:
            os.close(reads)
            child(self.folder, tests, watch, writes)
        os.close(writes)
        with os.fdopen(reads, encoding="utf-8") as answer:
            said = answer.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        failed, taken = json.loads(said) if said else ("", {})
        return status, failed, taken

    def learn(self, tests: list[str]) -> None:
        """Run the tests on the unchanged source, where they must pass; keep the time of each."""
        if tuple(tests) in self.usual:
            return
        status, failed, _ = self.run(tests)  # the first run compiles, the second one counts
        if status == 0:
            status, failed, self.usual[tuple(tests)] = self.run(tests)
        if status != 0:
            raise RuntimeError(f"{' '.join(tests)} fails without a mutant: {failed} ({status})")

    def killer(self, mutant: Mutant, tests: list[str]) -> str:
        """Return the killer of a mutant, or an empty text."""
        path = self.folder / mutant.file
        source, kept = path.read_text(encoding="utf-8"), path.stat()
        try:
            path.write_text(source_of(mutant, source), encoding="utf-8")
            os.utime(path, (kept.st_atime, kept.st_mtime + 10 + mutant.number))  # no compiled file of another text matches
            status, failed, _ = self.run(tests, mutant.file)
        finally:
            path.write_text(source, encoding="utf-8")
            os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
        if status > 2:
            raise RuntimeError(f"pytest ends with {status} on {mutant.key}: {failed}")
        if status < 0:
            return "time" if -status == signal.SIGPROF else signal.Signals(-status).name
        if status:
            self.kills[mutant.file][failed] += 1
        return failed if status else ""


_SERVER: list[Server] = []


def _start(folders: multiprocessing.SimpleQueue) -> None:
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    folder = Path(folders.get())
    os.environ["PYTHONPATH"] = str(folder)
    _SERVER.append(Server(folder))


def _fate(task: tuple[Mutant, list[list[str]]]) -> Fate:
    mutant, stages = task
    for tests in stages:
        _SERVER[0].learn(tests)
    return Fate(mutant, next(filter(None, (_SERVER[0].killer(mutant, tests) for tests in stages)), ""))


def copy(folder: Path) -> Path:
    """Copy the parts of the checkout that tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        elif source.exists():
            shutil.copy2(source, folder / name)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "cnncalc"], cwd=folder, check=True)
    return folder


def fates(tasks: list[tuple[Mutant, list[list[str]]]], jobs: int) -> Iterator[Fate]:
    """Run mutants in parallel, each job in its own copy."""
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        folders = context.SimpleQueue()
        for at in range(jobs):
            folder = Path(scratch) / str(at)
            folder.mkdir()
            folders.put(str(copy(folder)))
        with context.Pool(jobs, _start, (folders,)) as pool:
            yield from pool.imap(_fate, tasks)


# The command


class Chosen(NamedTuple):
    """The chosen mutants of a room or of a file."""

    title: str
    mutants: list[Mutant]
    tests: list[list[str]]
    left_out: int
    broken: int


def choose(title: str, files: list[Path], room: str, options: argparse.Namespace, known: set[tuple[str, ...]]) -> Chosen:
    """Draw mutants of some files."""
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    drawn = [mutant for file, text in sorted(texts.items()) for mutant in mutants(file, text)]
    random.Random(f"{options.seed} {title}").shuffle(drawn)  # noqa: S311  not a secret
    taken: list[Mutant] = []
    left_out = broken = 0
    for mutant in drawn:
        if len(taken) == options.count:
            break
        if mutant.key in known:
            left_out += 1
        elif not compiles(mutant, texts[mutant.file]):
            broken += 1
        else:
            taken.append(mutant)
    stages = [[f"tests/{room}"]] if (ROOT / "tests" / room).exists() else []
    if options.whole:
        stages.append([f"tests/{name}" for name in WHOLE if name != room and (ROOT / "tests" / name).exists()])
    if not stages:
        raise SystemExit(f"tests/{room} does not exist; --whole runs the tests of other rooms")
    return Chosen(title, taken, stages, left_out, broken)


def chosen(options: argparse.Namespace, known: set[tuple[str, ...]]) -> Iterator[Chosen]:
    """Yield the mutants that the command line requests."""
    for room in options.room:
        files = sorted((ROOT / "cnncalc" / room).glob("*.py"))
        if not files:
            raise SystemExit(f"the room cnncalc/{room} does not exist")
        yield choose(room, files, room, options, known)
    for name in options.file:
        path = Path(name).resolve()
        yield choose(str(path.relative_to(ROOT)), [path], path.parent.name, options, known)


def show(fate: Fate, say: Callable[[str], None], *, verbose: bool) -> None:
    """Print the result of a mutant."""
    mutant, killer = fate
    if killer and not verbose:
        return
    say(
        f"{'killed' if killer else 'survived'} {mutant.file}:{mutant.line} {mutant.function}" + (f"  by {killer}" if killer else "")
    )
    say(f"    - {mutant.original}\n    + {mutant.mutated}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--room", action="append", default=[], help="a folder of cnncalc/; may be given more than once")
    parser.add_argument("--file", action="append", default=[], help="a file; may be given more than once")
    parser.add_argument("--count", type=int, default=100, help="mutants of each room or file")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--whole", action="store_true", help="run the quick tests of the other rooms on survivors")
    parser.add_argument("--quiet", action="store_true", help="print survivors only")
    options = parser.parse_args()
    rows = equivalent(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.exists() else []
    for row in stale(rows, ROOT):
        raise SystemExit(f"{EQUIVALENT.name}: no mutant of {row.file} has `{row.mutated}` for `{row.original}` in {row.function}")
    groups = list(chosen(options, {row[:4] for row in rows}))
    tasks = [(mutant, group.tests) for group in groups for mutant in group.mutants]
    found = iter(fates(tasks, options.jobs))
    passed, done = True, 0
    for group in groups:
        killed = 0
        for _ in group.mutants:
            fate = next(found)
            killed += bool(fate.killer)
            done += 1
            if sys.stderr.isatty():
                print(f"{done} of {len(tasks)}", end="\r", file=sys.stderr)
            show(fate, lambda text: print(text, flush=True), verbose=not options.quiet)
        passed &= 100 * killed >= BAR * len(group.mutants)
        besides = f"seed {options.seed}; left out: {group.left_out} equivalent, {group.broken} that do not compile"
        print(f"{group.title}: killed {killed} of {len(group.mutants)} ({besides})", flush=True)
    list(found)  # ends the jobs
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
