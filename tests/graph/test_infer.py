"""From a graph to a network: volumes of all layers, each computed once, and whole messages for layers that do not fit."""

import pytest
from support import graph, layer, told, volume

from cnncalc.graph.builder import Builder
from cnncalc.graph.graph import Graph, Network, Origin, Typed, applied
from cnncalc.graph.infer import complete, fits, infer
from cnncalc.layers.base import Misfit
from cnncalc.layers.misfits import SHAPES
from cnncalc.maths.volume import Volume
from cnncalc.text.diagnostic import Findings, SpecError

BRANCHES = "{ a=INPUT[8x8x4] -> CONV3-4 -> CONV3-4 | b=INPUT[8x8x4] -> CONV3-4 } -> ADD -> CONV3-2"


def builder(*layers):
    """Return a builder of a chain; each layer is a kind and its options."""
    made = Builder()
    for index, (kind, options) in enumerate(layers):
        made.add(kind, options, (index - 1,) if index else ())
    return made


def built(*layers):
    """Return the graph of a chain."""
    return builder(*layers).build(Findings())


IMAGE = ("INPUT", {"shape": Volume((8, 8), 4)})
FINE = built(IMAGE, ("CONV", {"filters": 4}), ("RELU", {}))
MISFIT = built(IMAGE, ("POOL", {"kernel": 9}), ("RELU", {}), ("POOL", {"kernel": 3}))
TWO_MISFITS = MISFIT._replace(nodes=[*MISFIT.nodes, *built(IMAGE, ("POOL", {"kernel": 7})).nodes[1:]])
UNMADE = built(IMAGE, ("CONV", {"filters": 0}), ("RELU", {}), ("POOL", {"kernel": 9}))


def test_equal_layers_on_equal_inputs_are_computed_once():
    network = graph(BRANCHES)
    conv, second, other = (network.typed[at] for at in (1, 2, 4))
    assert conv is second is other
    assert network.typed[0] is network.typed[3]
    assert network.typed[6] is not conv
    assert [each.output.text for each in network.typed] == ["8x8x4"] * 6 + ["8x8x2"]


def test_the_facts_of_a_network():
    network = graph("{ a=INPUT[8x8x4] -> CONV3-2 | b=INPUT[4x4x1] -> UPSAMPLE2 } -> CONCAT")
    assert network.inputs == (0, 2)
    assert network.images == (Volume((8, 8), 4), Volume((4, 4), 1))
    assert network.image == Volume((8, 8), 4)
    assert network.image_bytes(2) == 2 * (8 * 8 * 4 + 4 * 4)
    assert network.nodes is network.graph.nodes
    assert network.outputs == ((4, ""),)


def test_an_image_may_have_numbers_of_a_size_of_its_own():
    made = builder(IMAGE)
    made.add("INPUT", {"shape": Volume((8, 8), 1, "int64")})
    made.add("CONCAT", {}, (0, 1))
    network = complete(made.build(Findings()))
    assert network.image_bytes(4) == 4 * 8 * 8 * 4 + 8 * 8 * 8
    assert network.image_bytes(2) == 2 * 8 * 8 * 4 + 8 * 8 * 8


def test_a_layer_on_its_inputs():
    typed = applied(layer("CONV3-2/2(padding=0, rounding=floor)"), volume("9x8x4"))
    assert (typed.inputs, typed.output) == ((volume("9x8x4"),), volume("4x3x2"))
    assert typed.window is typed.windows[0]
    assert [(each.name, each.shape) for each in typed.tensors] == [("weight", (3, 3, 4, 2)), ("bias", (2,))]
    assert typed.windows is typed.windows
    assert typed.tensors is typed.tensors
    with pytest.raises(Misfit):
        applied(layer("POOL9"), volume("8x8x4"))


def test_the_window_of_a_merge_is_that_of_its_first_input():
    """A layer of another package may have a different window on each input."""

    class Two:
        def windows(self, inputs):
            return tuple(each.text for each in inputs)

    typed = Typed(Two(), (volume("8x8x4"), volume("1x1x4")), volume("8x8x4"))
    assert typed.window == "8x8x4"


def test_a_layer_without_a_window():
    typed = applied(layer("RELU"), volume("8x8x4"))
    assert typed.windows == (None,)
    assert typed.window is None
    image = graph("INPUT[8x8x4]").typed[0]
    assert (image.inputs, image.window, image.tensors) == ((), None, ())


@pytest.mark.parametrize("made, kept", [(FINE, True), (MISFIT, False), (TWO_MISFITS, False)])
def test_a_network_or_none(made, kept):
    assert (fits(made) is not None) is kept
    findings = Findings()
    network = infer(made, findings)
    assert (network is not None) is kept
    assert findings.failed is not kept


def test_a_network_holds_its_graph():
    for network in (complete(FINE), fits(FINE), infer(FINE, Findings())):
        assert isinstance(network, Network)
        assert network.graph is FINE
        assert len(network.typed) == 3


def test_shared_weights_of_another_size_do_not_fit():
    made = builder(IMAGE, ("CONV", {"filters": 4}))
    made.add("CONV", {"filters": 2}, (1,), share=1, origin=Origin("CONV", text="node 2"))
    shared = made.build(Findings())
    assert fits(shared) is None
    with pytest.raises(SpecError) as error:
        complete(shared)
    (said,) = error.value.diagnostics
    assert said.message == "conv2 cannot apply the weights of conv1: they differ in kind or size"
    assert said.notes == (
        "conv2 has weight 3x3x4x2, bias 2, conv1 has weight 3x3x4x4, bias 4",
        "filters is 2 here and 4 in conv1",
        "it comes from node 2",
    )


def test_weights_of_the_first_node_are_shared_like_others():
    made = builder(IMAGE)
    made.add("CONV", {"filters": 2}, (0,), share=0)
    with pytest.raises(SpecError, match="conv1 cannot apply the weights of input: they differ in kind or size"):
        complete(made.build(Findings()))


def test_all_misfits_are_reported_but_not_what_depends_on_them():
    with pytest.raises(SpecError) as error:
        complete(TWO_MISFITS)
    assert [each.message for each in error.value.diagnostics] == [
        "POOL kernel 9 is larger than its input",
        "POOL stride 7 does not fit its input",
    ]


def test_a_layer_that_could_not_be_made_is_no_second_error():
    findings = Findings()
    assert infer(UNMADE, findings) is None
    assert not findings.failed


def test_layers_after_an_unmade_one_are_still_checked():
    findings = Findings()
    made = builder(IMAGE, ("CONV", {"filters": 0}), ("RELU", {}))
    made.add("POOL", {"kernel": 9}, (0,))
    made.add("RELU", {}, (2,))
    made.add("POOL", {"kernel": 7}, (0,))
    infer(made.build(Findings()), findings)
    assert [each.message for each in findings] == [
        "POOL kernel 9 is larger than its input",
        "POOL stride 7 does not fit its input",
    ]


def test_a_graph_without_nodes_is_no_network():
    assert infer(Graph([], (), {}), Findings()) is None


def test_without_a_file_the_notes_name_the_origin():
    made = builder(IMAGE, ("RELU", {}))
    made.add("POOL", {"kernel": 9}, (1,), origin=Origin("POOL", text="node 2"))
    findings = Findings()
    infer(made.build(Findings()), findings)
    (said,) = findings
    assert said.notes[-3:] == ("the input is 8x8x4", "the layer is pool1", "it comes from node 2")
    assert said.span is None


def test_the_note_on_an_input_names_where_it_comes_from():
    """A merge of another package may object to its first input alone; each layer is named with its line."""

    class Picky:
        def infer(self, inputs):
            raise Misfit(SHAPES, "no", notes=(f"the input is {inputs[0].text}; so", f"the input is {inputs[1].text}"))

    made = graph("INPUT[8x8x4] -> { a=CONV3-2 | b=CONV3-3 } -> CONCAT").graph
    findings = Findings()
    assert infer(made._replace(nodes=[*made.nodes[:3], made.nodes[3].with_layer(Picky())]), findings) is None
    (said,) = findings
    assert said.notes == (
        "the input is 8x8x2, from a (line 1); so",
        "the input is 8x8x3",
        "the layer is concat1: input 1 is a, input 2 is b",
    )


@pytest.mark.parametrize(
    "origin, wanted",
    [(Origin("RELU"), ()), (Origin("RELU", text="node 3"), ("it comes from node 3",))],
)
def test_notes_of_an_origin(origin, wanted):
    assert origin.notes == wanted
    assert origin.options == {}
    assert origin.place() is origin.place("kernel") is None


WRONG = {
    "after a named layer": (
        "INPUT[8x8x3] -> CONV3-4 -> POOL3",
        """\
error[CNN201]: POOL stride 3 does not fit its input
 --> <pattern>:1:28
  |
1 | INPUT[8x8x3] -> CONV3-4 -> POOL3
  |                            ^^^^^ (8 - 3 + 2*0)/3 + 1 = 2.67
  |
  = note: the input is 8x8x4, from conv1 (line 1); its last 2 columns and 2 rows would never be seen
  = note: the layer is pool1
  = hint: stride 1 or 5, kernel 2 or 5, padding 0:1, or `--rounding floor`, fits
  = hint: an input of 6x6x3 or 9x9x3 fits the whole network""",
    ),
    "after the input": (
        "INPUT[8x8x3] -> POOL9",
        """\
error[CNN202]: POOL kernel 9 is larger than its input
 --> <pattern>:1:21
  |
1 | INPUT[8x8x3] -> POOL9
  |                     ^ (8 - 9 + 2*0)/9 + 1 = 0.89
  |
  = note: the window spans 9 pixels, the padded width has 8
  = note: the input is 8x8x3
  = note: the layer is pool1
  = hint: a kernel of at most 8, padding of at least 1, or an input width of at least 9 fits""",
    ),
    "in a file": (
        "input: 8x8x3\npattern: |\n  CONV3-4 ->\n  RELU ->\n  POOL3\n",
        """\
error[CNN201]: POOL stride 3 does not fit its input
 --> spec.yaml:5:3
  |
5 |   POOL3
  |   ^^^^^ (8 - 3 + 2*0)/3 + 1 = 2.67
  |
  = note: the input is 8x8x4, from relu1 (line 4); its last 2 columns and 2 rows would never be seen
  = note: the layer is pool1
  = hint: stride 1 or 5, kernel 2 or 5, padding 0:1, or `rounding: floor`, fits
  = hint: an input of 6x6x3 or 9x9x3 fits the whole network""",
    ),
    "one misfit, and layers that depend on it": (
        "INPUT[8x8x4] -> CONV3-4 -> POOL3 -> { RELU | } -> ADD -> POOL3 -> CONV9-4(padding=0)",
        """\
error[CNN201]: POOL stride 3 does not fit its input
 --> <pattern>:1:28
  |
1 | INPUT[8x8x4] -> CONV3-4 -> POOL3 -> { RELU | } -> ADD -> POOL3 -> CONV9-4(padding=0)
  |                            ^^^^^ (8 - 3 + 2*0)/3 + 1 = 2.67
  |
  = note: the input is 8x8x4, from conv1 (line 1); its last 2 columns and 2 rows would never be seen
  = note: the layer is pool1
  = hint: stride 1, kernel 2, or padding 0:1, fits here, and moves the error to conv2
  = hint: stride 5, kernel 5, or `--rounding floor`, fits here, and moves the error to pool2
  = hint: an input of 81x81x4 fits the whole network""",
    ),
    "two misfits of branches": (
        "INPUT[8x8x4] -> { POOL3 -> RELU | CONV3-4 -> POOL9 } -> ADD",
        """\
error[CNN201]: POOL stride 3 does not fit its input
 --> <pattern>:1:19
  |
1 | INPUT[8x8x4] -> { POOL3 -> RELU | CONV3-4 -> POOL9 } -> ADD
  |                   ^^^^^ (8 - 3 + 2*0)/3 + 1 = 2.67
  |
  = note: the input is 8x8x4; its last 2 columns and 2 rows would never be seen
  = note: the layer is pool1
  = hint: stride 1 or 5, kernel 2 or 5, padding 0:1, input 6x6 or 9x9, or `--rounding floor`, fits

error[CNN202]: POOL kernel 9 is larger than its input
 --> <pattern>:1:50
  |
1 | INPUT[8x8x4] -> { POOL3 -> RELU | CONV3-4 -> POOL9 } -> ADD
  |                                                  ^ (8 - 9 + 2*0)/9 + 1 = 0.89
  |
  = note: the window spans 9 pixels, the padded width has 8
  = note: the input is 8x8x4, from conv1 (line 1)
  = note: the layer is pool2
  = hint: a kernel of at most 8, padding of at least 1, or an input width of at least 9 fits
  = hint: an input of 9x9x4 fits the whole network""",
    ),
    "a merge": (
        "INPUT[8x8x4] -> { CONV3-3 | RELU } -> ADD",
        """\
error[CNN206]: ADD input 2 has depth 4, input 1 has 3
 --> <pattern>:1:39
  |
1 | INPUT[8x8x4] -> { CONV3-3 | RELU } -> ADD
  |                                       ^^^ depth 3 and 4
  |
  = note: the inputs are 8x8x3, 8x8x4
  = note: the layer is add1: input 1 is conv1, input 2 is relu1
  = hint: `CONV1-3` at the end of input 2, or `CONV1-4` at the end of input 1, makes the depths equal""",
    ),
    "weights of another size": (
        "INPUT[8x8x3] -> a=CONV3-4 -> RELU -> CONV5-4(share=a)",
        """\
error[CNN118]: conv2 cannot apply the weights of a: they differ in kind or size
 --> <pattern>:1:52
  |
1 | INPUT[8x8x3] -> a=CONV3-4 -> RELU -> CONV5-4(share=a)
  |                                                    ^
  |
  = note: conv2 has weight 5x5x4x4, bias 4, a has weight 3x3x3x4, bias 4
  = note: kernel is 5 here and 3 in a
  = hint: leave out kernel: `share` takes every option that is not given""",
    ),
    "weights of another kind": (
        "INPUT[8x8x4] -> a=CONV3-4 -> DECONV3-4(share=a)",
        """\
error[CNN118]: deconv2 cannot apply the weights of a: they differ in kind or size
 --> <pattern>:1:46
  |
1 | INPUT[8x8x4] -> a=CONV3-4 -> DECONV3-4(share=a)
  |                                              ^
  |
  = note: deconv2 has weight 3x3x4x4, bias 4, a has weight 3x3x4x4, bias 4""",
    ),
    "no weights": (
        "INPUT[8x8x4] -> a=CONV3-4 -> RELU(share=a)",
        """\
error[CNN118]: relu1 cannot apply the weights of a: they differ in kind or size
 --> <pattern>:1:41
  |
1 | INPUT[8x8x4] -> a=CONV3-4 -> RELU(share=a)
  |                                         ^
  |
  = note: relu1 has no weights, a has weight 3x3x4x4, bias 4""",
    ),
    "weights with another initial value": (
        "INPUT[8x8x4] -> a=LAYERSCALE(0.1) -> LAYERSCALE(0.5, share=a) -> LAYERSCALE(0.1, share=a)",
        """\
error[CNN118]: layerscale cannot set init: its weights are those of a
 --> <pattern>:1:49
  |
1 | INPUT[8x8x4] -> a=LAYERSCALE(0.1) -> LAYERSCALE(0.5, share=a) -> LAYERSCALE(0.1, share=a)
  |                                                 ^^^ a has init 0.1
  |
  = hint: leave out init, or set it in a""",
    ),
    "learned and fixed weights": (
        "INPUT[8x8x4] -> a=CONV3-4 -> CONV3-4(learned=false, padding=0, share=a)",
        """\
error[CNN118]: conv2 cannot set learned: its weights are those of a
 --> <pattern>:1:46
  |
1 | INPUT[8x8x4] -> a=CONV3-4 -> CONV3-4(learned=false, padding=0, share=a)
  |                                              ^^^^^ a has learned true
  |
  = hint: leave out learned, or set it in a""",
    ),
    "weights of the first layer": (
        "{ INPUT[8x8x4] -> CONV3-4(share=input) | } -> ADD",
        """\
error[CNN114]: the size of the input input is missing
 --> <pattern>:1:1
  |
1 | { INPUT[8x8x4] -> CONV3-4(share=input) | } -> ADD
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = hint: write `input=INPUT[224x224x3] -> …`, or --input input=224x224x3""",
    ),
    "weights of the wrong kind twice": (
        "INPUT[8x8x4] -> a=CONV3-4 -> RELU(share=a) -> b=CONV3-8 -> CONV3-4(share=b)",
        """\
error[CNN118]: relu1 cannot apply the weights of a: they differ in kind or size
 --> <pattern>:1:41
  |
1 | INPUT[8x8x4] -> a=CONV3-4 -> RELU(share=a) -> b=CONV3-8 -> CONV3-4(share=b)
  |                                         ^
  |
  = note: relu1 has no weights, a has weight 3x3x4x4, bias 4

error[CNN118]: conv3 cannot apply the weights of b: they differ in kind or size
 --> <pattern>:1:74
  |
1 | INPUT[8x8x4] -> a=CONV3-4 -> RELU(share=a) -> b=CONV3-8 -> CONV3-4(share=b)
  |                                                                          ^
  |
  = note: conv3 has weight 3x3x8x4, bias 4, b has weight 3x3x4x8, bias 8
  = note: filters is 4 here and 8 in b
  = hint: leave out filters: `share` takes every option that is not given""",
    ),
    "weights of a misfit, then others": (
        "INPUT[8x8x4] -> { a=CONV9-4(padding=0) | b=CONV3-4 -> CONV3-4(share=a) -> CONV3-2(share=b) } -> ADD",
        """\
error[CNN202]: CONV kernel 9 is larger than its input
 --> <pattern>:1:25
  |
1 | INPUT[8x8x4] -> { a=CONV9-4(padding=0) | b=CONV3-4 -> CONV3-4(share=a) -> CONV3-2(share=b) } -> ADD
  |                         ^ (8 - 9 + 2*0)/1 + 1 = 0
  |
  = note: the window spans 9 pixels, the padded width has 8
  = note: the input is 8x8x4
  = note: the layer is a
  = hint: a kernel of at most 8, padding of at least 1, or an input width of at least 9 fits

error[CNN118]: conv2 cannot apply the weights of b: they differ in kind or size
 --> <pattern>:1:89
  |
1 | INPUT[8x8x4] -> { a=CONV9-4(padding=0) | b=CONV3-4 -> CONV3-4(share=a) -> CONV3-2(share=b) } -> ADD
  |                                                                                         ^
  |
  = note: conv2 has weight 3x3x4x2, bias 2, b has weight 3x3x4x4, bias 4
  = note: filters is 2 here and 4 in b
  = hint: leave out filters: `share` takes every option that is not given""",
    ),
    "weights of a misfit": (
        "INPUT[8x8x4] -> a=CONV9-4(padding=0) -> CONV3-4(share=a)",
        """\
error[CNN202]: CONV kernel 9 is larger than its input
 --> <pattern>:1:23
  |
1 | INPUT[8x8x4] -> a=CONV9-4(padding=0) -> CONV3-4(share=a)
  |                       ^ (8 - 9 + 2*0)/1 + 1 = 0
  |
  = note: the window spans 9 pixels, the padded width has 8
  = note: the input is 8x8x4
  = note: the layer is a
  = hint: a kernel of at most 8, padding of at least 1, or an input width of at least 9 fits""",
    ),
}


@pytest.mark.parametrize("text, wanted", WRONG.values(), ids=WRONG)
def test_whole_messages(text, wanted):
    assert told(text) == wanted
