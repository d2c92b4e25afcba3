"""Entries of a `layers` list: each layer with what differs from its default, names that others refer to, and marks of outputs."""

import pytest
from support import document, graph

from cnncalc.graph.build import Overrides
from cnncalc.graph.builder import Builder
from cnncalc.graph.explicit import entries, option_text
from cnncalc.graph.graph import Graph
from cnncalc.maths.volume import Dims, Volume
from cnncalc.pipeline import read
from cnncalc.spec.write import entry_text
from cnncalc.text.diagnostic import Findings


def listed(built, rounding=None):
    """Return the entries of a graph in one text."""
    return " | ".join(entry_text(each) for each in entries(built, rounding))


def chain(layers, outputs):
    """Return the graph of an 8x8x4 input and some RELUs; `1=aux 3` marks layer 1 as an output with a name, and layer 3."""
    builder = Builder()
    builder.add("INPUT", {"shape": Volume((8, 8), 4)})
    for at in range(layers):
        builder.add("RELU", {}, (at,))
    for word in outputs.split():
        at, _, name = word.partition("=")
        builder.output(int(at), name)
    return builder.build(Findings())


LISTS = {
    "INPUT[8x8x3] -> CONV3-4 -> RELU": "conv: {filters: 4} | relu",
    # names that a reference or a generated name of another layer needs
    "INPUT[8x8x4] -> CONV3-4 -> { RELU | } -> ADD -> FC-3": (
        "conv: {name: conv1, filters: 4} | relu: {name: relu1} | add: {from: [relu1, conv1]} | fc: {name: fc1, units: 3}"
    ),
    "INPUT[8x8x4] -> { CONV3-4 -> CONV3-4 | } -> ADD -> FC-3": (
        "conv: {filters: 4} | conv: {name: conv2, filters: 4} | add: {name: add1, from: [conv2, input]} | fc: {name: fc1, units: 3}"
    ),
    "INPUT[8x8x4] -> CONV3-4 -> a=RELU -> CONV3-4(share=conv1) -> FC-3": (
        "conv: {name: conv1, filters: 4} | relu: {name: a} | conv: {filters: 4, share: conv1} | fc: {units: 3}"
    ),
    # a single input needs an entry only for its name, several need their sizes
    "img=INPUT[8x8x4] -> CONV3-4 -> { RELU | } -> ADD(img)": (
        "input: {name: img} | conv: {name: conv1, filters: 4} | relu: {name: relu1} | add: {from: [relu1, conv1, img]}"
    ),
    "{ INPUT[8x8x4] -> CONV3-4 | b=INPUT[8x8x4] } -> ADD -> FC-3": (
        "input: {shape: 8x8x4} | conv: {name: conv1, filters: 4} | input: {name: b, shape: 8x8x4} | add: {from: [conv1, b]}"
        " | fc: {name: fc1, units: 3}"
    ),
    # values for each axis and each side
    "INPUT[9x8x4] -> CONV1x3-4(padding=1:2x3:0, stride=1x2, rounding=floor) -> CONV3-4(padding=1:0)": (
        'conv: {kernel: 1x3, filters: 4, stride: 1x2, padding: "1:2x3:0", rounding: floor} | conv: {filters: 4, padding: "1:0"}'
    ),
}


@pytest.mark.parametrize("text", LISTS)
def test_entries_of_a_pattern(text):
    assert listed(graph(text).graph) == LISTS[text]


@pytest.mark.parametrize("text", LISTS)
def test_entries_read_again_give_the_same_graph(text):
    network = graph(text)
    size = "" if len(network.inputs) > 1 else f"input: {network.image.text}\n"
    lines = "".join(f"- {entry_text(each)}\n" for each in entries(network.graph, None))
    again = graph(f"{size}layers:\n{lines}")
    assert [(each.name, each.inputs, each.shared, each.layer.text()) for each in again.nodes] == [
        (each.name, each.inputs, each.shared, each.layer.text()) for each in network.nodes
    ]
    assert again.outputs == network.outputs


@pytest.mark.parametrize(
    "text, rounding, wanted",
    [
        (
            "POOL3(stride=2, rounding=floor) -> POOL2(stride=1)",
            None,
            "pool: {kernel: 3, stride: 2, rounding: floor} | pool: {stride: 1}",
        ),
        (
            "POOL3(stride=2, rounding=floor) -> POOL2(stride=1)",
            "floor",
            "pool: {kernel: 3, stride: 2, rounding: floor} | pool: {stride: 1, rounding: strict}",
        ),
        ("POOL2(rounding=strict) -> RELU", None, "pool: {rounding: strict} | relu"),
        ("POOL2(rounding=strict) -> RELU", "strict", "pool: {rounding: strict} | relu"),
        ("POOL2 -> RELU", "ceil", "pool: {rounding: strict} | relu"),
    ],
)
def test_a_layer_has_a_rounding_of_its_own_only(text, rounding, wanted):
    assert listed(graph(f"INPUT[8x8x4] -> {text}").graph, rounding) == wanted


def test_the_rounding_of_the_spec_stays_out_of_its_layers():
    assert listed(graph("input: 8x8x4\nrounding: floor\npattern: POOL3(stride=2) -> CONV3-2\n").graph, "floor") == (
        "pool: {kernel: 3, stride: 2} | conv: {filters: 2}"
    )


MARKS = [  # layers, outputs, entries
    (2, "", "relu | relu"),
    (2, "2", "relu | relu"),
    (2, "2=a", "relu | relu | output: {name: a, from: relu_2}"),
    (2, "1", "relu: {name: relu} | relu | output: {from: relu}"),
    (2, "1=a", "relu: {name: relu} | relu | output: {name: a, from: relu}"),
    (2, "1 2", "relu: {name: relu} | output | relu"),
    (2, "1=a 2", "relu: {name: relu} | output: {name: a} | relu"),
    (2, "2=a 2", "relu | relu | output: {name: a} | output: {from: relu_2}"),
    (2, "2=a 1", "relu: {name: relu} | relu | output: {name: a} | output: {from: relu}"),
    (3, "1=a 1=b 2 3", "relu: {name: relu} | output: {name: a} | output: {name: b} | relu: {name: relu_2} | output | relu"),
    (3, "2=a 1=b 3", "relu: {name: relu} | relu: {name: relu_2} | output: {name: a} | output: {name: b, from: relu} | relu"),
    (3, "3 1=b 3=c", "relu: {name: relu} | relu | relu | output | output: {name: b, from: relu} | output: {name: c, from: relu_3}"),
    (2, "0", "relu | relu | output: {from: input}"),
]


@pytest.mark.parametrize("layers, outputs, wanted", MARKS)
def test_marks_of_outputs(layers, outputs, wanted):
    assert listed(chain(layers, outputs)) == wanted


@pytest.mark.parametrize("layers, outputs", [row[:2] for row in MARKS])
def test_marks_read_again_are_the_same_outputs(layers, outputs):
    built = chain(layers, outputs)
    text = "input: 8x8x4\nlayers:\n" + "".join(f"- {entry_text(each)}\n" for each in entries(built, None))
    kept = tuple(each.name for each in built.outputs if each.name)
    assert read(document(text), Overrides(outputs=kept), Findings())[1].outputs == built.outputs


def test_weights_of_the_first_layer():
    """Even a reference between inputs, which have no weights, is written."""
    builder = Builder()
    for name, share in (("", -1), ("input", -1), ("", 1), ("", 0)):
        builder.add("INPUT", {"shape": Volume((8, 8), 4)}, name=name, share=share)
    assert listed(builder.build(Findings())) == (
        "input: {name: input_2, shape: 8x8x4} | input: {name: input, shape: 8x8x4}"
        " | input: {name: input2, shape: 8x8x4, share: input} | input: {name: input3, shape: 8x8x4, share: input_2}"
    )


def test_an_empty_graph_has_no_entries():
    assert listed(Graph([], (), {})) == ""


@pytest.mark.parametrize(
    "value, wanted",
    [
        (3, "3"),
        (True, "true"),
        ("same", "same"),
        ((3,), "3"),
        ((3, 3), "3x3"),
        ((1, 3), "1x3"),
        ((3, 3, 3), "3x3x3"),
        (((1, 1),), "1"),
        (((1, 2),), "1:2"),
        (((1, 1), (1, 1)), "1x1"),
        (((1, 1), (2, 2)), "1x2"),
        (((1, 1), (2, 3)), "1:1x2:3"),
        (((0, 1), (0, 1)), "0:1x0:1"),
        (Volume((8, 8), 3), "8x8x3"),
        (Volume((8, 8), 8), "8x8x8"),
        (Volume((), 3), "3"),
        (Dims((1, 3)), "1x3"),
    ],
)
def test_texts_of_options(value, wanted):
    assert option_text(value) == wanted
