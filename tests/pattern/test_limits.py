"""The limits of patterns: each limit can be reached, and one more is refused."""

import pytest
from support import KINDS, parse

from cnncalc.pattern.expand import expand
from cnncalc.pattern.frames import Binding, Bindings, Frame
from cnncalc.pattern.parser import parse_block, parse_header
from cnncalc.pattern.syntax import Int
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.source import Source, Span


def bindings(*values):
    """Return a list of bindings of C."""
    where = Span(Source("", "C"), 0, 1)
    return Bindings(tuple(Binding({"C": Int(value, where)}, {}, {}, {}, where) for value in values), where)


def expanded(text, blocks=(), **variables):
    """Return the layers of a pattern, and its errors: codes, messages and the underlined words."""
    headers = {parse_header(Source("", head), KINDS): body for head, body in dict(blocks).items()}
    names = [header[0] for header in headers]
    made = {header[0]: parse_block(header, Source("", body), KINDS, names) for header, body in headers.items()}
    found = expand(parse(text, names), Frame(variables, {}, {}), made, KINDS, findings := Findings())
    return found, [(each.code.number, each.message, each.span.words()) for each in findings]


@pytest.fixture
def limits(monkeypatch):
    def change(**numbers):
        for name, number in numbers.items():
            monkeypatch.setattr(f"cnncalc.pattern.expand.{name.upper()}", number)

    return change


FULL = [  # the layer limit, which includes the input only for placed layers; a pattern at the limit; one above, and its words
    (5, "[RELU]*5", "[RELU]*6", "6", "6 repetitions make more than 5 layers"),
    (5, "[RELU -> [TANH]*4]*1", "[RELU -> [TANH]*5]*1", "1", "6 layers are more than 5"),
    (6, "[[RELU]*2]*3", "[[RELU]*2]*4", "4", "8 layers are more than 6"),
    (6, "[[RELU]*2 -> { TANH | } -> ADD]*1", "[[RELU]*2 -> { TANH | RELU*3 } -> ADD]*1", "1", "7 layers are more than 6"),
    (5, "[RELU -> TANH*3]", "[RELU -> TANH*6]", "6", "6 repetitions make more than 5 layers"),
    (5, "[[RELU]*2]*2", "[[[RELU]*2]*3 -> TANH]", "3", "6 layers are more than 5"),
    (5, "[x=RELU? -> TANH*4]*1", "[x=RELU? -> TANH*5]*1", "1", "6 layers are more than 5"),
    (5, "[n=RELU? -> TANH*4]*1", "[N=RELU? -> TANH*6]*1", "6", "6 repetitions make more than 5 layers"),
    (4, "[A(1)]*2", "[A(1)]*3", "3", "6 layers are more than 4"),
    (4, "A(2)", "A(4)", "A(4)", "5 layers are more than 4"),
]


@pytest.mark.parametrize("most, fits, larger, words, message", FULL)
def test_layers(limits, most, fits, larger, words, message):
    limits(most_layers=most + 1)  # and the input
    blocks = {"A(C)": "RELU -> TANH*C"}
    assert expanded(f"INPUT -> {fits}", blocks)[1] == []
    limits(most_layers=most)
    found, said = expanded(f"INPUT -> {larger}", blocks)
    assert said == [("CNN105", message, words)]
    assert found[:4] == ([], [], [], {})


def test_steps_that_are_left_out_are_no_layers(limits):
    limits(most_layers=5)
    frame = {"x": False}
    steps = parse("INPUT -> [x=RELU? -> TANH*4]*1")
    found = expand(steps, Frame({}, {}, frame), {}, KINDS, findings := Findings())
    assert (len(found.placed), list(findings)) == (5, [])
    limits(most_layers=3)
    expand(steps, Frame({}, {}, frame), {}, KINDS, findings)
    assert [each.message for each in findings] == ["4 repetitions make more than 3 layers"]
    steps = parse("INPUT -> [x=RELU? -> TANH*2 -> TANH*2]*1")
    expand(steps, Frame({}, {}, frame), {}, KINDS, findings := Findings())
    assert [each.message for each in findings] == ["4 layers are more than 3"]


@pytest.mark.parametrize("call, code", [("A(N)", "CNN104"), ("A(1, 2)", "CNN111"), ("A", "CNN111")])
def test_a_call_that_is_wrong_is_one_layer(limits, call, code):
    limits(most_layers=5)
    found, said = expanded(f"[{call}]*4", {"A(C)": "RELU -> TANH"})
    assert {number for number, _, _ in said} == {code}
    assert len(found.placed) == 5


def test_a_block_that_calls_itself_where_nothing_could_be_measured():
    found = expanded("[A]*N", {"A": "A"})[1]
    assert [(code, words) for code, _, words in found] == [("CNN104", "N"), ("CNN106", "A")]


def test_the_layers_of_steps_side_by_side_are_added_up_when_they_are_placed(limits):
    limits(most_layers=4)
    assert len(expanded("INPUT -> RELU*3")[0].placed) == 4
    assert expanded("RELU*4")[1] == [("CNN105", "the network has more than 4 layers", "RELU")]
    found, said = expanded("INPUT -> RELU*3 -> TANH")
    assert said == [("CNN105", "the network has more than 4 layers", "TANH")]
    assert found.placed == []


def test_the_limits_that_are_in_force():
    assert expanded("[RELU]*200001")[1] == [("CNN105", "200,001 repetitions make more than 200,000 layers", "200001")]
    assert expanded("[[RELU]*1000]*201")[1] == [("CNN105", "201,000 layers are more than 200,000", "201")]
    assert expanded("[[[RELU]*100000]*100000]*999")[1][0][1] == "9,990,000,000,000 layers are more than 200,000"


@pytest.mark.parametrize(
    "blocks, text", [(30, "1,073,741,824"), (49, "562,949,953,421,312"), (50, "over 10^15"), (59, "over 10^17")]
)
def test_huge_numbers_of_layers(blocks, text):
    """A step of 2**n layers: each block calls the next one twice."""
    made = {f"B{at}": f"B{at + 1} -> B{at + 1}" for at in range(blocks)}
    assert expanded("B0", {**made, f"B{blocks}": "RELU"})[1] == [("CNN105", f"{text} layers are more than 200,000", "B0")]


def test_turns_without_layers(limits):
    limits(most_layers=3)
    assert expanded("[[n=RELU?]*2]*2", n=False)[1] == []
    limits(most_layers=2)  # allows twice as many iterations
    assert expanded("A -> A -> A -> A", {"A": "[RELU]*0"})[1] == []
    assert expanded("A -> A -> A -> A -> A", {"A": "[RELU]*0"})[1] == [("CNN105", "the pattern repeats more than 4 times", "A")]


def test_different_values(limits):
    limits(most_frames=3)
    assert expanded("[CONV3-C]*M", M=bindings(1, 2, 3))[1] == []
    assert expanded("[CONV3-C]*M -> [CONV3-C]*M", M=bindings(1, 2, 3))[1] == []  # equal values are kept
    message = "blocks are called and groups repeated with more than 3 different values"
    assert expanded("[CONV3-C]*M", M=bindings(1, 2, 3, 4))[1] == [("CNN105", message, "M")]
    assert expanded("A(1) -> A(2) -> A(3) -> A(1)", {"A(C)": "CONV3-C"})[1] == []
    assert expanded("A(1) -> A(2) -> A(3) -> A(4)", {"A(C)": "CONV3-C"})[1] == [("CNN105", message, "A(4)")]


def test_the_limit_of_values_that_is_in_force():
    (binding,), where = bindings(1)
    assert expanded("[x=RELU?]*M", M=Bindings((binding,) * 200_001, where))[1] == [
        ("CNN105", "blocks are called and groups repeated with more than 200,000 different values", "M")
    ]


STARRED = "x=RELU -> [new=TANH -> CONCAT(from=x, from=new*)]*3"  # the iterations read 1, 2 and 3 of them


def test_volumes_that_stars_stand_for(limits):
    limits(most_read=6)
    found, said = expanded(STARRED)
    assert said == []
    assert [placed.inputs for placed in found.placed if placed.use.kind == "CONCAT"] == [(1, 2), (1, 2, 4), (1, 2, 4, 6)]
    limits(most_read=5)
    assert expanded(STARRED)[1] == [("CNN105", "`new*` and similar references read more than 5 volumes", "new*")]


def test_the_limit_of_volumes_that_is_in_force():
    assert expanded("[new=TANH]*1000 -> [CONCAT(from=new*)]*1001")[1] == [
        ("CNN105", "`new*` and similar references read more than 1,000,000 volumes", "new*")
    ]


def test_blocks_in_blocks():
    def nested(depth):
        return {**{f"B{at}": f"B{at + 1}" for at in range(1, depth)}, f"B{depth}": "RELU"}

    assert expanded("B1", nested(60))[1] == []
    (found,) = expanded("B1", nested(61))[1]
    assert found == ("CNN106", "the block `B61` is nested more than 60 blocks deep; does it call itself without end?", "B61")


def sums(operators):
    return "1" + "+1" * operators


PLACES = [  # places of expressions; the limit of operators applies to each value separately
    "CONV3-({0}) -> CONV3-({0})",
    "CONV3-8/({0}) -> CONV3-8/({0})",
    "CONV3-({0})/({0})",
    "CONV3-({0})(padding={0}, stride={0})",
    "DROPOUT({0}) -> DROPOUT({0})",
    "[RELU]*({0}) -> [RELU]*({0})",
    "[CONV3-({0})]*({0})",
    "A({0}, {0}) -> A({0}, 1)",
]


@pytest.mark.parametrize("text", PLACES)
def test_operators(text):
    parse(text.format(sums(200)), ["A"])
    parse(text.format("*".join(["2"] * 201)), ["A"])
    parse(text.format("-" * 300 + "2"), ["A"])
    for longer in (sums(201), "*".join(["2"] * 202), "(1+1)*" * 101 + "1"):
        with pytest.raises(SpecError) as raised:
            parse(text.format(longer), ["A"])
        (found,) = raised.value.diagnostics
        assert (found.code.number, found.message) == ("CNN106", "more than 200 operators in one value")


NESTED = [("[", "]"), ("(", ")"), ("{ | ", "} -> ADD"), ("CONV3-8(stride=", ")"), ("INPUT[", "]"), ("A(", ")"), ("CNV(", ")")]


def brackets(depth, opener, closer):
    """Return a pattern of this many nested brackets, the innermost of another kind."""
    inner = {"[": "RELU", "(": "RELU", "{ | ": "RELU"}.get(opener)
    if inner:
        return opener * depth + inner + closer * depth
    return "[" * (depth - 1) + opener + "1" + closer + "]" * (depth - 1)


@pytest.mark.parametrize("opener, closer", NESTED)
def test_brackets(opener, closer):
    def numbers(text):
        try:
            parse(text, ["A"])
        except SpecError as error:
            return [each.code.number for each in error.diagnostics]
        return []

    unknown = ["CNN103"] if opener == "CNV(" else []
    assert numbers(brackets(60, opener, closer)) == unknown
    assert numbers(brackets(61, opener, closer)) == [*unknown, "CNN106"]
    assert numbers(brackets(30, opener, closer) + " -> " + brackets(60, opener, closer)) == unknown * 2
