"""The messages for broken spec files, in full and with carets, in tests/golden/messages_spec.txt."""

import pytest
from support import Messages, analyzed, codes, diagnostics, inside

P = "input: 8x8x4\npattern: CONV3-8\n"

CASES = {
    # the file
    "nothing": "\n",
    "a comment": "# nothing\n",
    "a text": "just: a\n",
    "an inline pattern in a file": "INPUT[3x3x1] -> FC-10\n",
    "a list": "- a\n- b\n",
    # keys
    "a key twice": P + "input: 9x9x4\n",
    "a key three times": P + "name: a\nname: b\nname: c\n",
    "an option twice": P + "CONV: {stride: 1, stride: 2}\n",
    "a misspelt key": "inptu: 8x8x4\npattern: CONV3-8\n",
    "a key of lower case": P + "n: 3\n",
    "a kind of mixed case": P + "Conv: {stride: 1}\n",
    "a misspelt kind": P + "CONVV: {stride: 1}\n",
    "a variable that is a mapping": P + "N: {a: 1}\n",
    "variables in a mapping": P + "variables: {N: 2, M: 3}\n",
    "a kind with a size as a key": P + "CONV3: {stride: 1}\n",
    "neither pattern nor layers": "input: 8x8x4\n",
    "both pattern and layers": "input: 8x8x4\npattern: FC-3\nlayers: [relu]\n",
    "a list as a key": "? [a]\n: b\n",
    "a mapping as a key": "{a: b}: c\n",
    "what reads a layer that cannot be read is not blamed": (
        "input: 8x8x4\nlayers:\n  - convv: {name: a, stride: 2}\n  - pool: {kernel: 9}\n  - add: {from: [a, pool1]}\n  - fc\n"
    ),
    "a block whose name YAML splits": "input: 8x8x4\npattern: A(1, 2) -> FC-3\nblocks: {A(N, M): CONV3-N, B: RELU}\n",
    "a block that is not quoted": "input: 8x8x4\npattern: A\nblocks:\n  A: { RELU | } -> ADD\n",
    "a block that is not quoted, in braces": "input: 8x8x4\npattern: A\nblocks: {A: [RELU]*2}\n",
    "a block with a name that cannot be read": "input: 8x8x4\npattern: A(1)\nblocks:\n  A(1): RELU\n",
    # input
    "input 1:30": "input: 1:30\npattern: FC-3\n",
    "input with commas": "input: 224,224,3\npattern: FC-3\n",
    "input with spaces": "input: 224 x 224 x 3\npattern: FC-3\n",
    "input of one number": "input: 224\npattern: FC-3\n",
    "input with a zero": "input: 0x3x1\npattern: FC-3\n",
    "input with a fraction": "input: 3.5x3x1\npattern: FC-3\n",
    "input as a list": "input: [224, 224, 3]\npattern: FC-3\n",
    "input of nothing": "input:\npattern: FC-3\n",
    "input of too many digits": f"input: {'9' * 19}x3x3\npattern: FC-3\n",
    "input with a misspelt side": "input: {width: 3, heigth: 3, depth: 1}\npattern: FC-3\n",
    "input without a side": "input: {width: 3, depth: 1}\npattern: FC-3\n",
    "input with the side no": "input: {width: 3, height: no, depth: 1}\npattern: FC-3\n",
    "no input": "pattern: FC-3\n",
    "input twice": "input: 8x8x3\npattern: INPUT[8x8x3] -> FC-3\n",
    # values, and YAML's traps
    "kernel 1:30": P + "CONV: {kernel: 1:30}\n",
    "bias no": P + "CONV: {bias: no}\n",
    "bias Yes": P + "CONV: {bias: Yes}\n",
    "kernel 1e3": P + "CONV: {kernel: 1e3}\n",
    "kernel 010": P + "CONV: {kernel: 010}\n",
    "kernel 1_000": P + "CONV: {kernel: 1_000}\n",
    "kernel .inf": P + "CONV: {kernel: .inf}\n",
    "kernel 3.0": P + "CONV: {kernel: 3.0}\n",
    "kernel 1.5": P + "CONV: {kernel: 1.5}\n",
    "kernel ~": P + "CONV: {kernel: ~}\n",
    "kernel of nothing": P + "CONV: {kernel: }\n",
    "kernel of a bad list": P + "CONV: {kernel: [3, a]}\n",
    "kernel of sides": P + "CONV: {kernel: {left: 3}}\n",
    "padding with a misspelt side": P + "CONV: {padding: {lft: 3}}\n",
    "a kind that is a number": P + "CONV: 3\n",
    "a kind of nothing": P + "CONV:\n",
    "a kind that is a list": P + "CONV: [1]\n",
    "three bad options": P + "CONV: {pading: 1, stride: 0, kernel: 1.5}\n",
    "a variable of two numbers": P + "N: 3x3\n",
    "a binding that is a number": P + "N: [1]\n",
    "a variable that is not used": P + "N: 3\n",
    "a block that is not used": P + "blocks: {A: RELU}\n",
    # YAML that specs do not allow
    "a tag of Python": P + "name: !!python/object:os.system x\n",
    "a tag": P + "name: !foo x\n",
    "two documents": "---\n" + P + "---\na: b\n",
    "a merge key": P + "<<: {a: 1}\n",
    "an unknown alias": P + "name: *b\n",
    "an alias that contains itself": P + "x: &a [*a]\n",
    "a recursive mapping": P + "x: &a {b: *a}\n",
    # unquoted patterns
    "an unquoted group": "input: 8x8x4\npattern: [CONV3-8 -> RELU]*2 -> FC-10\n",
    "an unquoted group alone": "input: 8x8x4\npattern: [CONV3-8 -> RELU]\n",
    "unquoted branches": "input: 8x8x4\npattern: {CONV3-8 | } -> ADD\n",
    "an unquoted group that is never closed": "input: 8x8x4\npattern: [CONV3-8 -> RELU\nname: x\n",
    "an unquoted star": "input: 8x8x4\npattern: *CONV\n",
    "an unquoted group in a block": P + "blocks:\n  A: [RELU]*2 -> RELU\n",
    "an unquoted group in a list": "input: 8x8x4\nlayers:\n  - [relu -> RELU]*2\n",
    # what was probably meant
    "a pattern that is a list of layers": "input: 8x8x4\npattern:\n  - CONV3-8\n  - FC-10\n",
    "a block that is a list of layers": P + "blocks:\n  A:\n    - RELU\n",
    "a list of numbers for a variable": 'input: 8x8x4\npattern: "[CONV3-C -> RELU]*M"\nM: [16, 32]\n',
    "a list of numbers for the filters": 'input: 8x8x4\npattern: "[CONV3 -> RELU]*M"\nM: [16, 32]\n',
    "a list of many numbers": 'input: 8x8x4\npattern: "[RELU]*M"\nM: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n',
    "a list of numbers in a binding": 'input: 8x8x4\npattern: "[[CONV3-C]*B]*M"\nM: [{B: [16, 32]}, {B: [{C: 8}]}]\n',
    "a list of lists of numbers": 'input: 8x8x4\npattern: "[CONV3-C/S]*M"\nM: [[16, 1], [32, 2]]\n',
    "a number among bindings": 'input: 8x8x4\npattern: "[CONV3-C]*M"\nM: [{C: 8}, 16, x]\n',
    "a block without a parameter is called with one": "input: 8x8x4\npattern: RES(16)\nblocks: {RES: CONV3-C -> RELU}\n",
    "a block is called with two more": "input: 8x8x4\npattern: RES(16, 2, 3)\nblocks: {RES(C): CONV3-C -> RELU}\n",
    "a tab before a list": "input: 8x8x4\nlayers:\n\t- relu\n",
    # errors from YAML
    "an indented key": "input: 8x8x4\n pattern: CONV3-8\n",
    "a tab": "input: 8x8x4\n\tpattern: CONV3-8\n",
    "a quote that is never closed": "input: 8x8x4\npattern: 'CONV3-8\n",
    "a double quote that is never closed": 'input: 8x8x4\npattern: "CONV3-8\n',
    "two colons": "input: 8x8x4\npattern: a: b\n",
    "a colon in a text": P + 'source: Redmon 2018, "YOLOv3: An Incremental Improvement" # 2nd\n',
    "a bracket before a text": P + "source: [1] Redmon 2018\n",
    "a bracket before a text that is never closed": P + "source: [1\n",
    "a star before a text": P + "name: *star*\n",
    "a quote within quotes": P + "name: 'Bob's net'\n",
    # the caret in scalars of every style
    "a mistake in a folded pattern": "input: 8x8x4\npattern: >-\n  CONV3-8\n  -> RELUU\n",
    "a mistake in a literal pattern": "input: 8x8x4\npattern: |\n  CONV3-8\n  -> RELUU\n",
    "a mistake in a quoted pattern": "input: 8x8x4\npattern: 'CONV3-8 -> RELUU'\n",
    "a mistake in a quoted pattern of several lines": "input: 8x8x4\npattern: 'CONV3-8\n\n   -> RELUU'\n",
    "a mistake in a double-quoted pattern": 'input: 8x8x4\npattern: "CONV3-8 \\\n   -> \\x52ELUU -> XX"\n',
    "a mistake in a plain pattern of two lines": "input: 8x8x4\npattern: CONV3-8\n   -> RELUU\n",
    "a bracket that is never closed in a plain pattern": "input: 8x8x4\npattern: CONV3-8 ->\n   RELU(\n",
    "a bracket that is never closed in a folded pattern": "input: 8x8x4\npattern: >\n  [CONV3-8 ->\n   RELU\n  -> FC-10\n",
    "a mistake behind wide characters": "input: 8x8x4\npattern: '  \u30ab -> RELUU'\n",
    # the other keys
    "a misspelt rounding": P + "rounding: flor\n",
    "a rounding that is a number": P + "rounding: 3\n",
    "a rounding that is a list": P + "rounding: [floor]\n",
    "a name that is a list": P + "name: [a]\n",
    "a description that is a mapping": P + "description: {a: b}\n",
    "blocks that are a number": P + "blocks: 3\n",
    "a block with a bad name": P + "blocks: {a b: RELU}\n",
    "a block that is a kind": P + "blocks: {CONV(C): RELU}\n",
    "a block that is a list": P + "blocks: {A: [RELU]}\n",
    "a block of nothing": P + "blocks: {A: }\n",
    "a block twice": "input: 8x8x4\npattern: A\nblocks:\n  A: RELU\n  A(): RELU\n",
    "an empty pattern": "input: 8x8x4\npattern: ''\n",
    "a pattern of nothing": "input: 8x8x4\npattern:\n",
    "expectations that are a number": P + "expect: 3\n",
    "an unknown base": P + "base: nope\n",
    "a base outside the folder": P + "base: ../x\n",
    "a base that is a list": P + "base: [x]\n",
    # explicit layers
    "layers that are a text": "input: 8x8x4\nlayers: relu\n",
    "no layers": "input: 8x8x4\nlayers: []\n",
    "an unknown layer": "input: 8x8x4\nlayers: [conv3, rleu]\n",
    "an unknown layer with options": "input: 8x8x4\nlayers:\n  - covn: {filters: 3}\n",
    "a layer of two kinds": "input: 8x8x4\nlayers:\n  - conv: {filters: 3}\n    relu: {}\n",
    "a layer with an unknown option": "input: 8x8x4\nlayers:\n  - conv: {filter: 3}\n",
    "a layer with a bad name": "input: 8x8x4\nlayers:\n  - relu: {name: a b}\n",
    "a layer with an unknown source": "input: 8x8x4\nlayers:\n  - relu: {from: a}\n",
    "a layer with no source": "input: 8x8x4\nlayers:\n  - relu: {from: []}\n",
    "a layer that is a pattern list": "input: 8x8x4\nlayers:\n  - pattern: [RELU]\n",
    # several at once
    "independent errors all at once": (
        "inptu: 8x8x4\ninput: 8x8\npattern: CONV3-8 -> RELUU\nrounding: flor\nCONV: {pading: 1}\nname: [x]\nname: y\n"
    ),
    "independent misfits all at once": "input: 9x9x3\npattern: '{ CONV3-8/2(padding=0) | CONV3-8/5(padding=0) | POOL2 } -> CONCAT -> FC-10'\n",
    "a misfit is no cascade": "input: 9x9x3\npattern: POOL2 -> POOL2 -> CONV3-8(groups=5) -> FC-10\n",
}
MESSAGES = Messages("messages_spec.txt", list(CASES.items()))


@pytest.mark.parametrize("case", CASES)
def test_message(case):
    MESSAGES.check(case)


@pytest.mark.parametrize(
    "text, messages",
    [
        ("inptu: 8x8x4\npattern: CONV3 -> CONV3-N\nn: 3\n", ["unknown key `inptu`", "unknown key `n`"]),
        ("inptu: 8x8x4\npattern: CONV(kernel=0)\n", ["unknown key `inptu`", "CONV kernel must be at least 1, not 0"]),
        ("input: 8x8x4\npattern: CONV3 -> FC-3\nCONV: {filters: {lft: 3}}\n", ["`filters` has no side `lft`"]),
        ("input: 8x8x4\npattern: PAD -> FC-3\nPAD: {padding: [1, a]}\n", ["`padding` takes a list of integers, one per axis"]),
        ("input: 8x8x4\npattern: PAD(1) -> FC-3\nPAD: {padding: [1, a]}\n", ["`padding` takes a list of integers, one per axis"]),
    ],
)
def test_what_cannot_be_read_is_not_missed_a_second_time(text, messages):
    assert [each.message for each in diagnostics(text)] == messages


@pytest.mark.parametrize(
    "text, places",
    [
        ("input: 8x8x4\nlayers:\n  - input: {name: b, from: a}\n", ["a"]),
        ("input: 8x8x4\nlayers:\n  - relu: {name: a}\n  - input: {name: b, from: a}\n", ["a"]),
        ("input: 8x8x4\nlayers:\n  - relu: {name: first}\n  - input: {from: [first, nope]}\n  - fc: 3\n", ["first"]),
        ("pattern: INPUT(from=abc) -> FC-3\ninput: 8x8x4\n", ["abc"]),
        ("pattern: RELU -> INPUT(from=abc*) -> FC-3\ninput: 8x8x4\n", ["abc*"]),
    ],
)
def test_an_input_that_reads_a_step_is_one_error_at_its_from(text, places):
    found = diagnostics(text)
    assert [each.span.words() for each in found] == places
    count = 2 if "nope" in text else 1
    assert [(each.code.number, each.message) for each in found] == [("CNN109", f"INPUT reads no volume, not {count}")]


@pytest.mark.parametrize("case", CASES)
def test_place_is_inside_the_text(case):
    found = diagnostics(CASES[case])
    assert found
    for each in found:
        inside(each)


def test_no_case_is_fine():
    assert [case for case, text in CASES.items() if not codes(text)] == []


def test_a_list_of_words_is_the_same_in_yaml_and_in_a_pattern():
    head = "input: 8x6x4\n"
    texts = [
        "pattern: 'MEAN([width, depth])'\n",
        "pattern: 'MEAN'\nMEAN: {over: [width, depth]}\n",
        "layers:\n  - mean: {over: [width, depth]}\n",
    ]
    assert {analyzed(head + text).rows[-1].output.text for text in texts} == {"1x6x1"}
    assert codes(head + "pattern: 'MEAN([width, width])'\n") == ["CNN108"]
    assert codes(head + "pattern: 'MEAN([width, 3])'\n") == ["CNN101"]
    assert codes(head + "pattern: 'MEAN'\nMEAN: {over: [width, 3]}\n") != []
