"""The mutants of benchmarks/mutants.py: what is mutated, what is not, and that the table of equivalent mutants is up to date."""

import importlib.util

import pytest
from support import ROOT

SPEC = importlib.util.spec_from_file_location("mutants", ROOT / "benchmarks" / "mutants.py")
tool = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tool)

MUTATED = [  # a statement, and all its mutants
    ("a < b", {"a <= b", "a >= b"}),
    ("a == b != c", {"a != b != c", "a == b == c"}),
    ("a is None", {"a is not None"}),
    ("a in b", {"a not in b"}),
    ("a + b", {"a - b", "a * b"}),
    ("a * b", {"a + b", "a // b"}),
    ("a // b", {"a * b"}),
    ("a -= b", {"a += b"}),
    ("a and b", {"a or b"}),
    ("f(3)", {"f(4)", "f(2)"}),
    ("f(True)", {"f(False)"}),
    ("not a", {"a"}),
    ("-a", {"a"}),
    ("a if b else c", {"c if b else a"}),
    ("min(a)", {"max(a)"}),
    ("any(a)", {"all(a)"}),
    ("a[b:]", {"a[:]", "a[b + 1:]"}),
    ("a[:-b]", {"a[:]", "a[:b]"}),
    ("if a:\n    pass", {"if not a:"}),
    ("if a < b:\n    pass", {"if a <= b:", "if a >= b:"}),
    ("while a:\n    break", {"while not a:", "continue"}),
    ("[a for a in b if c]", {"[a for a in b if not c]"}),
    ("def f(a=1):\n    pass", {"def f(a=2):", "def f(a=0):"}),
    ("def f(a: int | str = b) -> int | None:\n    pass", set()),
    ("x: Final[1] = y", set()),
    ("if TYPE_CHECKING:\n    x = 1 + 2", set()),
    ("@cache(1)\ndef f():\n    pass", set()),
    ("f'{a + b:5d} of 3'", {"f'{a - b:5d} of 3'", "f'{a * b:5d} of 3'"}),
    ("'a' + b", set()),
    ("Value = Int | Name", set()),
    ("'''3 < 4'''", set()),
]


@pytest.mark.parametrize("source, wanted", MUTATED)
def test_mutants(source, wanted):
    found = tool.mutants("x.py", source)
    assert {mutant.mutated for mutant in found} == wanted
    assert len(found) == len(wanted)
    for mutant in found:
        assert mutant.mutated in tool.source_of(mutant, source)
        assert mutant.original not in tool.source_of(mutant, source).splitlines()


def test_a_mutant_says_where_it_is():
    source = "class A:\n    def f(self):\n        return (\n            1 <\n            x)\n"
    (found,) = [mutant for mutant in tool.mutants("x.py", source) if "<=" in mutant.mutated]
    assert found[:5] == ("x.py", 4, "A.f", "return 1 < x", "return 1 <= x")


def test_a_row_that_matches_no_mutant_is_found():
    rows = tool.equivalent(tool.EQUIVALENT.read_text(encoding="utf-8"))
    assert tool.stale(rows, ROOT) == []
    assert all(row.reason for row in rows)
    assert len({row[:4] for row in rows}) == len(rows)
    other = rows[0]._replace(mutated="pass")
    assert tool.stale([*rows, other], ROOT) == [other]
    assert tool.stale([rows[0]._replace(file="cnncalc/none.py")], ROOT) != []
