"""Several inputs: names and sizes in a spec, replacements on the command line, and errors."""

import pytest
from support import analyzed, found, graph, report_of, told

from cnncalc.graph.builder import Builder
from cnncalc.graph.infer import complete
from cnncalc.graph.inputs import check_names
from cnncalc.maths.volume import Volume
from cnncalc.request.request import request
from cnncalc.tasks.convert import ConvertOptions, convert
from cnncalc.text.diagnostic import Findings

PATTERN = "{ left=INPUT[64x64x3] -> CONV3-8 -> FLATTEN | right=INPUT[32x32x1] -> FLATTEN } -> CONCAT -> FC-10"
NAMED = "{ INPUT(left) -> CONV3-8 -> FLATTEN | INPUT(right) -> FLATTEN } -> CONCAT -> FC-10"
FORMS = {
    "pattern": PATTERN,
    "named in parentheses": f"inputs: {{left: 64x64x3, right: 32x32x1}}\npattern: '{NAMED}'\n",
    "named by steps": "inputs:\n  left: {width: 64, height: 64, depth: 3}\n  right: 32x32x1\n"
    "pattern: '{ left=INPUT -> CONV3-8 -> FLATTEN | right=INPUT -> FLATTEN } -> CONCAT -> FC-10'\n",
    "one size elsewhere": "input: 32x32x1\n"
    "pattern: '{ left=INPUT[64x64x3] -> CONV3-8 -> FLATTEN | right=INPUT -> FLATTEN } -> CONCAT -> FC-10'\n",
    "layers": """\
layers:
  - input: {name: left, shape: 64x64x3}
  - conv: {filters: 8}
  - flatten: {name: a}
  - input: {name: right, shape: 32x32x1}
  - flatten: {name: b}
  - concat: {from: [a, b]}
  - fc: {units: 10}
""",
    "layers and inputs": """\
inputs: {left: 64x64x3, right: 32x32x1}
layers:
  - input: left
  - conv: {filters: 8}
  - flatten: {name: a}
  - input: right
  - flatten: {name: b}
  - concat: {from: [a, b]}
  - fc: {units: 10}
""",
    "in a block": "pattern: '{ SEE -> FLATTEN | right=INPUT[32x32x1] -> FLATTEN } -> CONCAT -> FC-10'\n"
    "blocks: {SEE: 'left=INPUT[64x64x3] -> CONV3-8'}\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_form_says_the_same_network(text):
    network, wanted = graph(text), graph(PATTERN)
    assert [each.output for each in network.typed] == [each.output for each in wanted.typed]
    assert [each.inputs for each in network.nodes] == [each.inputs for each in wanted.nodes]
    assert [network.nodes[at].name.rpartition("/")[2] for at in network.inputs] == ["left", "right"]
    assert network.images == (Volume((64, 64), 3), Volume((32, 32), 1))
    assert report_of(network).totals == analyzed(PATTERN).totals


def test_figures():
    report = analyzed(PATTERN)
    assert report.totals.params == 3 * 3 * 3 * 8 + 8 + (64 * 64 * 8 + 32 * 32) * 10 + 10
    assert report.totals.macs == 64 * 64 * 3 * 3 * 3 * 8 + (64 * 64 * 8 + 32 * 32) * 10
    assert report.memory.images == 4 * (64 * 64 * 3 + 32 * 32)
    assert {name: volume.text for name, volume in report.inputs.items()} == {"left": "64x64x3", "right": "32x32x1"}


@pytest.mark.parametrize(
    "text, names",
    [
        ("{ INPUT[8x8x3] | INPUT[8x8x1] | INPUT[8x8x1] } -> CONCAT", ["input", "input2", "input3"]),
        ("{ INPUT[8x8x3] | b=INPUT[8x8x1] | INPUT[8x8x1] } -> CONCAT", ["input", "b", "input2"]),
        ("{a=INPUT[8x8x3] | b=INPUT[8x8x1]} -> CONCAT -> CONV3-4", ["a", "b"]),
        ("{a=INPUT[8x8x3] | b=INPUT[4x4x1]} -> CONV3-4(from=b) -> UPSAMPLE2 -> CONCAT(a)", ["a", "b"]),
        ("input: 8x8x3\npattern: '{ CONV3-4 | b=INPUT[8x8x1] } -> CONCAT'\n", ["input", "b"]),
        ("INPUT[8x8x3] -> CONV3-4 -> { | b=INPUT[8x8x1] } -> CONCAT", ["input", "b"]),
        ("INPUT[8x8x3] -> { CONV3-4 | { b=INPUT[8x8x1] | c=INPUT[8x8x1] } -> ADD } -> CONCAT", ["input", "b", "c"]),
        ("input: 8x8x3\npattern: CONV3-4\n", ["input"]),
    ],
)
def test_names(text, names):
    network = graph(text)
    assert [network.nodes[at].name for at in network.inputs] == names


def test_a_branch_with_its_own_input_does_not_read_what_comes_before():
    network = graph("INPUT[8x8x3] -> CONV3-4 -> { RELU | b=INPUT[8x8x4] -> CONV3-4 } -> ADD")
    assert [node.inputs for node in network.nodes] == [(), (0,), (1,), (), (3,), (2, 4)]


WRONG = {
    "in the middle": (
        "INPUT[8x8x3] -> CONV3-4 -> INPUT[8x8x3] -> FC-10",
        """\
error[CNN101]: INPUT is only allowed at the start of the pattern or of a branch
 --> <pattern>:1:28
  |
1 | INPUT[8x8x3] -> CONV3-4 -> INPUT[8x8x3] -> FC-10
  |                            ^^^^^^^^^^^^ other steps lead to it
  |
  = hint: let each input begin a branch: `{ left=INPUT[64x64x3] | right=INPUT[32x32x1] } -> CONCAT`""",
    ),
    "nothing reads": (
        "INPUT[8x8x3] -> CONV3-4 -> { INPUT[8x8x3] | INPUT[8x8x3] } -> ADD",
        """\
error[CNN101]: every branch begins with an INPUT: nothing reads the steps before the branches
 --> <pattern>:1:28
  |
1 | INPUT[8x8x3] -> CONV3-4 -> { INPUT[8x8x3] | INPUT[8x8x3] } -> ADD
  |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = hint: an empty branch passes them on: `{ | right=INPUT[32x32x1] } -> CONCAT`""",
    ),
    "two names": (
        "{ a=INPUT(b) | INPUT[8x8x3] } -> ADD",
        """\
error[CNN108]: this input is called `a` and `b`
 --> <pattern>:1:11
  |
1 | { a=INPUT(b) | INPUT[8x8x3] } -> ADD
  |           ^ the second name
  |""",
    ),
    "no size": (
        "{ a=INPUT[8x8x3] | b=INPUT } -> ADD",
        """\
error[CNN114]: the size of the input b is missing
 --> <pattern>:1:22
  |
1 | { a=INPUT[8x8x3] | b=INPUT } -> ADD
  |                      ^^^^^
  |
  = hint: write `b=INPUT[224x224x3] -> …`, or --input b=224x224x3""",
    ),
    "a single size": (
        "input: 8x8x3\npattern: '{ a=INPUT | b=INPUT } -> ADD'\n",
        """\
error[CNN114]: `input` gives one size, and the network has 2 inputs: a and b
 --> spec.yaml:1:8
  |
1 | input: 8x8x3
  |        ^^^^^
  |
  = hint: write `inputs: {a: 8x8x3, b: 8x8x3}`""",
    ),
    "an unknown name": (
        "inputs: {left: 8x8x3, rigth: 8x8x3}\npattern: '{ INPUT(left) | INPUT(right) } -> ADD'\n",
        """\
error[CNN110]: no input is named `rigth`
 --> spec.yaml:1:23
  |
1 | inputs: {left: 8x8x3, rigth: 8x8x3}
  |                       ^^^^^ not known
  |
  = hint: did you mean `right`?""",
    ),
    "twice": (
        "inputs: {left: 8x8x3, right: 8x8x3}\npattern: '{ left=INPUT[8x8x3] | INPUT(right) } -> ADD'\n",
        """\
error[CNN108]: the size of the input left is given twice
 --> spec.yaml:2:24
  |
2 | pattern: '{ left=INPUT[8x8x3] | INPUT(right) } -> ADD'
  |                        ^^^^^ also under `inputs: left`
  |
  = hint: remove one of the two""",
    ),
    "both keys": (
        "input: 8x8x3\ninputs: {left: 8x8x3}\npattern: 'left=INPUT -> FC-10'\n",
        """\
error[CNN009]: a spec has either `input` or `inputs`, not both
 --> spec.yaml:2:1
  |
2 | inputs: {left: 8x8x3}
  | ^^^^^^ the second one
  |""",
    ),
    "a bad size": (
        "inputs: {left: 8*8*3, right: 8x8x3}\npattern: '{ INPUT(left) | INPUT(right) } -> ADD'\n",
        """\
error[CNN008]: `input` is a size such as 224x224x3, not `8*8*3`
 --> spec.yaml:1:16
  |
1 | inputs: {left: 8*8*3, right: 8x8x3}
  |                ^^^^^
  |
  = hint: write `8x8x3`""",
    ),
}


SIZES = {
    "one without a size, inline": (
        "INPUT -> FC-3",
        """\
error[CNN114]: the size of the input is missing
 --> <pattern>:1:1
  |
1 | INPUT -> FC-3
  | ^^^^^
  |
  = hint: write `INPUT[224x224x3] -> …`, or --input 224x224x3""",
    ),
    "no INPUT, inline": (
        "FC-3",
        """\
error[CNN114]: the size of the input is missing
 --> <pattern>:1:1
  |
1 | FC-3
  | ^^^^
  |
  = hint: write `INPUT[224x224x3] -> …`, or --input 224x224x3""",
    ),
    "one without a size, in a file": (
        "pattern: FC-3\n",
        """\
error[CNN114]: the size of the input is missing
 --> spec.yaml:1:10
  |
1 | pattern: FC-3
  |          ^^^^
  |
  = hint: write `input: 224x224x3` in the spec, or --input 224x224x3""",
    ),
    "a layers list": (
        "layers:\n- fc: 3\n",
        """\
error[CNN114]: the size of the input is missing
 --> spec.yaml:2:3
  |
2 | - fc: 3
  |   ^^
  |
  = hint: write `input: 224x224x3` in the spec, or --input 224x224x3""",
    ),
    "one of two without a size, in a file": (
        "pattern: '{ a=INPUT | b=INPUT[8x8x3] } -> ADD'\n",
        """\
error[CNN114]: the size of the input a is missing
 --> spec.yaml:1:15
  |
1 | pattern: '{ a=INPUT | b=INPUT[8x8x3] } -> ADD'
  |               ^^^^^
  |
  = hint: write `inputs: {a: 224x224x3}` in the spec, or --input a=224x224x3""",
    ),
    "two without a size": (
        "{ INPUT | INPUT } -> ADD",
        """\
error[CNN114]: the size of the input input is missing
 --> <pattern>:1:3
  |
1 | { INPUT | INPUT } -> ADD
  |   ^^^^^
  |
  = hint: write `input=INPUT[224x224x3] -> …`, or --input input=224x224x3

error[CNN114]: the size of the input input2 is missing
 --> <pattern>:1:11
  |
1 | { INPUT | INPUT } -> ADD
  |           ^^^^^
  |
  = hint: write `input2=INPUT[224x224x3] -> …`, or --input input2=224x224x3""",
    ),
    "twice": (
        "input: 8x8x3\npattern: INPUT[8x8x3] -> FC-3\n",
        """\
error[CNN108]: the size of the input is given twice
 --> spec.yaml:2:16
  |
2 | pattern: INPUT[8x8x3] -> FC-3
  |                ^^^^^ also under `input`
  |
  = hint: remove one of the two""",
    ),
    "twice by name": (
        "inputs: {input: 8x8x3}\npattern: INPUT[8x8x3] -> FC-3\n",
        """\
error[CNN108]: the size of the input is given twice
 --> spec.yaml:2:16
  |
2 | pattern: INPUT[8x8x3] -> FC-3
  |                ^^^^^ also under `inputs: input`
  |
  = hint: remove one of the two""",
    ),
    "an unknown name for one": (
        "inputs: {img: 8x8x3}\npattern: INPUT -> FC-3\n",
        """\
error[CNN110]: no input is named `img`
 --> spec.yaml:1:10
  |
1 | inputs: {img: 8x8x3}
  |          ^^^ not known
  |
  = hint: the input is called input
  = hint: `INPUT(name)` reads an input by its name""",
    ),
    "an unknown name for two": (
        "inputs: {zzz: 8x8x3}\npattern: '{ a=INPUT[8x8x3] | b=INPUT[8x8x3] } -> ADD'\n",
        """\
error[CNN110]: no input is named `zzz`
 --> spec.yaml:1:10
  |
1 | inputs: {zzz: 8x8x3}
  |          ^^^ not known
  |
  = hint: the inputs are a and b
  = hint: `INPUT(name)` reads an input by its name""",
    ),
    "an unreadable size": (
        "input: 8*8*3\npattern: FC-3\n",
        """\
error[CNN008]: `input` is a size such as 224x224x3, not `8*8*3`
 --> spec.yaml:1:8
  |
1 | input: 8*8*3
  |        ^^^^^
  |
  = hint: write `8x8x3`""",
    ),
    "an unreadable size of one of two": (
        "input: 8*8*3\npattern: '{ a=INPUT | b=INPUT[8x8x3] } -> ADD'\n",
        """\
error[CNN008]: `input` is a size such as 224x224x3, not `8*8*3`
 --> spec.yaml:1:8
  |
1 | input: 8*8*3
  |        ^^^^^
  |
  = hint: write `8x8x3`""",
    ),
    "a misspelt key": (
        "inputt: 8x8x3\npattern: FC-3\n",
        """\
error[CNN007]: unknown key `inputt`
 --> spec.yaml:1:1
  |
1 | inputt: 8x8x3
  | ^^^^^^ not known
  |
  = hint: did you mean `input`?""",
    ),
    "a single size and a missing one": (
        "input: 8x8x3\npattern: '{ a=INPUT | b=INPUT | c=INPUT[8x8x3] } -> ADD'\n",
        """\
error[CNN114]: `input` gives one size, and the network has 3 inputs: a, b and c
 --> spec.yaml:1:8
  |
1 | input: 8x8x3
  |        ^^^^^
  |
  = hint: write `inputs: {a: 8x8x3, b: 8x8x3}`""",
    ),
}


@pytest.mark.parametrize("text, wanted", [*WRONG.values(), *SIZES.values()], ids=[*WRONG, *SIZES])
def test_whole_messages(text, wanted):
    assert told(text) == wanted


@pytest.mark.parametrize(
    "wanted, names, messages",
    [
        ({}, ["a", "b"], []),
        ({"": 1}, ["a"], []),
        ({"a": 1}, ["a"], []),
        ({"a": 1, "b": 1}, ["a", "b"], []),
        ({"left": 1}, ["lefty", "right"], [("no input is named `left`", ("did you mean `lefty`?",))]),
        ({"x": 1}, ["lefty", "right"], [("no input is named `x`", ("the inputs are lefty and right",))]),
        ({"x": 1}, ["left"], [("no input is named `x`", ("the input is called left",))]),
        (
            {"x": 1, "y": 1, "left": 1},
            ["left", "right", "top"],
            [(f"no input is named `{name}`", ("the inputs are left, right and top",)) for name in "xy"],
        ),
        (
            {"": 1},
            ["a", "b"],
            [("--input gives one size, and the network has 2 inputs: a and b", ("write --input a=… --input b=…",))],
        ),
    ],
)
def test_names_of_sizes(wanted, names, messages):
    findings = Findings()
    check_names(dict.fromkeys(wanted, Volume((8, 8), 3)), names, findings)
    assert [(each.message, each.hints) for each in findings] == messages


@pytest.mark.parametrize(
    "text, given, wanted",
    [
        ("a=INPUT -> RELU", "8x8x3", ["8x8x3"]),
        ("a=INPUT -> RELU", "a=8x8x3", ["8x8x3"]),
        ("INPUT -> RELU", "input=8x8x3", ["8x8x3"]),
        ("inputs: {a: 8x8x3}\npattern: 'a=INPUT[9x9x3] -> RELU'\n", "7x7x3", ["7x7x3"]),
        ("input: 9x9x3\npattern: '{ a=INPUT | b=INPUT } -> ADD'\n", ["a=9x9x3", "b=9x9x3"], None),
        ("{ a=INPUT | b=INPUT[8x8x3] } -> ADD", "a=8x8x3", ["8x8x3", "8x8x3"]),
        ("{ a=INPUT | b=INPUT } -> ADD", ["a=8x8x3", "b=8x8x3"], ["8x8x3", "8x8x3"]),
        ("inputs: {b: 8x8x3}\npattern: '{ a=INPUT | b=INPUT } -> ADD'\n", "a=8x8x3", ["8x8x3", "8x8x3"]),
        ("input: 8x8x3\npattern: '{ a=INPUT[9x9x3] | b=INPUT } -> ADD'\n", "a=8x8x3", ["8x8x3", "8x8x3"]),
    ],
)
def test_the_command_line_comes_first(text, given, wanted):
    if wanted is None:
        assert told(text, input=given).startswith("error[CNN114]: `input` gives one size, and the network has 2 inputs: a and b\n")
    else:
        assert [volume.text for volume in analyzed(text, input=given).inputs.values()] == wanted


def test_a_single_size_for_several_inputs_is_one_error():
    text = told("{ a=INPUT | b=INPUT } -> ADD", input="8x8x3")
    assert text == (
        "error[CNN114]: --input gives one size, and the network has 2 inputs: a and b\n = hint: write --input a=… --input b=…"
    )


@pytest.mark.parametrize(
    "given, sizes",
    [
        (["left=96x96x3"], ["96x96x3", "32x32x1"]),
        (["left=96x96x3", "right=8x8x2"], ["96x96x3", "8x8x2"]),
        ({"right": "8x8x2"}, ["64x64x3", "8x8x2"]),
        ({"right": Volume((8, 8), 2)}, ["64x64x3", "8x8x2"]),
    ],
)
def test_the_command_line_replaces_sizes_by_name(given, sizes):
    assert [volume.text for volume in analyzed(PATTERN, input=given).inputs.values()] == sizes


def test_a_single_input_takes_a_size_or_its_name():
    assert analyzed("INPUT[8x8x3] -> FC-10", input="9x9x3").image == analyzed("INPUT[8x8x3] -> FC-10", input="input=9x9x3").image


@pytest.mark.parametrize(
    "given, wanted",
    [
        ("9x9x3", "--input gives one size, and the network has 2 inputs: left and right"),
        ("lft=9x9x3", "no input is named `lft`"),
    ],
)
def test_a_size_for_no_input(given, wanted):
    assert told(PATTERN, input=given).startswith(f"error[CNN1{'14' if '=' not in given else '10'}]: {wanted}\n")


@pytest.mark.parametrize(
    "given, wanted",
    [
        (["a=8x8x3", "a=9x9x3"], "input gives the size of a twice"),
        (["8x8x3", "9x9x3"], "input gives the size twice"),
        (["a=8x8x3", "9x9x3"], "input is one size, or a size for each name, not both"),
        ("=8x8x3", "input is a size, or a name and a size such as left=96x96x3, not '=8x8x3'"),
        ("a=8.5", "input is a size such as 224x224x3 (width x height x depth), not '8.5'"),
        (8.5, "input is a size such as 224x224x3 (width x height x depth), not 8.5"),
    ],
)
def test_bad_sizes(given, wanted):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole message is checked
        request(input=given)
    assert str(caught.value) == wanted


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_the_layers_form_is_the_same_network(text):
    once = convert(found(text), ConvertOptions(form="layers")).text
    assert convert(found(once), ConvertOptions(form="layers")).text == once
    assert "shape: 64x64x3}" in once


def test_inputs_of_a_builder_have_names_too():
    builder = Builder()
    one, two = (builder.add("INPUT", {"shape": Volume((8, 8), 3)}) for _ in range(2))
    builder.add("ADD", {}, (one, two))
    network = complete(builder.build(Findings()))
    assert [network.nodes[at].name for at in network.inputs] == ["input", "input2"]


def test_what_reads_a_branch_that_is_left_out_is_left_out_too():
    text = """\
input: 8x8x3
layers:
  - conv: {name: a, filters: 4}
  - output: {name: aux, from: a}
  - relu: {name: unread, from: a}
  - conv: {name: b, filters: 2, from: input}
"""
    assert [node.name for node in graph(text).nodes] == ["input", "b"]
