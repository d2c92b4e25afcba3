"""Other sizes of inputs, and graphs of foreign formats under the settings of the command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import graph

from cnncalc.graph.adapt import adapted
from cnncalc.graph.build import InputSize, Overrides
from cnncalc.graph.builder import Builder
from cnncalc.graph.infer import complete
from cnncalc.graph.resize import resized, resized_by_name, resized_inputs
from cnncalc.maths.volume import Volume
from cnncalc.text.diagnostic import Findings

ONE = graph("INPUT[8x8x4] -> CONV3-4 -> { RELU | } -> ADD").graph
TWO = graph("{ a=INPUT[8x8x4] -> CONV3-4 | b=INPUT[8x8x4] } -> ADD").graph
NINE, SEVEN = Volume((9, 9), 4), Volume((7, 7), 4)


def sizes(built):
    """Return the sizes of all inputs in one text."""
    return " ".join(node.layer.shape.text for node in built.nodes if not node.inputs)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 5))
def test_only_the_volume_of_the_input_changes(width, height, depth):
    volume = Volume((width, height), depth)
    other = resized(ONE, volume)
    assert other.nodes[0].layer.shape == volume
    assert other.nodes[1:] == ONE.nodes[1:]
    assert other._replace(nodes=ONE.nodes) == ONE
    assert [(node.name, node.inputs, node.path, node.origin) for node in other.nodes] == [
        (node.name, node.inputs, node.path, node.origin) for node in ONE.nodes
    ]


@pytest.mark.parametrize(
    "volumes, wanted",
    [
        ({}, "8x8x4 8x8x4"),
        ({0: NINE}, "9x9x4 8x8x4"),
        ({2: NINE}, "8x8x4 9x9x4"),
        ({0: NINE, 2: SEVEN}, "9x9x4 7x7x4"),
    ],
)
def test_by_the_index_of_the_node(volumes, wanted):
    assert sizes(resized_inputs(TWO, volumes)) == wanted
    assert sizes(TWO) == "8x8x4 8x8x4"


@pytest.mark.parametrize(
    "volumes, wanted",
    [
        ({}, "8x8x4 8x8x4"),
        ({"": NINE}, "9x9x4 8x8x4"),
        ({"a": NINE}, "9x9x4 8x8x4"),
        ({"b": NINE}, "8x8x4 9x9x4"),
        ({"a": NINE, "b": SEVEN}, "9x9x4 7x7x4"),
        ({"conv1": NINE, "c": NINE}, "8x8x4 8x8x4"),
    ],
)
def test_by_name(volumes, wanted):
    assert sizes(resized_by_name(TWO, volumes)) == wanted


def test_the_first_input_is_the_one_without_a_name():
    assert sizes(resized(TWO, NINE)) == "9x9x4 8x8x4"
    assert complete(resized(ONE, NINE)).image == NINE


def test_an_input_that_could_not_be_made_stays_unmade():
    builder = Builder()
    builder.add("INPUT", {"shape": "small"})
    built = builder.build(Findings())
    assert built.nodes[0].layer is None
    assert resized(built, NINE).nodes == built.nodes


# foreign formats


def foreign():
    """Return the graph of a reader: an input, layers with and without a rounding of their own, a named output."""
    builder = Builder()
    image = builder.add("INPUT", {"shape": Volume((8, 8), 4)})
    pool = builder.add("POOL", {"kernel": 2}, (image,))
    conv = builder.add("CONV", {"filters": 4, "rounding": "ceil"}, (pool,))
    bad = builder.add("CONV", {"filters": 0}, (conv,))
    relu = builder.add("RELU", {}, (conv,))
    again = builder.add("POOL", {"kernel": 2}, (relu,))
    builder.output(bad, "head")
    builder.output(again)
    return builder.build(Findings())


def read(overrides, built=None):
    """Return the adapted graph, and the messages and hints of the errors."""
    findings = Findings()
    graph = adapted(foreign() if built is None else built, overrides, findings)
    return graph, [(each.message, each.hints) for each in findings]


def test_without_settings_nothing_changes():
    built = foreign()
    graph, messages = read(Overrides(), built)
    assert graph is built
    assert messages == []


def test_a_rounding_is_for_layers_that_do_not_set_their_own():
    built = foreign()
    graph, messages = read(Overrides(rounding="floor"), built)
    assert messages == []
    texts = [node.layer.text() if node.layer else "-" for node in graph.nodes]
    assert texts == [
        "INPUT(shape=8x8x4)",
        "POOL(rounding=floor)",
        "CONV(filters=4, rounding=ceil)",
        "-",
        "RELU",
        "POOL(rounding=floor)",
    ]
    assert graph.nodes[1].layer is graph.nodes[5].layer
    assert [node.inputs for node in graph.nodes] == [node.inputs for node in built.nodes]
    assert graph.outputs == built.outputs


@pytest.mark.parametrize("given", [NINE, (InputSize("input", NINE),)])
def test_another_size_of_the_input(given):
    graph, messages = read(Overrides(input=given))
    assert (sizes(graph), messages) == ("9x9x4", [])


@pytest.mark.parametrize(
    "overrides, message, hints",
    [
        (Overrides(outputs=("heat",)), "no output is named `heat`", ("did you mean `head`?",)),
        (Overrides(outputs=("zzz", "head")), "no output is named `zzz`", ()),
        (Overrides(outputs=("",)), "no output is named ``", ()),
        (Overrides(input=(InputSize("zzz", NINE),)), "no input is named `zzz`", ("the input is called input",)),
        (Overrides(input=(InputSize("pool1", NINE),)), "no input is named `pool1`", ("the input is called input",)),
    ],
)
def test_unknown_names(overrides, message, hints):
    assert read(overrides)[1] == [(message, hints)]


def test_one_size_for_two_inputs():
    graph, messages = read(Overrides(input=NINE), TWO)
    assert messages == [("--input gives one size, and the network has 2 inputs: a and b", ("write --input a=… --input b=…",))]
    assert read(Overrides(input=(InputSize("b", SEVEN),)), TWO)[1] == []
    assert sizes(read(Overrides(input=(InputSize("b", SEVEN),)), TWO)[0]) == "8x8x4 7x7x4"
    assert graph.outputs == TWO.outputs


def test_all_outputs_are_kept():
    graph, messages = read(Overrides(outputs=("head",)))
    assert (graph.outputs, messages) == (((3, "head"), (5, "")), [])
