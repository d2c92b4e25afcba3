"""From a spec to a graph: references, outputs to keep, roundings, equal layers; whole messages for each error."""

import pytest
from support import found, graph, told

from cnncalc.graph.build import InputSize, Overrides, by_name
from cnncalc.maths.volume import Volume
from cnncalc.pipeline import read
from cnncalc.text.diagnostic import Findings, SpecError

NINE = Volume((9, 9), 3)


def built(text, **overrides):
    """Return the graph of a text."""
    return read(found(text), Overrides(**overrides), Findings())[1].graph


def shape(graph):
    """Return the nodes in one text: `add(3 1)`, and `conv2(2)=1` with the weights of node 1."""
    return " ".join(
        f"{each.name}({' '.join(map(str, each.inputs))})" + (f"={each.shared}" if each.shared != -1 else "") for each in graph.nodes
    )


# references


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("CONV3-4 -> RELU -> ADD(conv1)", "conv1(0) relu1(1) add1(2 1)"),
        ("CONV3-4 -> RELU -> TANH -> ADD(conv1, relu1, input)", "conv1(0) relu1(1) tanh1(2) add1(3 1 2 0)"),
        ("CONV3-4 -> RELU -> TANH -> ADD(relu1, input, conv1)", "conv1(0) relu1(1) tanh1(2) add1(3 2 0 1)"),
        ("c=CONV3-4 -> RELU -> TANH -> ADD(relu1, c)", "c(0) relu1(1) tanh1(2) add1(3 2 1)"),
        ("CONV3-4 -> RELU -> CONV3-4(share=conv1)", "conv1(0) relu1(1) conv2(2)=1"),
        ("{ CONV3-4 | CONV3-4(share=conv1) } -> ADD", "conv1(0) conv2(0)=1 add1(1 2)"),
        ("CONV3-4 -> RELU -> CONV3-4(from=conv1)", "conv1(0) relu1(1) conv2(1)"),
        ("CONV3-4 -> RELU -> CONV3-4(from=input, share=conv1)", "conv1(0) relu1(1) conv2(0)=1"),
        ("c=CONV3-4 -> RELU -> ADD(c) -> TANH -> ADD(relu1)", "c(0) relu1(1) add1(2 1) tanh1(3) add1_2(4 2)"),
    ],
)
def test_references_to_earlier_layers(text, wanted):
    assert shape(built(f"INPUT[8x8x4] -> {text}")) == f"input() {wanted}"


@pytest.mark.parametrize(
    "pattern, block, wanted",
    [
        (
            "A -> A",
            "CONV3-4 -> { RELU | } -> ADD(conv1)",
            "a1/conv1(0) a1/relu1(1) a1/add1(2 1 1) a2/conv1(3) a2/relu1(4) a2/add1(5 4 4)",
        ),
        ("conv1=CONV3-4 -> A", "RELU -> ADD(conv1)", "conv1(0) a1/relu1(1) a1/add1(2 1)"),
        ("A -> TANH -> ADD(a1/conv1)", "CONV3-4 -> RELU", "a1/conv1(0) a1/relu1(1) tanh1(2) add1(3 1)"),
        ("A -> CONV3-4(share=a1/conv1)", "CONV3-4 -> RELU", "a1/conv1(0) a1/relu1(1) conv1(2)=1"),
    ],
)
def test_references_in_blocks(pattern, block, wanted):
    """A name is one in the block, or else one of the whole network."""
    assert shape(built(f"input: 8x8x4\npattern: {pattern}\nblocks: {{A: '{block}'}}\n")) == f"input() {wanted}"


@pytest.mark.parametrize(
    "marked, outputs",
    [("conv1", ((1, ""), (4, ""))), ("relu1", ((2, ""), (4, ""))), ("conv2", ((3, ""), (4, ""))), ("input", ((0, ""), (4, "")))],
)
def test_an_output_may_name_any_layer(marked, outputs):
    text = f"input: 8x8x4\nlayers:\n- conv: {{filters: 4}}\n- output: {{from: {marked}}}\n- relu\n- conv: {{filters: 2}}\n- fc: 2\n"
    assert built(text).outputs == outputs


# outputs to keep

AUXILIARY = "INPUT[8x8x4] -> c=CONV3-4 -> { | x=CONV3-4 -> y=RELU -> OUTPUT(aux) } -> d=CONV3-4(share=c) -> { RELU | } -> e=ADD(c)"
TWO = "INPUT[8x8x4] -> { | x=CONV3-4 -> OUTPUT(aux) | z=CONV1-2 -> OUTPUT(b) } -> d=CONV3-4(share=x) -> RELU"
UNNAMED = "INPUT[8x8x4] -> { | x=CONV3-4 -> OUTPUT(aux) | z=CONV1-2 -> OUTPUT } -> RELU -> { | TANH -> OUTPUT(aux) } -> FC-3"


@pytest.mark.parametrize(
    "text, kept, nodes, outputs, named, left_out",
    [
        (AUXILIARY, (), "input() c(0) d(1)=1 relu1(2) e(3 2 1)", ((4, ""),), {"c": 1, "d": 2, "e": 4}, ("aux",)),
        (
            AUXILIARY,
            ("aux",),
            "input() c(0) x(1) y(2) d(1)=1 relu1(4) e(5 4 1)",
            ((3, "aux"), (6, "")),
            {"c": 1, "x": 2, "y": 3, "d": 4, "e": 6},
            (),
        ),
        (TWO, (), "input() d(0) relu1(1)", ((2, ""),), {"d": 1}, ("aux", "b")),
        (TWO, ("aux",), "input() x(0) d(0)=1 relu1(2)", ((1, "aux"), (3, "")), {"x": 1, "d": 2}, ("b",)),
        (TWO, ("b",), "input() z(0) d(0) relu1(2)", ((1, "b"), (3, "")), {"z": 1, "d": 2}, ("aux",)),
        (
            TWO,
            ("b", "aux"),
            "input() x(0) z(0) d(0)=1 relu1(3)",
            ((1, "aux"), (2, "b"), (4, "")),
            {"x": 1, "z": 2, "d": 3},
            (),
        ),
        (UNNAMED, (), "input() z(0) relu1(0) fc1(2)", ((1, ""), (3, "")), {"z": 1}, ("aux",)),
        (
            UNNAMED,
            ("aux",),
            "input() x(0) z(0) relu1(0) tanh1(3) fc1(3)",
            ((1, "aux"), (2, ""), (4, "aux"), (5, "")),
            {"x": 1, "z": 2},
            (),
        ),
    ],
)
def test_named_outputs_are_kept_on_request(text, kept, nodes, outputs, named, left_out):
    graph = built(text, outputs=kept)
    assert (shape(graph), graph.outputs, graph.named, graph.left_out) == (nodes, outputs, named, left_out)


# layers


@pytest.mark.parametrize(
    "text, rounding, wanted",
    [
        ("INPUT[8x8x3] -> POOL2 -> CONV3-2 -> RELU", None, ["POOL", "CONV(filters=2)", "RELU"]),
        ("INPUT[8x8x3] -> POOL2 -> CONV3-2 -> RELU", "strict", ["POOL", "CONV(filters=2)", "RELU"]),
        ("INPUT[8x8x3] -> POOL2 -> CONV3-2 -> RELU", "floor", ["POOL(rounding=floor)", "CONV(filters=2, rounding=floor)", "RELU"]),
        (
            "INPUT[8x8x3] -> POOL2(rounding=ceil) -> CONV3-2 -> RELU",
            "floor",
            ["POOL(rounding=ceil)", "CONV(filters=2, rounding=floor)", "RELU"],
        ),
        ("input: 8x8x3\nrounding: ceil\npattern: POOL2 -> RELU\n", None, ["POOL(rounding=ceil)", "RELU"]),
        ("input: 8x8x3\nrounding: ceil\npattern: POOL2 -> RELU\n", "floor", ["POOL(rounding=floor)", "RELU"]),
        ("input: 8x8x3\nrounding: ceil\npattern: POOL2 -> RELU\n", "strict", ["POOL", "RELU"]),
    ],
)
def test_the_rounding_of_a_layer_then_of_the_command_line_then_of_the_spec(text, rounding, wanted):
    assert [each.layer.text() for each in built(text, rounding=rounding).nodes[1:]] == wanted


def test_equal_layers_are_one_object():
    nodes = built("INPUT[8x8x4] -> [CONV3-4 -> RELU]*2 -> CONV3-4 -> CONV3-8").nodes
    conv, relu, again, other, third, wider = (each.layer for each in nodes[1:])
    assert conv is again is third
    assert relu is other
    assert wider is not conv


def test_equal_options_of_different_types_are_different_layers():
    nodes = built("INPUT[8x8x4] -> CONV3-4(bias=true) -> CONV3-4(bias=false) -> CONV3-4").nodes
    assert [each.layer.bias for each in nodes[1:]] == [True, False, True]


def test_nodes_know_their_steps():
    node = built("INPUT[8x8x4] -> a=CONV3-4(stride=1) -> CONV3-4(share=a)").nodes
    first, second = node[1].origin, node[2].origin
    assert (first.kind, first.share, first.notes) == ("CONV", None, ())
    assert (first.span.start, first.span.end) == (18, 35)
    assert first.place("stride").start == 33
    assert first.place("padding") == first.place() == first.span
    assert {name: value for name, (value, _) in first.options.items()} == {"kernel": 3, "filters": 4, "stride": 1}
    assert second.share is not None
    assert second.share.start == second.span.end - 2


@pytest.mark.parametrize(
    "given, wanted", [(None, {}), (NINE, {"": NINE}), ((InputSize("a", NINE), InputSize("b", NINE)), {"a": NINE, "b": NINE})]
)
def test_sizes_by_name(given, wanted):
    assert by_name(given) == Overrides(input=given).sizes == wanted


@pytest.mark.parametrize(
    "text, given, wanted",
    [
        ("INPUT -> RELU", NINE, ["9x9x3"]),
        ("INPUT[8x8x3] -> RELU", NINE, ["8x8x3"]),
        ("a=INPUT -> RELU", NINE, ["9x9x3"]),
        ("a=INPUT -> RELU", (InputSize("a", NINE),), ["9x9x3"]),
        ("input: 8x8x3\npattern: RELU\n", NINE, ["8x8x3"]),
        ("inputs: {a: 8x8x3}\npattern: a=INPUT -> RELU\n", NINE, ["8x8x3"]),
        ("{ a=INPUT | b=INPUT[9x9x1] } -> CONCAT", (InputSize("a", NINE),), ["9x9x3", "9x9x1"]),
        ("{ a=INPUT | b=INPUT[9x9x1] } -> CONCAT", (InputSize("a", NINE), InputSize("b", NINE)), ["9x9x3", "9x9x1"]),
        ("inputs: {b: 9x9x1}\npattern: '{ a=INPUT | b=INPUT } -> CONCAT'\n", (InputSize("a", NINE),), ["9x9x3", "9x9x1"]),
        ("input: 9x9x1\npattern: '{ a=INPUT | b=INPUT[9x9x1] } -> CONCAT'\n", (InputSize("a", NINE),), ["9x9x1", "9x9x1"]),
    ],
)
def test_a_default_size_is_for_inputs_without_one(text, given, wanted):
    network = read(found(text), Overrides(default_input=given), Findings())[1]
    assert [each.text for each in network.images] == wanted


@pytest.mark.parametrize(
    "text, given, wanted",
    [
        ("INPUT -> RELU", (InputSize("b", NINE),), "the size of the input is missing"),
        ("{ a=INPUT | b=INPUT[9x9x3] } -> ADD", NINE, "the size of the input a is missing"),
        ("input: 8*8*3\npattern: RELU\n", NINE, "`input` is a size such as 224x224x3, not `8*8*3`"),
        ("inputs: {input: 8*8*3}\npattern: RELU\n", NINE, "`input` is a size such as 224x224x3, not `8*8*3`"),
        ("inputs: {aa: 9x9x3}\npattern: '{ a=INPUT | b=INPUT } -> ADD'\n", NINE, "no input is named `aa`"),
    ],
)
def test_a_default_size_hides_no_error(text, given, wanted):
    with pytest.raises(SpecError) as error:
        read(found(text), Overrides(default_input=given), Findings())
    assert [each.message for each in error.value.diagnostics] == [wanted]


# errors

WRONG = {
    "a generated name that comes later": (
        "INPUT[8x8x3] -> CONV3-4 -> RELU -> ADD(conv2) -> CONV3-3",
        """\
error[CNN110]: no step is named `conv2` so far
 --> <pattern>:1:40
  |
1 | INPUT[8x8x3] -> CONV3-4 -> RELU -> ADD(conv2) -> CONV3-3
  |                                        ^^^^^ not known here
  |
  = note: `conv2` comes later: a layer can only read the results of earlier layers""",
    ),
    "two unknown steps": (
        "INPUT[8x8x3] -> CONV3-4 -> RELU -> ADD(conv) -> CONV3-3 -> ADD(zz)",
        """\
error[CNN110]: no step is named `conv` so far
 --> <pattern>:1:40
  |
1 | INPUT[8x8x3] -> CONV3-4 -> RELU -> ADD(conv) -> CONV3-3 -> ADD(zz)
  |                                        ^^^^ not known here
  |
  = hint: did you mean `conv1`?

error[CNN110]: no step is named `zz` so far
 --> <pattern>:1:64
  |
1 | INPUT[8x8x3] -> CONV3-4 -> RELU -> ADD(conv) -> CONV3-3 -> ADD(zz)
  |                                                                ^^ not known here
  |
  = hint: name a step before this one: `zz=CONV3-64`""",
    ),
    "a path through a group without a count": (
        "INPUT[8x8x4] -> h=[c=CONV3-4 -> RELU] -> CONV3-4(share=h/c)",
        """\
error[CNN110]: no step is named `h/c` so far
 --> <pattern>:1:56
  |
1 | INPUT[8x8x4] -> h=[c=CONV3-4 -> RELU] -> CONV3-4(share=h/c)
  |                                                        ^^^ not known here
  |
  = hint: did you mean `c`?""",
    ),
    "a path without any step": (
        "INPUT[8x8x4] -> CONV3-4 -> ADD(h/zz)",
        """\
error[CNN110]: no step is named `h/zz` so far
 --> <pattern>:1:32
  |
1 | INPUT[8x8x4] -> CONV3-4 -> ADD(h/zz)
  |                                ^^^^ not known here
  |
  = hint: name a step before this one, `zz=CONV3-64`, and refer to it as `zz`""",
    ),
    "its own name is not earlier": (
        "INPUT[8x8x3] -> ADD(add)",
        """\
error[CNN110]: no step is named `add` so far
 --> <pattern>:1:21
  |
1 | INPUT[8x8x3] -> ADD(add)
  |                     ^^^ not known here
  |
  = note: `add` comes later: a layer can only read the results of earlier layers""",
    ),
    "its own weights and size, by name": (
        "INPUT[8x8x4] -> a=CONV3-4(share=a) -> b=RESIZE(like=b) -> [c=CONV3-4(share=c)]*2",
        """\
error[CNN110]: no step is named `a` so far
 --> <pattern>:1:33
  |
1 | INPUT[8x8x4] -> a=CONV3-4(share=a) -> b=RESIZE(like=b) -> [c=CONV3-4(share=c)]*2
  |                                 ^ not known here
  |
  = note: `a` comes later: a layer can only read the results of earlier layers

error[CNN110]: no step is named `b` so far
 --> <pattern>:1:53
  |
1 | INPUT[8x8x4] -> a=CONV3-4(share=a) -> b=RESIZE(like=b) -> [c=CONV3-4(share=c)]*2
  |                                                     ^ not known here
  |
  = note: `b` comes later: a layer can only read the results of earlier layers

error[CNN110]: no step is named `c` so far
 --> <pattern>:1:76
  |
1 | INPUT[8x8x4] -> a=CONV3-4(share=a) -> b=RESIZE(like=b) -> [c=CONV3-4(share=c)]*2
  |                                                                            ^ not known here
  |
  = note: `c` comes later: a layer can only read the results of earlier layers""",
    ),
    "its own weights": (
        "INPUT[8x8x4] -> CONV3-4(share=conv1) -> CONV3-4",
        """\
error[CNN110]: no step is named `conv1` so far
 --> <pattern>:1:31
  |
1 | INPUT[8x8x4] -> CONV3-4(share=conv1) -> CONV3-4
  |                               ^^^^^ not known here
  |
  = note: `conv1` comes later: a layer can only read the results of earlier layers""",
    ),
    "unknown weights": (
        "INPUT[8x8x4] -> CONV3-4 -> CONV3-4(share=conv3)",
        """\
error[CNN110]: no step is named `conv3` so far
 --> <pattern>:1:42
  |
1 | INPUT[8x8x4] -> CONV3-4 -> CONV3-4(share=conv3)
  |                                          ^^^^^ not known here
  |
  = hint: did you mean `conv1`?""",
    ),
    "in a block": (
        "input: 8x8x3\npattern: A -> A\nblocks: {A: 'CONV3-3 -> { RELU | } -> ADD(rellu1)'}\n",
        """\
error[CNN110]: no step is named `rellu1` so far
 --> spec.yaml:3:43
  |
3 | blocks: {A: 'CONV3-3 -> { RELU | } -> ADD(rellu1)'}
  |                                           ^^^^^^ not known here
  |
  = hint: did you mean `relu1`?""",
    ),
    "an output of a later step's name": (
        "input: 8x8x3\nlayers:\n- conv: {filters: 3}\n- output: {name: a, from: conv9}\n- relu\n- conv: {filters: 2}\n",
        """\
error[CNN110]: no step is named `conv9` so far
 --> spec.yaml:4:27
  |
4 | - output: {name: a, from: conv9}
  |                           ^^^^^ not known here
  |
  = hint: did you mean `conv1` or `conv2`?""",
    ),
    "an unknown step and a layer after it": (
        "INPUT[8x8x3] -> CONV3-4 -> ADD(nix) -> POOL9 -> CONV3-0",
        """\
error[CNN110]: no step is named `nix` so far
 --> <pattern>:1:32
  |
1 | INPUT[8x8x3] -> CONV3-4 -> ADD(nix) -> POOL9 -> CONV3-0
  |                                ^^^ not known here
  |
  = hint: name a step before this one: `nix=CONV3-64`

error[CNN108]: CONV filters must be at least 1, not 0
 --> <pattern>:1:55
  |
1 | INPUT[8x8x3] -> CONV3-4 -> ADD(nix) -> POOL9 -> CONV3-0
  |                                                       ^
  |""",
    ),
    "an unknown source, then a misfit elsewhere": (
        "INPUT[8x8x3] -> { CONV3-4 -> ADD(nix) -> POOL9 | POOL9 } -> ADD",
        """\
error[CNN110]: no step is named `nix` so far
 --> <pattern>:1:34
  |
1 | INPUT[8x8x3] -> { CONV3-4 -> ADD(nix) -> POOL9 | POOL9 } -> ADD
  |                                  ^^^ not known here
  |
  = hint: name a step before this one: `nix=CONV3-64`

error[CNN202]: POOL kernel 9 is larger than its input
 --> <pattern>:1:54
  |
1 | INPUT[8x8x3] -> { CONV3-4 -> ADD(nix) -> POOL9 | POOL9 } -> ADD
  |                                                      ^ (8 - 9 + 2*0)/9 + 1 = 0.89
  |
  = note: the window spans 9 pixels, the padded width has 8
  = note: the input is 8x8x3
  = note: the layer is pool2
  = hint: a kernel of at most 8, padding of at least 1, or an input width of at least 9 fits""",
    ),
    "no layers": (
        "[RELU]*0",
        """\
error[CNN116]: the network has no layers
 = hint: write at least one step: `INPUT -> FC-10`""",
    ),
    "defaults that no layer uses": (
        "input: 8x8x3\nCONV: {kernel: K, stride: 0, filters: C}\nPOOL: {kernel: -1}\nC: 0\npattern: FC-3\n",
        """\
error[CNN108]: CONV stride must be at least 1, not 0
 --> spec.yaml:2:27
  |
2 | CONV: {kernel: K, stride: 0, filters: C}
  |                           ^
  |

error[CNN108]: CONV filters must be at least 1, not 0
 --> spec.yaml:2:39
  |
2 | CONV: {kernel: K, stride: 0, filters: C}
  |                                       ^
  |

error[CNN108]: POOL kernel must be at least 1, not -1
 --> spec.yaml:3:16
  |
3 | POOL: {kernel: -1}
  |                ^^
  |""",
    ),
    "an unreadable default": (
        "input: 8x8x3\nCONV: {filters: {a: 1}, stride: 0}\npattern: CONV3 -> FC-3\n",
        """\
error[CNN007]: `filters` has no side `a`
 --> spec.yaml:2:18
  |
2 | CONV: {filters: {a: 1}, stride: 0}
  |                  ^
  |
  = hint: sides are left, right, top, bottom, front and back

error[CNN108]: CONV stride must be at least 1, not 0
 --> spec.yaml:2:33
  |
2 | CONV: {filters: {a: 1}, stride: 0}
  |                                 ^
  |""",
    ),
    "a default with a hint": (
        "input: 8x8x3\nPOOL: {rounding: flor}\npattern: FC-3\n",
        """\
error[CNN108]: POOL rounding must be one of strict, floor, ceil, ceil_caffe, not `flor`
 --> spec.yaml:2:18
  |
2 | POOL: {rounding: flor}
  |                  ^^^^
  |
  = hint: did you mean `floor`?""",
    ),
    "values as variables": (
        "input: 8x8x3\nC: 0\npattern: CONV3-C -> CONV3-(2*C - 1) -> CONV3-0 -> FC-c\n",
        """\
error[CNN108]: CONV filters must be at least 1, not 0
 --> spec.yaml:3:16
  |
3 | pattern: CONV3-C -> CONV3-(2*C - 1) -> CONV3-0 -> FC-c
  |                ^ C = 0
  |

error[CNN108]: CONV filters must be at least 1, not -1
 --> spec.yaml:3:28
  |
3 | pattern: CONV3-C -> CONV3-(2*C - 1) -> CONV3-0 -> FC-c
  |                            ^^^^^^^ 2*C - 1 = -1
  |

error[CNN108]: CONV filters must be at least 1, not 0
 --> spec.yaml:3:46
  |
3 | pattern: CONV3-C -> CONV3-(2*C - 1) -> CONV3-0 -> FC-c
  |                                              ^
  |

error[CNN108]: FC units must be an integer, not `c`
 --> spec.yaml:3:54
  |
3 | pattern: CONV3-C -> CONV3-(2*C - 1) -> CONV3-0 -> FC-c
  |                                                      ^
  |""",
    ),
    "a broken layer's other values": (
        "INPUT[8x8x3] -> CONV3-4(bogus=2, stride=0) -> POOL2(nix=1, rounding=flor)",
        """\
error[CNN107]: CONV has no option `bogus`
 --> <pattern>:1:25
  |
1 | INPUT[8x8x3] -> CONV3-4(bogus=2, stride=0) -> POOL2(nix=1, rounding=flor)
  |                         ^^^^^ not known
  |
  = hint: CONV takes kernel, filters, stride, padding, dilation, groups, bias, learned, standardize, gain, gamma, eps, mode, rounding

error[CNN108]: CONV stride must be at least 1, not 0
 --> <pattern>:1:41
  |
1 | INPUT[8x8x3] -> CONV3-4(bogus=2, stride=0) -> POOL2(nix=1, rounding=flor)
  |                                         ^
  |

error[CNN107]: POOL has no option `nix`
 --> <pattern>:1:53
  |
1 | INPUT[8x8x3] -> CONV3-4(bogus=2, stride=0) -> POOL2(nix=1, rounding=flor)
  |                                                     ^^^ not known
  |
  = hint: POOL takes kernel, stride, padding, dilation, rounding, out

error[CNN108]: POOL rounding must be one of strict, floor, ceil, ceil_caffe, not `flor`
 --> <pattern>:1:69
  |
1 | INPUT[8x8x3] -> CONV3-4(bogus=2, stride=0) -> POOL2(nix=1, rounding=flor)
  |                                                                     ^^^^
  |
  = hint: did you mean `floor`?""",
    ),
    "an unknown step beside an output left out": (
        "INPUT[8x8x3] -> { | CONV3-4 -> OUTPUT(aux) } -> ADD(nix) -> RELU",
        """\
error[CNN110]: no step is named `nix` so far
 --> <pattern>:1:53
  |
1 | INPUT[8x8x3] -> { | CONV3-4 -> OUTPUT(aux) } -> ADD(nix) -> RELU
  |                                                     ^^^ not known here
  |
  = hint: name a step before this one: `nix=CONV3-64`""",
    ),
    "an unknown output, and another left out": (
        "input: 8x8x3\nlayers:\n- conv: {filters: 3}\n- output: {name: a}\n- output: {from: nix}\n- relu\n",
        """\
error[CNN110]: no step is named `nix` so far
 --> spec.yaml:5:18
  |
5 | - output: {from: nix}
  |                  ^^^ not known here
  |
  = hint: name a step before this one: `nix=CONV3-64`""",
    ),
    "a value of an expression without variables": (
        "INPUT[8x8x4] -> CONV3-(2-2)",
        """\
error[CNN108]: CONV filters must be at least 1, not 0
 --> <pattern>:1:24
  |
1 | INPUT[8x8x4] -> CONV3-(2-2)
  |                        ^^^
  |""",
    ),
    "a missing option": (
        "INPUT[8x8x3] -> CONV3 -> FC-3",
        """\
error[CNN108]: CONV needs `filters`: number of filters, the depth of the output (K)
 --> <pattern>:1:17
  |
1 | INPUT[8x8x3] -> CONV3 -> FC-3
  |                 ^^^^^
  |
  = hint: `CONV3-64`, or `CONV: {filters: 64}` sets it for all""",
    ),
    "all outputs are named": (
        "INPUT[8x8x3] -> CONV3-4 -> { CONV1-2 -> OUTPUT(x) | CONV1-3 -> OUTPUT(y) | CONV1-3 -> OUTPUT(z) }",
        """\
error[CNN116]: all outputs are named, and named outputs are left out
 = hint: keep one with --outputs x, or write OUTPUT without a name""",
    ),
}


@pytest.mark.parametrize("text, wanted", WRONG.values(), ids=WRONG)
def test_whole_messages(text, wanted):
    assert told(text) == wanted


OUTPUTS = {
    "near a name": (
        "INPUT[8x8x3] -> { CONV3-4 | CONV1-2 -> OUTPUT(aux) }",
        ["auxx"],
        """\
error[CNN110]: no output is named `auxx`
 = hint: did you mean `aux`?""",
    ),
    "far from all": (
        "INPUT[8x8x3] -> { CONV3-4 | CONV1-2 -> OUTPUT(aux) | CONV1-2 -> OUTPUT(b) }",
        ["zzz"],
        """\
error[CNN110]: no output is named `zzz`
 = hint: the named outputs are aux, b""",
    ),
    "none is named": (
        "INPUT[8x8x3] -> FC-3",
        ["aux"],
        """\
error[CNN110]: no output is named `aux`
 = hint: this spec has no named outputs""",
    ),
}


@pytest.mark.parametrize("text, outputs, wanted", OUTPUTS.values(), ids=OUTPUTS)
def test_outputs_that_do_not_exist(text, outputs, wanted):
    assert told(text, outputs=outputs) == wanted


def test_an_empty_network_is_one_error_only_if_nothing_else_is_wrong():
    assert told("RELUU").count("error[") == 1
    assert graph("INPUT[8x8x3]").nodes[0].name == "input"
