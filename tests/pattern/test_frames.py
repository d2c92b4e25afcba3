"""The meaning of names and expressions: variables, defaults, switches, and integer arithmetic."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import KINDS

from cnncalc.maths.volume import Dims
from cnncalc.pattern.frames import UNREAD, Binding, Bindings, Frame, Setting, Unread, evaluate, integer
from cnncalc.pattern.parser import parse_value
from cnncalc.pattern.syntax import Binary, Int, Literal, Name, Negative
from cnncalc.text.diagnostic import SpecError
from cnncalc.text.source import Source, Span

WHERE = Span(Source("", ""), 0, 0)
LIST = Bindings((), WHERE)


def value(text):
    return parse_value(Source("<pattern>", text), KINDS)


def frame(variables=None, switches=None, scope=None, outer=None, defaults=None):
    return Frame(variables or {}, defaults or {}, switches or {}, scope, outer)


OUTER = frame({"A": 1, "B": 2}, {"a": True, "b": False})
INNER = frame({"B": 3, "C": 4, "L": LIST}, {"b": True}, scope=OUTER)
BELOW = frame({"C": 5}, scope=INNER)


@pytest.mark.parametrize("name, wanted", [("A", 1), ("B", 3), ("C", 5), ("L", LIST), ("D", None)])
def test_variables_are_looked_up_from_the_inside_out(name, wanted):
    assert BELOW.lookup(name) == wanted


def test_names_in_force():
    assert BELOW.names() == {"A", "B", "C", "L"}
    assert OUTER.names() == {"A", "B"}


SWITCHES = [("a", True), ("b", True), ("A", True), ("L", None), ("D", None), ("Z", False)]


@pytest.mark.parametrize("name, wanted", SWITCHES)
def test_switches(name, wanted):
    assert frame({"Z": 0}, scope=BELOW).switch(name) is wanted


def test_a_switch_goes_before_a_variable_and_an_outer_one_too():
    assert frame({"a": 0}, scope=OUTER).switch("a") is True
    assert frame({"b": 1}, scope=OUTER).switch("b") is False


def test_defaults_are_those_of_the_caller_innermost_first():
    one, two, three = (Setting(Int(number, WHERE), WHERE) for number in (1, 2, 3))
    far = frame(defaults={"CONV": {"kernel": one}, "FC": {"units": one}})
    near = frame(defaults={"CONV": {"kernel": two, "filters": three}}, outer=far, scope=frame(defaults={"CONV": {"stride": one}}))
    here = frame(outer=near)
    assert list(here.settings("CONV")) == [("kernel", two, near), ("filters", three, near), ("kernel", one, far)]
    assert list(here.settings("FC")) == [("units", one, far)]
    assert list(here.settings("POOL")) == []


def test_a_binding_is_evaluated_once_in_the_frame_it_is_bound_in():
    setting = Setting(Int(1, WHERE), WHERE)
    binding = Binding({"C": value("2*A"), "L": LIST, "U": UNREAD}, {"CONV": {"kernel": setting}}, {"s": False}, {}, WHERE)
    bound = OUTER.bind(binding)
    assert (bound.lookup("C"), bound.lookup("L"), bound.lookup("U"), bound.lookup("B")) == (2, LIST, UNREAD, 2)
    assert (bound.switch("s"), bound.switch("b")) == (False, False)
    assert list(bound.settings("CONV")) == [("kernel", setting, bound)]
    assert OUTER.bind(binding) is bound
    assert OUTER.bind(binding._replace()) is not bound
    assert bound.bind(binding) is not bound


VALUES = [
    ("7", 7),
    ("C", 5),
    ("same", "same"),
    ("0.5", 0.5),
    ("true", True),
    ("3x5", Dims((3, 5))),
    ("-C", -5),
    ("-(C-6)", 1),
    ("C+A*B", 8),
    ("(C+A)*B", 18),
    ("C-A-B", 1),
    ("C-(A-B)", 7),
    ("12/4/3", 1),
    ("12/(4/2)", 6),
    ("-6/3", -2),
    ("0/5", 0),
    ("1000000000*1000000000", 10**18),
    ("-1000000000*1000000000", -(10**18)),
    ("999999999999999999+1", 10**18),
    ("0-999999999999999999-1", -(10**18)),
]


@pytest.mark.parametrize("text, wanted", VALUES)
def test_values(text, wanted):
    found = evaluate(value(text), BELOW)
    assert (found, type(found)) == (wanted, type(wanted))


REFUSED = [  # an expression, the code, the message, the words pointed at, the label
    ("D", "CNN104", "the variable `D` has no value", "D", "no value"),
    ("2*d", "CNN104", "the variable `d` has no value", "d", "no value"),
    ("2*(A+D)", "CNN104", "the variable `D` has no value", "D", "no value"),
    ("L", "CNN117", "`L` is a list of bindings; a number is needed here", "L", ""),
    ("2*L", "CNN117", "`L` is a list of bindings; a number is needed here", "L", ""),
    ("2*0.5", "CNN112", "`0.5` is not an integer", "0.5", "an integer is needed here"),
    ("2+true", "CNN112", "`true` is not an integer", "true", "an integer is needed here"),
    ("-3x5", "CNN112", "`3x5` is not an integer", "3x5", "an integer is needed here"),
    ("A+7/2", "CNN112", "`7/2` = 7/2 is not an integer", "7/2", "7/2"),
    ("7/(B-3)", "CNN112", "`7/(B-3)` is a division by zero", "7/(B-3)", "7/0"),
    ("0/0", "CNN112", "`0/0` is a division by zero", "0/0", "0/0"),
    ("1000000000*1000000001", "CNN112", "`1000000000*1000000001` is larger than 10^18", "1000000000*1000000001", "too large"),
    ("999999999999999999+2", "CNN112", "`999999999999999999+2` is larger than 10^18", "999999999999999999+2", "too large"),
    ("0-999999999999999999-2", "CNN112", "`(0-999999999999999999)-2` is larger than 10^18", "0-999999999999999999-2", "too large"),
]


@pytest.mark.parametrize("text, code, message, words, label", REFUSED)
def test_refused(text, code, message, words, label):
    with pytest.raises(SpecError) as raised:
        evaluate(value(text), BELOW)
    (found,) = raised.value.diagnostics
    assert (found.code.number, found.message, found.span.words(), found.label) == (code, message, words, label)


def test_what_names_a_variable_that_cannot_be_read_is_not_to_blame():
    for text in ("U", "2*U", "-U"):
        with pytest.raises(SpecError) as raised:
            evaluate(value(text), frame({"U": Unread()}))
        assert raised.value.diagnostics == ()


def test_an_unknown_variable_like_another_is_hinted_at():
    with pytest.raises(SpecError) as raised:
        evaluate(value("DEPHT"), frame({"DEPTH": 1}))
    assert raised.value.diagnostics[0].hints == ("did you mean `DEPTH`?",)


FALLBACKS = [("C", 4), ("A", 7), ("2*A", 14), ("A*2", 14), ("-A", -7), ("word", "word"), ("c", 9)]


@pytest.mark.parametrize("text, wanted", FALLBACKS)
def test_a_setting_is_read_where_it_was_written_and_then_where_it_is_used(text, wanted):
    assert evaluate(value(text), frame({"C": 4}), frame({"A": 7, "C": 5, "c": 9})) == wanted


def test_integers():
    assert integer(value("A+B"), BELOW) == 4
    assert integer(value("A"), frame(), BELOW) == 1


small = st.integers(-40, 40)
numbers = st.recursive(
    small.map(lambda number: Int(number, WHERE)),
    lambda inner: (
        st.builds(lambda sign, a, b: Binary(sign, a, b, WHERE), st.sampled_from("+-*/"), inner, inner)
        | inner.map(lambda one: Negative(one, WHERE))
    ),
    max_leaves=5,
)
SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def exactly(tree):
    """Return the value in fractions, or None for a division by zero."""
    if isinstance(tree, Int):
        return tree.value
    if isinstance(tree, Negative):
        inner = exactly(tree.inner)
        return None if inner is None else -inner
    left, right = exactly(tree.left), exactly(tree.right)
    if left is None or right is None or (tree.operator == "/" and (right == 0 or left % right)):
        return None
    return left // right if tree.operator == "/" else SIGNS[tree.operator](left, right)


@given(numbers)
def test_law_expressions_are_exact_or_refused(tree):
    wanted = exactly(tree)
    if wanted is None:
        with pytest.raises(SpecError):
            evaluate(tree, frame())
    else:
        assert evaluate(tree, frame()) == wanted


def test_literals_are_no_variables():
    assert evaluate(Literal(value=True, span=WHERE), frame({"true": 0})) is True
    assert evaluate(Name("x", WHERE), frame({"x": 0})) == 0
