"""The options and inputs of a layer before its kind is looked up; a wrong use is marked and causes no further errors."""

import pytest
from test_limits import expanded

BROKEN = [  # a step; the code, and the underlined words
    ("CONV3-8(padding=1, P=2)", "CNN108", "P"),
    ("CONV3-8(kernel=5)", "CNN108", "kernel"),
    ("CONV3-8(pading=1)", "CNN107", "pading"),
    ("CONV3-N", "CNN104", "N"),
    ("CONV3-(7/2)", "CNN112", "7/2"),
    ("DROPOUT(0.5, 0.6)", "CNN107", "0.6"),
    ("RELU(0.5)", "CNN107", "0.5"),
    ("CLIP(0, 6, 7)", "CNN107", "7"),
    ("CLIP(min=0, 6)", "CNN108", "6"),
    ("TANH(from=a, from=b)", "CNN109", "b"),
    ("TANH(from=a, from=b, from=a)", "CNN109", "b"),
    ("TANH(from=none*)", "CNN110", "none*"),
]


@pytest.mark.parametrize("step, code, words", BROKEN)
def test_broken(step, code, words):
    found, said = expanded(f"a=SIGMOID -> b=SIGMOID -> {step}")
    assert [(number, where) for number, _, where in said] == [(code, words)]
    assert [placed.use.broken for placed in found.placed] == [False] * 3 + [True]


def test_all_options_of_a_step_are_checked():
    def words(text):
        return [where for _, _, where in expanded(text)[1]]

    assert words("DROPOUT(0.5, 0.6, rate=0.7, rat=1)") == ["0.6", "rate", "rat"]
    assert words("RELU(1, b=2)") == ["1", "b"]
    assert words("CONV3-8(pading=1, P=N, S=2, stride=3)") == ["pading", "N", "stride"]


GIVEN = [  # a step, its options with their words
    ("CONV3-(2*4)/2(P=1)", {"kernel": (3, "3"), "filters": (8, "2*4"), "stride": (2, "2"), "padding": (1, "1")}),
    ("DROPOUT(0.5)", {"rate": (0.5, "0.5")}),
    ("CLIP(-1, 6)", {"min": (-1, "-1"), "max": (6, "6")}),
    ("CLIP(0, max=6)", {"min": (0, "0"), "max": (6, "6")}),
    ("SCALE(2, 3)", {"factor": (2, "2"), "shift": (3, "3")}),
    ("DROPOUT(rate=0.5)", {"rate": (0.5, "0.5")}),
    ("POOL", {}),
    ("CONCAT(a, least=1)", {"least": (1, "1")}),
]


@pytest.mark.parametrize("step, wanted", GIVEN)
def test_given(step, wanted):
    found, said = expanded(f"a=SIGMOID -> {step}")
    assert said == []
    assert {name: (value, span.words()) for name, (value, span) in found.placed[-1].use.given.items()} == wanted
    assert not found.placed[-1].use.broken


READ = [  # a pattern; the inputs of each layer, -1 for a name that is not known yet
    ("RELU -> TANH", [(), (0,), (1,)]),
    ("INPUT -> RELU", [(), (0,)]),
    ("RELU -> ADD(later)", [(), (0,), (1, -1)]),
    ("RELU -> ADD(later, from=first)", [(), (0,), (-1, -1)]),
    ("RELU -> TANH(from=new*)", [(), (0,), (0,)]),
    ("{ RELU | TANH | } -> ADD", [(), (0,), (0,), (1, 2, 0)]),
    ("a=RELU -> b=TANH -> CONCAT(from=a*, from=b, from=b*)", [(), (0,), (1,), (1, 2, 2)]),
    ("a=RELU -> TANH(from=a) -> ADD(a)", [(), (0,), (1,), (2, 1)]),
    ("a=RELU -> CONV3-4(share=a)", [(), (0,), (1,)]),
]


@pytest.mark.parametrize("text, wanted", READ)
def test_read(text, wanted):
    assert [placed.inputs for placed in expanded(text)[0].placed] == wanted


def test_pending_references():
    found, _ = expanded("g=[RELU -> ADD(x, y) -> CONV3-4(share=z)]*2")
    assert [(each.at, each.slot, each.path, each.prefix, each.span.words()) for each in found.pending] == [
        (2, 1, "x", "g1/", "x"),
        (2, 2, "y", "g1/", "y"),
        (3, -1, "z", "g1/", "z"),
        (5, 1, "x", "g2/", "x"),
        (5, 2, "y", "g2/", "y"),
        (6, -1, "z", "g2/", "z"),
    ]


def test_shared_weights():
    found, said = expanded("a=CONV3-4 -> CONV3-4 -> CONV3-4(share=a)")
    assert (said, [placed.share for placed in found.placed]) == ([], [-1, -1, -1, 1])


def test_outputs():
    found, _ = expanded("RELU -> { TANH | SIGMOID -> OUTPUT(aux) | OUTPUT } -> GAP")
    assert [(output.at, output.name) for output in found.outputs] == [(3, "aux"), (1, ""), (4, "")]
    assert expanded("RELU -> { OUTPUT(a) | OUTPUT(b) }")[0].outputs == [(1, "a"), (1, "b")]


def test_named_layers_are_known_by_path():
    found, _ = expanded("a=RELU -> g=[b=TANH -> A]*2 -> c=A", {"A": "d=SIGMOID"})
    assert found.named == {"a": 1, "g1/b": 2, "g1/a1/d": 3, "g2/b": 4, "g2/a1/d": 5, "g": 5, "c/d": 6, "c": 6}
    assert not found.plain


@pytest.mark.parametrize("text, plain", [("a=[RELU -> TANH]*2", True), ("{ | RELU } -> ADD", False), ("A", False)])
def test_plain_chains(text, plain):
    assert expanded(text, {"A": "RELU"})[0].plain is plain


INPUTS = [  # a pattern with several inputs; what each layer reads; the names of layers
    ("{ a=INPUT[8x8x3] | b=INPUT[8x8x3] } -> ADD", [(), (), (0, 1)], ["a", "b", ""]),
    ("{ INPUT(a) -> RELU | INPUT(b) } -> ADD", [(), (0,), (), (1, 2)], ["a", "", "b", ""]),
    ("INPUT -> RELU -> { | b=INPUT -> TANH } -> ADD", [(), (0,), (), (2,), (1, 3)], ["", "", "b", "", ""]),
    ("{ [a=INPUT -> RELU] | b=INPUT } -> ADD", [(), (0,), (), (1, 2)], ["a", "", "b", ""]),
    ("{ { a=INPUT | b=INPUT } -> ADD | c=INPUT } -> ADD", [(), (), (0, 1), (), (2, 3)], ["a", "b", "", "c", ""]),
    ("{ A | b=INPUT } -> ADD", [(), (0,), (), (1, 2)], ["", "", "b", ""]),
    ("A -> TANH", [(), (0,), (1,)], ["", "", ""]),
    ("B -> TANH", [(), (0,), (1,), (2,)], ["", "", "", ""]),
    ("RELU -> B", [(), (0,), (1,), (2,)], ["", "", "", ""]),
    ("{ RELU | b=INPUT } -> ADD", [(), (0,), (), (1, 2)], ["", "", "b", ""]),
    ("{ { | } -> ADD | b=INPUT } -> ADD", [(), (0, 0), (), (1, 2)], ["", "", "b", ""]),
]


@pytest.mark.parametrize("text, reads, names", INPUTS)
def test_several_inputs(text, reads, names):
    found, said = expanded(text, {"A": "INPUT -> RELU", "B": "RELU -> TANH"})
    assert said == []
    assert [placed.inputs for placed in found.placed] == reads
    assert [placed.name for placed in found.placed] == names


WRONG_INPUTS = [  # a pattern; the words that are pointed at
    ("RELU -> INPUT", ["INPUT"]),
    ("RELU -> INPUT -> TANH -> INPUT", ["INPUT", "INPUT"]),
    ("{ | RELU -> INPUT } -> ADD", ["INPUT"]),
    ("RELU -> A", ["INPUT"]),
    ("RELU -> { a=INPUT | b=INPUT } -> ADD", ["{ a=INPUT | b=INPUT }"]),
    ("{ RELU | INPUT? } -> ADD", ["INPUT"]),
    ("{ RELU | INPUT*1 } -> ADD", ["INPUT"]),
    ("{ a=INPUT(b) | c=INPUT(c) } -> ADD", ["b"]),
    ("{ INPUT(a) | INPUT(a) } -> ADD", ["INPUT(a)"]),
]


@pytest.mark.parametrize("text, wanted", WRONG_INPUTS)
def test_inputs_that_something_leads_to(text, wanted):
    assert [words for _, _, words in expanded(text, {"A": "INPUT -> RELU"})[1]] == wanted


def test_an_input_has_a_name_and_a_shape():
    (placed,) = expanded("INPUT(left, shape=8x8x3)")[0].placed
    assert (placed.name, placed.use.given["shape"][0].sizes) == ("left", (8, 8, 3))


def test_the_name_of_an_input_is_no_variable():
    assert [placed.name for placed in expanded("INPUT(shape=N) -> RELU", N=3)[0].placed] == ["", ""]
