"""The names in a pattern, and the names that a list of bindings sets."""

import pytest
from support import KINDS, parse

from cnncalc.pattern.frames import UNREAD, Binding, Bindings, Setting
from cnncalc.pattern.parser import parse_block, parse_header, parse_value
from cnncalc.pattern.syntax import named_steps
from cnncalc.pattern.usage import bound_names, used_names
from cnncalc.text.source import Source, Span

BLOCKS = ("A", "B")


def value(text):
    return parse_value(Source("", text), KINDS)


TEXT = Source("", "x" * 9)


def place(at):
    return Span(TEXT, at, at + 1)


def bindings(*entries):
    return Bindings(entries, place(0))


def binding(variables=None, defaults=None, keys=None):
    return Binding(variables or {}, defaults or {}, {}, keys or {}, place(0))


USED = [
    ("RELU", set()),
    ("CONV3-64/2", set()),
    ("CONV3-K/S", {"K", "S"}),
    ("CONV3-(2*K+L)", {"K", "L"}),
    ("CONV3-(-K)", {"K"}),
    ("CONV(kernel=N, padding=same)", {"N", "same"}),
    ("DROPOUT(P)", {"P"}),
    ("[RELU]*N", {"N"}),
    ("[CONV3-K]*3", {"K"}),
    ("POOL?", {"POOL"}),
    ("x=POOL?", {"x"}),
    ("x=POOL", set()),
    ("[RELU]?", {""}),
    ("x=[CONV3-K]?", {"x", "K"}),
    ("A", {"A"}),
    ("A(K, 2*L)", {"A", "K", "L"}),
    ("A?", {"A"}),
    ("x=A?", {"A", "x"}),
    ("{ CONV3-K | RELU*N } -> ADD", {"K", "N"}),
    ("{ POOL? -> A | } -> ADD", {"POOL", "A"}),
    ("[[[CONV3-K]]]", {"K"}),
    ("ADD(skip)", {"skip"}),
]


@pytest.mark.parametrize("text, wanted", USED)
def test_used(text, wanted):
    assert used_names(parse(text, BLOCKS), [], {}, {}) == wanted
    header = parse_header(Source("", "B"), KINDS)
    block = parse_block(header, Source("", text), KINDS, BLOCKS)
    assert used_names(parse("RELU"), [block], {}, {}) == wanted


def test_defaults_and_variables_use_names_too():
    settings = {"CONV": {"kernel": Setting(value("K"), place(0)), "stride": Setting(value("2*S"), place(0))}}
    assert used_names(parse("RELU*N"), [], settings, {}) == {"K", "S", "N"}
    inner = bindings(binding({"X": value("Y")}))
    variables = {
        "A": value("B+1"),
        "U": UNREAD,
        "M": bindings(binding({"C": value("D"), "I": inner}, settings), binding({"C": value("-E")})),
    }
    assert used_names(parse("RELU"), [], {}, variables) == {"B", "D", "E", "K", "S", "Y"}


def test_bound_names_are_where_they_are_set_first():
    inner = bindings(binding(keys={"X": place(5), "C": place(6)}))
    found = bound_names(
        bindings(binding({"I": inner}, keys={"C": place(1), "I": place(2)}), binding(keys={"C": place(3), "s": place(4)}))
    )
    assert found == {"C": place(1), "I": place(2), "X": place(5), "s": place(4)}
    assert bound_names(value("3")) == {}
    assert bound_names(UNREAD) == {}


def test_named_steps_are_those_of_groups_and_branches_but_not_of_blocks():
    steps = parse("a=RELU -> b=[c=TANH -> { d=RELU | [e=RELU]*2 } -> ADD] -> f=A -> RELU", BLOCKS)
    assert [step.name for step in named_steps(steps)] == ["a", "b", "c", "", "d", "", "e", "", "f", ""]
