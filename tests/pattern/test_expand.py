"""The layers of patterns: repeats, bindings, options, blocks, branches, references, and limits."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Messages, analyzed, codes, diagnostics, graph, labels, names, volume

SIZED = "input: 32x32x3\nCONV: {filters: 8}\nFC: {units: 10}\n"
NOTES = "pattern: INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC\n"

PRINTED = {  # the patterns of the course notes and slides, each with its layers
    "INPUT -> FC": "FC-10",
    "INPUT -> CONV -> RELU -> FC": "CONV3-8 RELU FC-10",
    "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC": "CONV3-8 RELU POOL2 CONV3-8 RELU POOL2 FC-10 RELU FC-10",
    "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC": (
        "CONV3-8 RELU CONV3-8 RELU POOL2 " * 3 + "FC-10 RELU FC-10 RELU FC-10"
    ),
    "INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC": ("CONV3-8 RELU CONV3-8 RELU POOL2 " * 3 + "FC-10 RELU FC-10"),
    "[INPUT - CONV - RELU - POOL - FC]": "CONV3-8 RELU POOL2 FC-10",
    "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX": "CONV3-8 RELU CONV3-8 RELU POOL2 " * 3 + "FC-10 RELU SOFTMAX",
    "[(CONV-RELU)^N - POOL?]^M - (FC-RELU)^K, SOFTMAX": "CONV3-8 RELU CONV3-8 RELU POOL2 " * 3 + "FC-10 RELU SOFTMAX",
}


@pytest.mark.parametrize("pattern", PRINTED)
def test_printed(pattern):
    text = f"{SIZED}N: 2\nM: 3\nK: 1\npattern: '{pattern}'\n"
    assert labels(text) == PRINTED[pattern].split()
    assert {each.code.number for each in diagnostics(text)} <= {"CNN115"}  # N, M and K are unused in some


EXPANDED = [
    # counts
    ("INPUT[8x8x4] -> [RELU]*0 -> FC-3", "FC-3"),
    ("INPUT[8x8x4] -> [RELU -> [TANH]*2]*2 -> FC-3", "RELU TANH TANH RELU TANH TANH FC-3"),
    ("INPUT[8x8x4] -> RELU*3", "RELU RELU RELU"),
    ("INPUT[8x8x4] -> CONV3-4*2", "CONV3-4 CONV3-4"),
    ("INPUT[8x8x4] -> [RELU]*(2*3-4)", "RELU RELU"),
    (f"{SIZED}N: 2\nM: (N + 1)\npattern: '[RELU]*M'\n", "RELU RELU RELU"),
    # optional steps
    ("INPUT[8x8x4] -> RELU?", "RELU"),
    ("INPUT[8x8x4] -> [RELU]? -> TANH", "RELU TANH"),
    (f"{SIZED}pattern: POOL? -> RELU\nPOOL: false\n", "RELU"),
    (f"{SIZED}pattern: POOL? -> RELU\nPOOL: true\n", "POOL2 RELU"),
    (f"{SIZED}pattern: 'x=[RELU -> TANH]? -> RELU'\nx: false\n".replace("x: false", "X: 1"), "RELU TANH RELU"),
    (f"{SIZED}pattern: '[CONV -> POOL?]*M'\nM: [{{POOL: false}}, {{}}]\n", "CONV3-8 CONV3-8 POOL2"),
    (f"{SIZED}pattern: '[proj=[CONV1-4 -> BN]? -> RELU]*M'\nM: [{{proj: false}}, {{proj: true}}]\n", "RELU CONV1-4 BN RELU"),
    (f"{SIZED}pattern: 'x=POOL? -> RELU'\nPOOL: false\n", "POOL2 RELU"),  # a named step is only known by its name
    (
        f"{SIZED}pattern: '[x=POOL? -> RELU]*M'\nM: [{{POOL: {{kernel: 4}}, x: false}}, {{POOL: {{kernel: 4}}}}]\n",
        "RELU POOL4 RELU",
    ),
    (f"{SIZED}pattern: '[A? -> TANH]*M'\nblocks: {{A: RELU}}\nM: [{{A: false}}, {{}}]\n", "TANH RELU TANH"),
    (f"{SIZED}pattern: '[x=A? -> TANH]*M'\nblocks: {{A: RELU}}\nM: [{{x: false}}, {{x: true}}]\n", "TANH RELU TANH"),
    # bindings
    (f"{SIZED}pattern: '[CONV]*M'\nM: [{{CONV: {{filters: 1}}}}, {{CONV: {{kernel: 5}}}}]\n", "CONV3-1 CONV5-8"),
    (f"{SIZED}pattern: '[[CONV]*N]*M'\nM: [{{N: 1}}, {{N: 0}}, {{N: 2, CONV: {{filters: 3}}}}]\n", "CONV3-8 CONV3-3 CONV3-3"),
    (f"{SIZED}pattern: '[CONV3-(4*C)]*M'\nM: [{{C: 1}}, {{C: 2}}]\n", "CONV3-4 CONV3-8"),
    (f"{SIZED}pattern: '[RELU]*M -> FC'\nM: []\n", "FC-10"),
    # nested lists, within and without
    (
        f"{SIZED}pattern: '[[CONV]*N]*M'\nM: [{{N: [{{CONV: {{filters: 1}}}}, {{CONV: {{filters: 2}}}}]}}, {{N: 1}}]\n",
        "CONV3-1 CONV3-2 CONV3-8",
    ),
    (
        f"{SIZED}pattern: '[[CONV]*N]*M'\nN: [{{CONV: {{filters: 1}}}}, {{}}]\nM: [{{CONV: {{filters: 5}}}}, {{}}]\n",
        "CONV3-1 CONV3-5 CONV3-1 CONV3-8",
    ),
    # precedence: the step's own value, the innermost binding, outer bindings, the spec, the kind
    (f"{SIZED}pattern: '[CONV5-2]*M'\nM: [{{CONV: {{kernel: 7, filters: 3}}}}]\n", "CONV5-2"),
    (f"{SIZED}pattern: '[CONV]*M'\nM: [{{CONV: {{kernel: 7}}}}]\n", "CONV7-8"),
    ("input: 8x8x3\npattern: CONV\nCONV: {K: 5, F: 1}\n", "CONV1-5"),
    ("input: 8x8x3\npattern: CONV(F=5, K=2, S=1, P=2)\n", "CONV5-2"),
    ("input: 8x8x3\npattern: 'CONV3-K(K=4) -> RELU'\n".replace("CONV3-K(K=4)", "CONV3(K=4)"), "CONV3-4 RELU"),
    # blocks
    ("input: 8x8x4\npattern: A(4, 1)\nblocks: {'A(C, S)': CONV3-C/S -> B(C), 'B(D)': CONV1-(2*D)}\n", "CONV3-4 CONV1-8"),
    ("input: 8x8x4\npattern: '[A]*2'\nblocks: {A: RELU -> TANH}\n", "RELU TANH RELU TANH"),
    ("input: 8x8x4\npattern: A(3)\nblocks: {'A(N)': '[A(N-1)]*N -> RELU'}\n", " ".join(["RELU"] * 16)),
    (
        f"{SIZED}pattern: '[A]*M'\nM: [{{CONV: {{kernel: 5}}}}, {{}}]\nblocks: {{A: CONV}}\n",
        "CONV5-8 CONV3-8",
    ),  # the caller's defaults
    (f"{SIZED}N: 2\npattern: A\nblocks: {{A: '[RELU]*N'}}\n", "RELU RELU"),  # the spec's variables
    # branches
    ("INPUT[8x8x4] -> { CONV3-4 | } -> ADD", "CONV3-4 ADD"),
    ("INPUT[8x8x4] -> { | } -> CONCAT", "CONCAT"),
    ("INPUT[8x8x4] -> { RELU | TANH | SIGMOID } -> CONCAT -> FC-2", "RELU TANH SIGMOID CONCAT FC-2"),
    ("INPUT[8x8x4] -> { { RELU | } -> ADD | TANH } -> CONCAT", "RELU ADD TANH CONCAT"),
    ("INPUT[8x8x4] -> [{ RELU | } -> ADD]*2", "RELU ADD RELU ADD"),
    ("INPUT[8x8x4] -> { | RELU -> OUTPUT(aux) } -> TANH", "TANH"),
    ("INPUT[8x8x4] -> { | RELU -> OUTPUT } -> TANH", "RELU TANH"),
    # explicit layers
    ("input: 8x8x4\nlayers: [relu, fc: 3]\n", "RELU FC-3"),
    (
        "input: 8x8x4\nlayers:\n  - pattern: '[CONV3-4 -> RELU]*2'\n  - gap\n  - fc: {units: 3}\n",
        "CONV3-4 RELU CONV3-4 RELU GAP FC-3",
    ),
    ("input: 8x8x4\nlayers: [CONV3-4, FC-3]\n", "CONV3-4 FC-3"),
]


@pytest.mark.parametrize("text, wanted", EXPANDED)
def test_expanded(text, wanted):
    assert labels(text) == wanted.split()


@pytest.mark.parametrize("text, wanted", EXPANDED)
def test_names_are_each_given_once(text, wanted):
    found = names(text)
    assert len(set(found)) == len(found)


NAMED = [
    # a plain chain is numbered as in the papers
    (
        f"{SIZED}{NOTES}N: 2\nM: 2\nK: 1\n",
        "conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1 relu2_1 conv2_2 relu2_2 pool2 fc3 relu3 fc4",
    ),
    ("INPUT[32x32x3] -> [CONV3-4 -> RELU -> POOL2]*2 -> FC-3", "conv1 relu1 pool1 conv2 relu2 pool2 fc3"),
    ("INPUT[32x32x3] -> CONV3-4 -> a=CONV3-4 -> FC-3", "conv1 a fc3"),
    # blocks and iterations are part of the name
    (
        "input: 8x8x4\npattern: A -> s=A -> A\nblocks: {A: RELU -> B, B: TANH}\n",
        "a1/relu1 a1/b1/tanh1 s/relu1 s/b1/tanh1 a2/relu1 a2/b1/tanh1",
    ),
    ("input: 8x8x4\npattern: '[s=A]*2'\nblocks: {A: RELU}\n", "s/relu1 s_2/relu1"),
    ("input: 8x8x4\npattern: s=[A -> TANH]*2 -> A\nblocks: {A: RELU}\n", "s1/a1/relu1 s1/tanh1 s2/a1/relu1 s2/tanh1 a1/relu1"),
    ("input: 8x8x4\npattern: s=A*2\nblocks: {A: RELU}\n", "s1/relu1 s2/relu1"),
    ("input: 8x8x4\npattern: s=RELU*2 -> TANH\n", "s1 s2 tanh"),
    ("input: 8x8x4\npattern: '[[a=RELU -> b=TANH]*2]*2'\n", "a b a_2 b_2 a_3 b_3 a_4 b_4"),
    # names in the spec have priority
    ("INPUT[32x32x3] -> conv2=CONV3-4 -> CONV3-4", None),
]


@pytest.mark.parametrize("text, wanted", NAMED)
def test_names(text, wanted):
    if wanted is not None:
        assert names(text) == wanted.split()
    assert len(set(names(text))) == len(names(text))


READS = [
    ("INPUT[8x8x4] -> skip=CONV3-4 -> RELU -> ADD(skip)", {"add1": ["relu1", "skip"]}),
    ("INPUT[8x8x4] -> skip=CONV3-4 -> RELU -> CONCAT(skip)", {"concat1": ["relu1", "skip"]}),
    ("INPUT[8x8x4] -> { RELU | } -> ADD", {"add1": ["relu1", "input"]}),
    ("INPUT[8x8x4] -> { | RELU } -> ADD", {"add1": ["input", "relu1"]}),
    ("INPUT[8x8x4] -> a=RELU -> b=TANH -> SIGMOID(from=a)", {"sigmoid1": ["a"]}),
    ("INPUT[8x8x4] -> a=RELU -> b=TANH -> ADD(from=a, from=b)", {"add1": ["a", "b"]}),
    ("INPUT[8x8x4] -> a=RELU -> [new=TANH -> CONCAT(from=a, from=new*)]*2", {"concat2": ["a", "new", "new_2"]}),
    ("INPUT[8x8x4] -> a=RELU -> b=TANH -> ADD(a, from=b)", {"add1": ["b", "a"]}),
    ("INPUT[8x8x4] -> a=RELU -> b=TANH -> ADD(a, b)", {"add1": ["b", "a", "b"]}),
    ("input: 8x8x4\npattern: a=RELU -> TANH -> CONCAT(from=a, least=N)\nN: 1\n", {"concat1": ["a"]}),
    (
        "input: 8x8x4\npattern: g=A -> SIGMOID -> ADD(g) -> ADD(g/relu1)\nblocks: {A: RELU -> TANH}\n",
        {"add1": ["sigmoid1", "g/tanh1"], "add2": ["add1", "g/relu1"]},
    ),
    (
        "input: 8x8x4\npattern: g=A -> ADD(g/s)\nblocks: {A: s=RELU -> TANH -> ADD(s)}\n",
        {"add1": ["g/add1", "g/s"], "g/add1": ["g/tanh1", "g/s"]},
    ),
    ("INPUT[8x8x4] -> s=RELU -> { TANH -> ADD(s) | SIGMOID } -> ADD", {"add1": ["tanh1", "s"], "add2": ["add1", "sigmoid1"]}),
    ("input: 8x8x4\nlayers:\n  - conv: {name: a, filters: 4}\n  - relu\n  - add: {from: [a, relu1]}\n", {"add1": ["a", "relu1"]}),
]


@pytest.mark.parametrize("text, wanted", READS)
def test_reads(text, wanted):
    rows = {row.name: list(row.inputs) for row in analyzed(text).rows}
    for name, inputs in wanted.items():
        assert [rows.get(name) or [each for each in rows.values() if each == inputs]][0], name
        assert rows.get(name, inputs) == inputs


PLACES = [  # the inputs of the last layer, by index; INPUT is 0
    ("INPUT[8x8x4] -> g=[RELU -> TANH] -> SIGMOID -> ADD(g)", (3, 2)),
    ("INPUT[8x8x4] -> g=[RELU -> TANH]*2 -> SIGMOID -> ADD(g)", (5, 4)),
    ("INPUT[8x8x4] -> s=RELU*3 -> TANH -> ADD(s)", (4, 3)),
    ("INPUT[8x8x4] -> s=RELU*3 -> TANH -> ADD(s1)", (4, 1)),
    ("INPUT[8x8x4] -> RELU -> [TANH -> ADD(input)]*2", (4, 0)),
    ("INPUT[8x8x4] -> a=RELU -> g=[a=TANH -> SIGMOID]*2 -> ADD(a)", (5, 1)),
    ("INPUT[8x8x4] -> a=RELU -> [b=TANH -> SIGMOID -> ADD(a)]*2", (6, 1)),
    ("INPUT[8x8x4] -> g=[a=TANH -> SIGMOID]*2 -> ADD(g1/a)", (4, 1)),
    ("INPUT[8x8x4] -> g=[a=TANH -> SIGMOID]*2 -> ADD(g2/a)", (4, 3)),
    ("INPUT[8x8x4] -> a=RELU -> TANH -> { | SIGMOID(from=a) } -> ADD", (2, 3)),
    ("INPUT[8x8x4] -> a=RELU -> TANH -> { ADD(a) | ADD(a) } -> ADD(a)", (3, 4, 1)),
    ("INPUT[8x8x4] -> ADD(input)", (0, 0)),
    ("ADD(from=input, from=input)", (0, 0)),
    ("input: 8x8x4\nlayers: [relu, output: {from: input}, tanh, sigmoid]\n", (2,)),
    ("input: 8x8x4\nlayers: [relu: {name: a}, tanh, output, sigmoid: {from: a}]\n", (1,)),
]


@pytest.mark.parametrize("text, wanted", PLACES)
def test_places(text, wanted):
    rows = analyzed(text, **({} if "8x8" in text else {"input": volume("8x8x4")})).rows
    at = {row.name: place for place, row in enumerate(rows)}
    assert tuple(at[name] for name in rows[-1].inputs) == wanted


def test_concat_puts_the_current_volume_first():
    report = analyzed("INPUT[8x8x4] -> skip=CONV3-5 -> CONV3-7 -> CONCAT(skip)")
    assert report.rows[-1].typed.inputs[0].depth == 7


def test_names_are_local_to_an_iteration():
    report = analyzed("INPUT[8x8x4] -> [s=RELU -> TANH -> ADD(s)]*2")
    at = {row.name: number for number, row in enumerate(report.rows)}
    second = report.rows[-1]
    assert at[second.inputs[1]] == len(report.rows) - 3


def test_a_left_out_output_and_what_only_it_needs_come_back_when_asked_for():
    text = "INPUT[8x8x4] -> { | CONV3-4 -> x=GAP -> OUTPUT(aux) } -> FC-3"
    assert [row.kind for row in analyzed(text).rows] == ["input", "fc"]
    assert [row.kind for row in analyzed(text, outputs=("aux",)).rows] == ["input", "conv", "gap", "fc"]


def test_equal_uses_are_one_object():
    """The memory of a chain made by repetition: one layer, one set of facts, however often it is repeated."""
    network = graph("INPUT[8x8x4] -> [CONV3-4 -> RELU]*100")
    assert len({id(node.layer) for node in network.graph.nodes}) == 3
    assert len({id(known) for known in network.typed}) == 3


@given(st.integers(0, 30), st.integers(0, 30))
def test_law_counts_multiply(n, m):
    assert len(analyzed(f"INPUT[8x8x4] -> TANH -> [[RELU]*{n} -> SIGMOID]*{m}").rows) == 2 + m * (n + 1)


@given(st.lists(st.integers(0, 3), max_size=5))
def test_law_a_list_of_bindings_is_its_entries_one_after_the_other(counts):
    entries = ", ".join(f"{{N: {n}}}" for n in counts)
    text = f"input: 8x8x4\npattern: 'TANH -> [[RELU]*N -> SIGMOID]*M'\nM: [{entries}]\n"
    assert labels(text) == ["TANH", *(label for n in counts for label in ["RELU"] * n + ["SIGMOID"])]


def test_the_limit_of_layers():
    assert codes("INPUT[8x8x4] -> [RELU]*200001") == ["CNN105"]


@pytest.mark.parametrize("step, last", [("a=RELU", "a_20000"), ("a=[RELU -> TANH]", "tanh_20000"), ("A", "a20000/relu1")])
def test_equal_names_are_numbered_in_linear_time(step, last):
    """To count from 2 on for each of 20,000 equal names takes 20 seconds."""
    started = time.process_time()
    text = f"input: 8x8x4\npattern: '[{step}]*20000'\nblocks: {{A: RELU}}\n"
    assert names(text)[-1] == last
    assert time.process_time() - started < 5


def test_what_grows_without_making_layers_is_limited():
    entries = ", ".join(f"{{C: {c}}}" for c in range(10))
    assert codes(f"input: 8x8x4\npattern: '{'[' * 9}[RELU]*(0*C){']*M' * 9}'\nM: [{entries}]\n") == ["CNN105"]
    growing = "[CONCAT(from=x, from=new*, least=1) -> new=CONV3-4]"
    assert codes(f"INPUT[8x8x4] -> x=RELU -> {growing}*400000") == ["CNN105"]
    blocks = ", ".join(f"B{at}(N): B{at + 1}(2*N) -> B{at + 1}(2*N+1)" for at in range(40))
    assert codes(f"input: 8x8x4\npattern: B0(1)\nblocks: {{{blocks}, B40(N): RELU}}\n") == ["CNN105"]


CASES = {
    "an unknown variable": f"{SIZED}pattern: '[RELU]*N'\n",
    "an unknown variable like another": f"{SIZED}pattern: '[RELU]*DEPHT'\nDEPTH: 3\n",
    "a negative count": f"{SIZED}pattern: '[RELU]*N'\nN: -1\n",
    "a fractional count": f"{SIZED}pattern: '[RELU]*N'\nN: 1.5\n",
    "a count of true": f"{SIZED}pattern: '[RELU]*N'\nN: true\n",
    "a count of a billion": f"{SIZED}pattern: '[RELU]*1000000000'\n",
    "a list where a number is needed": f"{SIZED}pattern: CONV3-M\nM: [{{CONV: {{filters: 3}}}}]\n",
    "a division with a remainder": f"{SIZED}pattern: CONV3-(N/2)\nN: 7\n",
    "a division by zero": f"{SIZED}pattern: CONV3-(8/N)\nN: 0\n",
    "a value that grows too large": f"{SIZED}pattern: CONV3-(999999999999*999999999999)\n",
    "a block that calls itself": f"{SIZED}pattern: A\nblocks: {{A: A}}\n",
    "a block that calls itself twice": f"{SIZED}pattern: A(1)\nblocks: {{A(N): A(N+1) -> A(N+2)}}\n",
    "a block with a growing argument": f"{SIZED}pattern: A(2)\nblocks: {{A(C): A(C*C)}}\n",
    "too many arguments": f"{SIZED}pattern: A(1, 2)\nblocks: {{A(C): CONV3-C}}\n",
    "too few arguments": f"{SIZED}pattern: A\nblocks: {{A(C): CONV3-C}}\n",
    "an unknown block": f"{SIZED}pattern: STGE(1)\nblocks: {{STAGE(C): CONV3-C}}\n",
    "an unknown step": f"{SIZED}pattern: CONV3-4 -> ADD(skip)\n",
    "an unknown step like another": f"{SIZED}pattern: skip=CONV3-4 -> RELU -> ADD(skp)\n",
    "a step that comes later": f"{SIZED}pattern: CONV3-3 -> ADD(a) -> a=RELU\n",
    "a step of another iteration": f"{SIZED}pattern: 'CONV3-3 -> [ADD(a) -> a=RELU]*2'\n",
    "a name twice": f"{SIZED}pattern: a=CONV3-4 -> a=CONV3-4 -> ADD(a)\n",
    "weights of an unknown step": f"{SIZED}pattern: CONV3-4 -> CONV3-4(share=x)\n",
    "weights of another size": f"{SIZED}pattern: a=CONV3-4 -> CONV3-4(share=a)\n",
    "weights of another kind": f"{SIZED}pattern: a=CONV3-3 -> DWCONV3(share=a)\n",
    "INPUT in the middle": f"{SIZED}pattern: RELU -> INPUT -> RELU\n",
    "a step after OUTPUT": f"{SIZED}pattern: RELU -> OUTPUT -> RELU\n",
    "a merge of one": f"{SIZED}pattern: CONV3-4 -> ADD\n",
    "a merge of different depths": f"{SIZED}pattern: '{{ CONV3-4 | }} -> ADD'\n",
    "a merge of different widths": f"{SIZED}pattern: '{{ POOL2 | CONV1-3 }} -> CONCAT'\n",
    "no layers at all": f"{SIZED}pattern: '[RELU]*0'\n",
    "an unknown option": f"{SIZED}pattern: CONV3-8(pading=0)\n",
    "an option of no kind": f"{SIZED}pattern: RELU(alpha=1)\n",
    "an option twice": f"{SIZED}pattern: CONV3-8(padding=1, P=2)\n",
    "a size twice": f"{SIZED}pattern: CONV3-8(kernel=5)\n",
    "two values without a name": f"{SIZED}pattern: DROPOUT(0.5, 0.6)\n",
    "a stride of 0": f"{SIZED}pattern: CONV3-8/0\n",
    "a kernel of 0": f"{SIZED}pattern: CONV0-8\n",
    "no filters": "input: 8x8x3\npattern: CONV3\n",
    "0 filters": f"{SIZED}pattern: CONV3-0\n",
    "half a filter": f"{SIZED}pattern: CONV3-1.5\n",
    "a negative padding": f"{SIZED}pattern: CONV3-8(padding=-1)\n",
    "a dilation of 0": f"{SIZED}pattern: CONV3-8(dilation=0)\n",
    "a bias of no": f"{SIZED}pattern: CONV3-8(bias=no)\n",
    "a misspelt rounding": f"{SIZED}pattern: CONV3-8(rounding=flor)\n",
    "a rate above 1": f"{SIZED}pattern: DROPOUT(1.5)\n",
    "a rate that is a word": f"{SIZED}pattern: DROPOUT(half)\n",
    "a misspelt kind in a binding": f"{SIZED}pattern: '[CONV]*M'\nM: [{{CONVV: {{filters: 3}}}}]\n",
    "a misspelt switch in a binding": f"{SIZED}pattern: '[CONV -> POOL?]*M'\nM: [{{pool: no}}]\n",
    "what uses a variable that cannot be read is not blamed": f"{SIZED}pattern: 'CONV3-N -> [RELU]*N'\nN: 1:30\n",
    "nor what uses one that builds on an unknown one": f"{SIZED}pattern: 'CONV3-C -> [RELU]*N'\nN: 4*M\nC: N\n",
    "a variable that is yes": f"{SIZED}pattern: 'p=[RELU]? -> CONV3-P'\nP: yes\n",
    "a bad entry of a binding": f"{SIZED}pattern: '[CONV3-C]*M'\nM: [{{C: 1_0}}, {{C: 3}}]\n",
    "a variable out of range": f"{SIZED}pattern: CONV3-C\nC: 0\n",
    "an expression out of range": f"{SIZED}pattern: CONV3-(C-4)\nC: 2\n",
    "unknown kinds, all at once": f"{SIZED}pattern: '{{ CNV3-8/2(a, b=c) | RLU }} -> ADDD(new*) -> [SFTMAX]*2'\n",
    "an unknown kind and an open bracket": f"{SIZED}pattern: '[CNV3-8 -> RELU'\n",
    "an unknown kind with an open parenthesis": f"{SIZED}pattern: CNV3-8(kernel=3 -> RELU\n",
    "prose": f"{SIZED}pattern: a network with convolutions\n",
    "unknown options, all at once": f"{SIZED}pattern: CONV3-8(kernl=3, pading=1, stride=0)\n",
    "a merge behind a call with too many arguments": f"{SIZED}pattern: s=CONV3-4 -> POOL -> A(1, 2) -> ADD(s)\nblocks: {{A(C): CONV3-C}}\n",
    "a merge behind a call with an unknown variable": f"{SIZED}pattern: s=CONV3-4 -> POOL -> A(N) -> ADD(s)\nblocks: {{A(C): CONV3-C}}\n",
    "a merge behind a bad count": f"{SIZED}pattern: 's=CONV3-4 -> g=[POOL]*N -> ADD(s) -> ADD(g)'\n",
    "a merge behind a block that cannot be read": f"{SIZED}pattern: s=CONV3-4 -> POOL -> A -> ADD(s)\nblocks: {{A: CONV3-}}\n",
    "an input of four axes": "pattern: INPUT[8x8x8x8x4] -> FC-3\n",
    "an input without a side": "pattern: INPUT[8x0x4] -> FC-3\n",
    "a misfit in the second iteration": f"{SIZED}pattern: '[POOL2]*M -> FC'\nM: [{{}}, {{POOL: {{stride: 5}}}}]\n",
}
MESSAGES = Messages("messages_pattern.txt", list(CASES.items()))


@pytest.mark.parametrize("case", CASES)
def test_message(case):
    MESSAGES.check(case)


@pytest.mark.parametrize("case", CASES)
def test_is_an_error(case):
    assert any(each.severity == "error" for each in diagnostics(CASES[case]))


STARS = [  # a star without steps where one is needed
    "INPUT[8x8x4] -> RELU -> TANH(from=new*)",
    "INPUT[8x8x4] -> RELU -> TANH(from=new*) -> new=RELU",
    "INPUT[8x8x4] -> RELU -> ADD(from=new*)",
    "TANH(from=new*)",
    "input: 8x8x4\nlayers: [relu, output: {from: new*}]\n",
    "input: 8x8x4\nlayers: [relu, conv: {filters: 4, share: new*}]\n",
]


@pytest.mark.parametrize("text", STARS)
def test_a_star_stands_for_no_step(text):
    (found,) = diagnostics(text, **({} if "8x8" in text else {"input": volume("8x8x4")}))
    assert (found.code.number, found.message, found.label) == ("CNN110", "no step is named `new` so far", "not known here")
    assert found.span.words() == "new*"


def test_a_star_may_stand_for_no_step_beside_another():
    assert analyzed("INPUT[8x8x4] -> x=RELU -> [CONCAT(from=x, from=new*, least=1) -> new=TANH]*2").rows[-2].inputs == ("x", "new")
    (found,) = diagnostics("INPUT[8x8x4] -> x=RELU -> ADD(from=x, from=x, from=new*)")
    assert (found.code.number, found.message, found.span.words()) == ("CNN110", "no step is named `new`", "new*")


def test_a_variable_is_the_first_option_of_a_merge_that_has_one():
    from support import analyzed

    rows = analyzed(
        "input: 4x6\nH: 3\npattern: memory=CONV1-6 -> ATTENTION(H) -> ATTENTION(memory, H) -> OPAQUE(2x2, memory)\n"
    ).rows
    assert [row.typed.layer.value("heads") for row in rows[2:4]] == [3, 3]
    assert [len(row.inputs) for row in rows[2:]] == [1, 2, 2]


def test_as_many_names_as_a_merge_takes_are_all_that_it_reads():
    from support import analyzed

    rows = analyzed("INPUT[4x6] -> q=CONV1-6 -> k=CONV1-6(from=q) -> RELU -> MATMUL(q, k, transpose_b=true) -> MATMUL(k)").rows
    assert [row.inputs for row in rows[4:]] == [("q", "k"), (rows[4].name, "k")]
