"""The rooms of the package: which room may import which, and what a command may load. docs/architecture.md has the same table."""

import ast
import re
import sys
from pathlib import Path

import pytest
from support import ROOT, python

PACKAGE = ROOT / "cnncalc"
FLOORS = [  # ground first: a room imports from lower floors only, including types
    {"named_tuple", "extensions"},
    {"text", "maths", "kernels"},
    {"pattern", "layers"},
    {"spec"},
    {"graph"},
    {"formats", "request"},
    {"workspace"},
    {"transforms", "analyses"},
    {"checks", "rules", "forward", "arithmetic"},
    {"reports"},
    {"pipeline"},
    {"tasks"},
    {"cli"},
    {"__init__", "__main__"},
]
ROOMS = {  # imports allowed in addition to the standard library, the room itself and the package name; * is all lower floors
    "text": set(),
    "maths": set(),
    "kernels": {"numpy"},
    "named_tuple": set(),
    "extensions": set(),
    "layers": {"extensions", "text", "maths", "kernels"},  # kernels are imported when a layer runs
    "pattern": {"text", "maths"},
    "spec": {"text", "maths", "pattern", "yaml"},
    "graph": {"text", "maths", "layers", "pattern", "spec"},
    "formats": {"extensions", "text", "maths", "layers", "graph"},
    "request": {"extensions", "text", "maths", "graph"},
    "workspace": {"text", "spec", "graph", "formats"},
    "analyses": {"text", "maths", "layers", "spec", "graph", "request", "extensions"},
    "transforms": {"text", "maths", "kernels", "layers", "pattern", "spec", "graph", "numpy"},
    "checks": {"text", "maths", "spec", "request", "analyses"},
    "rules": {"extensions", "text", "maths", "layers", "graph", "analyses"},
    "forward": {"text", "maths", "layers", "graph", "kernels", "request", "analyses", "numpy", "PIL"},
    "arithmetic": {"text", "maths", "layers", "kernels", "numpy"},
    "reports": {
        "arithmetic",
        "extensions",
        "text",
        "maths",
        "kernels",
        "layers",
        "spec",
        "request",
        "analyses",
        "checks",
        "forward",
        "rich",
    },
    "pipeline": {"*"},
    "tasks": {"*"},
    "cli": {"*", "click"},
    "__init__": {"*"},
    "__main__": {"*"},
}
EVERYBODY = {"named_tuple"}  # imports allowed in every room except `kernels`
ERROR_PATHS = {  # imports that close a circle, but run only on an error, inside a function
    ("cnncalc.text.diagnostic", "cnncalc.text.caret"),  # str() of a SpecError draws its diagnostics
}


def room(path):
    """Return the room of a file; a module at the top is its own room."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def module(path):
    """Return the name of a file's module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree):
    """Return all modules that a file imports, including inside functions and for type checkers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES or (PACKAGE.parent / name.replace(".", "/")).is_dir() else node.module


def parsed(path, source=None):
    return ast.parse(path.read_text(encoding="utf-8") if source is None else source)


def rooms_of(modules):
    """Return the rooms and the third-party packages among modules, without the standard library and the package itself."""
    for name in modules:
        parts = name.split(".")
        if parts[0] == "cnncalc":
            yield from parts[1:2]
        elif parts[0] not in sys.stdlib_module_names:
            yield parts[0]


def below(name):
    """Return the rooms on the floors below a room."""
    (floor,) = (at for at, names in enumerate(FLOORS) if name in names)
    return set().union(*FLOORS[:floor])


def permitted(name):
    """Return the imports that the table allows a room."""
    allowed = ROOMS[name] | (EVERYBODY if name != "kernels" else set())
    return allowed | below(name) if "*" in allowed else allowed


def forbidden(path, source=None):
    """Return the forbidden imports of a file."""
    own = room(path)
    return set(rooms_of(imports(parsed(path, source)))) - permitted(own) - {own}


FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {module(path): path for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_imports_stay_within_the_table(path):
    assert forbidden(path) == set()


def test_the_table_of_the_documentation_is_this_one():
    """Rows such as "| `text/` | contents | maths, text; yaml |" of docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)/` \|[^|\n]*\| ([^|\n]*) \|$", text, re.MULTILINE)
    said = {name: {word for word in re.split(r"[;,] *", words) if word and word != "nothing"} for name, words in rows}
    assert said == {name: {"all above" if word == "*" else word for word in ROOMS[name]} for name in folders()}
    order = [name for name, _ in rows]
    assert all(order.index(name) > order.index(under) for name in order for under in below(name) & set(order))


def folders():
    return {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}


def test_every_room_has_its_line_and_its_floor():
    tops = {path.stem for path in PACKAGE.glob("*.py")}
    assert ROOMS.keys() == folders() | tops
    assert sorted(name for names in FLOORS for name in names) == sorted(ROOMS)


def climbing(rooms):
    """Return the pairs of a table whose second room is not on a floor below the first."""
    return {(name, other) for name, allowed in rooms.items() for other in allowed & ROOMS.keys() if other not in below(name)}


def test_a_room_imports_from_floors_below_only():
    assert climbing(ROOMS) == set()


def test_the_check_of_the_floors_can_fail():
    assert climbing({"layers": {"text", "pattern"}, "text": {"maths"}, "maths": {"cli"}}) == {
        ("layers", "pattern"),
        ("text", "maths"),
        ("maths", "cli"),
    }


@pytest.mark.parametrize(
    "place, source, found",
    [
        ("maths/x.py", "import yaml", {"yaml"}),
        ("layers/x.py", "def f():\n    from cnncalc.reports import plain", {"reports"}),
        ("layers/x.py", "if TYPE_CHECKING:\n    from cnncalc.graph.graph import Node", {"graph"}),
        ("layers/x.py", "if True:\n    from cnncalc.graph.graph import Node", {"graph"}),
        ("pattern/x.py", "from cnncalc.layers.conv import Conv", {"layers"}),
        ("reports/x.py", "from cnncalc.cli import main", {"cli"}),
        ("reports/x.py", "from cnncalc.tasks.verify import verify", {"tasks"}),
        ("tasks/x.py", "import cnncalc.cli", {"cli"}),
        ("pipeline.py", "from cnncalc.tasks import check\nimport numpy", {"tasks", "numpy"}),
        ("kernels/x.py", "from cnncalc.named_tuple import NamedTuple", {"named_tuple"}),
        ("analyses/x.py", "import numpy as np", {"numpy"}),
        ("analyses/x.py", "import json, os.path\nfrom cnncalc import __version__\nfrom cnncalc.text.source import Span", set()),
        ("text/x.py", "from cnncalc import pipeline", {"pipeline"}),
    ],
)
def test_the_check_can_fail(place, source, found):
    assert forbidden(PACKAGE / place, source) == found


# private modules


def trespassed(path, source=None):
    """Return the imported private modules (`_x`) of other rooms, and the imported private names of any module."""
    tree = parsed(path, source)
    places = [name.split(".") for name in imports(tree) if name.startswith("cnncalc.")]
    foreign = {".".join(parts) for parts in places if any(part.startswith("_") for part in parts[1:]) and parts[1] != room(path)}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module.startswith("cnncalc")]
    names = {
        f"{node.module}.{alias.name}" for node in froms for alias in node.names if re.match("_[a-z]", alias.name, re.IGNORECASE)
    }
    return foreign | (names - MODULES.keys())


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_private_modules_are_imported_by_their_own_room_only(path):
    assert trespassed(path) == set()


@pytest.mark.parametrize(
    "place, source, found",
    [
        ("layers/x.py", "from cnncalc.layers._windowed import Windowed", set()),
        ("layers/x.py", "from cnncalc.layers import _windowed", set()),
        ("rules/x.py", "from cnncalc.layers._windowed import Windowed", {"cnncalc.layers._windowed"}),
        ("rules/x.py", "if TYPE_CHECKING:\n    from cnncalc.layers import _windowed", {"cnncalc.layers._windowed"}),
        ("rules/x.py", "def f():\n    import cnncalc.layers._pooling", {"cnncalc.layers._pooling"}),
        ("layers/x.py", "from cnncalc.layers.repairs import _axes", {"cnncalc.layers.repairs._axes"}),
        ("layers/x.py", "from cnncalc import __version__", set()),
    ],
)
def test_the_check_of_private_modules_can_fail(place, source, found):
    assert trespassed(PACKAGE / place, source) == found


# circles


def arrows(paths):
    """Return the modules of the package that each module imports, without those of error paths."""
    found = {name: {other for other in imports(parsed(path)) if other in MODULES} - {name} for name, path in paths.items()}
    for start, end in ERROR_PATHS:
        found[start].discard(end)
    return found


def circles(found):
    """Return the sets of modules that import each other, directly or not: strongly connected components (Tarjan 1972)."""
    index, low, stack, result = {}, {}, [], []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in found.get(name, ()):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            result.append(set(stack[at:]))
            del stack[at:]

    for name in found:
        if name not in index:
            visit(name)
    return [each for each in result if len(each) > 1]


def test_no_modules_import_each_other():
    assert circles(arrows(MODULES)) == []


def test_error_paths_are_circles_inside_functions():
    """An excused import exists, closes a circle, and runs only when a function is called."""
    for start, end in ERROR_PATHS:
        found = arrows(MODULES)
        found[start].add(end)
        assert circles(found) == [{start, end}]
        body = parsed(MODULES[start]).body
        assert end not in {name for node in body if not isinstance(node, ast.ClassDef | ast.FunctionDef) for name in imports(node)}
        assert end in set(imports(parsed(MODULES[start])))


def test_the_check_of_circles_can_fail():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == [{"b", "c"}]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]


def test_types_and_functions_count_in_circles(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("if TYPE_CHECKING:\n    from cnncalc.text import caret\ndef f():\n    from cnncalc.maths.count import Count\n")
    assert set(imports(parsed(path))) == {"cnncalc.text.caret", "cnncalc.maths.count"}


# dependencies


def test_the_project_does_not_depend_on_more_than_it_says():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    outside = {name for path in FILES for name in rooms_of(imports(parsed(path)))} - ROOMS.keys()
    called = {"yaml": "pyyaml", "PIL": "pillow"}
    assert [name for name in sorted(outside) if f'"{called.get(name, name)}>=' not in text.lower()] == []


# what is loaded at the start


def loaded(code):
    """Return the modules that some code loads in a fresh interpreter, beyond those loaded at its start."""
    before = "import sys; before = set(sys.modules); sys.stdout.write('')"
    after = "sys.stderr.write('MODULES' + ' '.join(sorted(set(sys.modules) - before)))"
    found = python("-c", f"{before}\n{code}\n{after}")
    assert found.returncode == 0, found.stderr
    assert "MODULES" in found.stderr
    return set(found.stderr.rpartition("MODULES")[2].split())


def command(*arguments):
    """Return code that runs a command like the console script, but does not exit."""
    return f"sys.argv = ['cnncalc', *{arguments!r}]\nfrom cnncalc.cli.main import run\nassert run() == 0"


def packages(modules):
    return {name.partition(".")[0] for name in modules}


def kinds_among(modules):
    helpers = {"base", "options", "kinds", "misfits", "repairs"}
    found = {name.rpartition(".")[2] for name in modules if name.startswith("cnncalc.layers.")}
    return {name for name in found if not name.startswith("_") and name not in helpers}


GUARDS = [  # code, and the modules it must not load
    ("import cnncalc", {"click", "yaml", "numpy", "rich"}),
    (command("--version"), {"click", "yaml", "numpy", "rich", "importlib.metadata"}),
    (
        command("analyze", "vgg16"),
        {
            "click",
            "inspect",
            "locale",
            "numpy",
            "rich",
            "importlib.metadata",
            "cnncalc.extensions",
            "difflib",
            "csv",
            "pathlib._local",
            "encodings.utf_8_sig",
        },
    ),
    (command("analyze", "vgg16", "--format", "json"), {"numpy", "rich", "csv", "importlib.metadata", "cnncalc.extensions"}),
    (command("analyze", "INPUT[8x8x3] -> CONV3-8"), {"click", "inspect", "locale", "numpy", "rich", "yaml", "importlib.metadata"}),
    (command("conv", "8x8x3", "-k", "8"), {"numpy", "rich", "yaml"}),
    (command("explain", "CONV"), {"numpy", "rich", "yaml"}),
    (command("validate", "vgg16"), {"numpy", "rich", "importlib.metadata"}),
    ("import cnncalc; cnncalc.analyze('vgg16').to_dict()", {"numpy", "rich", "click"}),
    ("import cnncalc; cnncalc.analyze('INPUT[8x8x3] -> CONV3-8')", {"numpy", "rich", "click", "yaml"}),
]


@pytest.mark.parametrize("code, unwanted", GUARDS, ids=[code.splitlines()[0] for code, _ in GUARDS])
def test_guard(code, unwanted):
    found = loaded(code)
    assert not unwanted & (found | packages(found))


class WithoutTypes(ast.NodeTransformer):
    """Removes the code for type checkers only."""

    def visit_If(self, node):
        return None if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else self.generic_visit(node)


def takes_named_tuples_from_typing(source):
    """Return whether a text imports NamedTuple from typing, which compiles the annotations of every class."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "typing" and "NamedTuple" in {alias.name for alias in node.names}
        for node in ast.walk(WithoutTypes().visit(ast.parse(source)))
    )


def test_analyze_compiles_no_annotations():
    names = {name for name in loaded(command("analyze", "vgg16")) if name.startswith("cnncalc.")}
    sources = {
        path: path.read_text(encoding="utf-8") for path in FILES if ".".join(path.relative_to(ROOT).with_suffix("").parts) in names
    }
    assert len(sources) > 40
    assert [path.name for path, source in sources.items() if takes_named_tuples_from_typing(source)] == []


def test_the_guard_of_named_tuples_can_fail():
    assert takes_named_tuples_from_typing("from typing import TYPE_CHECKING, NamedTuple")
    assert not takes_named_tuples_from_typing("from cnncalc.named_tuple import NamedTuple")


def compiled(code):
    """Return the modules of the package that compile regular expressions at import, once per expression."""
    before = "import re, sys; compile_, said = re.compile, sys.stderr.write"
    hook = "re.compile = lambda *given: (said(f'MODULE {sys._getframe(1).f_globals[\"__name__\"]};'), compile_(*given))[1]"
    found = python("-c", f"{before}\n{hook}\n{code}")
    assert found.returncode == 0, found.stderr
    return [name for name in re.findall(r"MODULE ([\w.]+);", found.stderr) if name.startswith("cnncalc.")]


def test_analyze_compiles_few_expressions_at_import():
    """Each takes 0.02 to 0.3 ms; expressions for some specs only are compiled on first use, by `re.search` and the like."""
    assert sorted(compiled(command("analyze", "vgg16"))) == [
        "cnncalc.graph.vocabulary",
        "cnncalc.pattern.lexer",
        "cnncalc.spec.values",
        "cnncalc.spec.values",
        "cnncalc.text.source",
    ]


def test_the_guard_of_expressions_can_fail():
    assert compiled("import cnncalc.text.source") == ["cnncalc.text.source"]


def test_import_cnncalc_loads_nothing_of_ours_but_itself():
    assert {name for name in loaded("import cnncalc") if name.startswith("cnncalc")} == {"cnncalc"}


def test_the_version_loads_only_what_prints_it():
    found = {name for name in loaded(command("--version")) if name.startswith("cnncalc")}
    assert found == {"cnncalc", "cnncalc.cli", "cnncalc.cli.main"}


def test_only_the_layer_kinds_in_use_are_loaded():
    assert kinds_among(loaded(command("analyze", "vgg16"))) == {"input", "conv", "relu", "pool", "fc"}
    assert kinds_among(loaded(command("analyze", "INPUT[8x8x3] -> GAP"))) == {"input", "gap"}


def test_only_the_renderer_in_use_is_loaded():
    def renderers(*arguments):
        names = {"csv", "json", "markdown", "notes", "table", "html", "plain"}
        return {each.rpartition(".")[2] for each in loaded(command(*arguments)) if each.startswith("cnncalc.reports.")} & names

    assert renderers("analyze", "vgg16") == {"plain"}
    assert renderers("analyze", "vgg16", "--format", "json") == {"json"}
    assert renderers("analyze", "vgg16", "--format", "csv") == {"csv"}


def test_no_command_loads_another():
    def commands(*arguments):
        found = {name.rpartition(".")[2] for name in loaded(command(*arguments)) if name.startswith("cnncalc.cli.")}
        return found & {"analyze", "validate", "conv", "pool", "fc", "list", "explain"}

    assert commands("analyze", "vgg16", "--all") == {"analyze"}
    assert commands("analyze", "vgg16") == set()


@pytest.mark.parametrize("module", ["numpy", "rich", "yaml", "click", "inspect", "locale"])
def test_the_guards_can_fail(module):
    assert module in packages(loaded(f"import {module}"))


def test_an_option_loads_what_the_plain_command_must_not():
    assert {"click", "inspect", "locale"} <= loaded(command("analyze", "vgg16", "--all"))


def test_the_guard_of_kinds_can_fail():
    assert "gelu" in kinds_among(loaded("import cnncalc.layers.gelu"))


def test_modules_have_no_side_effects():
    """Importing everything prints nothing and writes nothing into the working folder."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES if path.stem not in {"__main__", "__init__"}]
    found = python("-c", "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in names))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_no_module_holds_the_centre():
    """No file is so large that everything passes through it."""
    largest = max(FILES, key=lambda path: len(path.read_text(encoding="utf-8").splitlines()))
    assert len(largest.read_text(encoding="utf-8").splitlines()) < 800, largest


def test_nothing_is_called_utils():
    assert not [path for path in FILES if path.stem in {"utils", "util", "helpers", "common", "misc"}]


def test_paths_of_this_machine_are_nowhere():
    home = str(Path.home())
    for path in FILES:
        assert home not in path.read_text(encoding="utf-8") or home == "/"
