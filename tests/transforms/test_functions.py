"""Every conversion keeps the function: random networks, written, read again and run with the same weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import document, graph, pattern

from cnncalc.forward.run import run
from cnncalc.forward.weights import drawn, named
from cnncalc.graph.build import Overrides
from cnncalc.layers import kinds
from cnncalc.layers.base import How
from cnncalc.maths.volume import Volume
from cnncalc.pipeline import read
from cnncalc.tasks.convert import ConvertOptions, convert
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.transforms import weights

NAMES = [name for name in sorted(kinds.names() - kinds.SYNONYMS.keys() - {"INPUT"}) if kinds.find(name).modelled]
IMAGES = {1: ("6x4", "5x2"), 2: ("4x3x4", "6x6x2", "5x4x3"), 3: ("2x3x2x4", "4x4x4x1")}
REFUSALS = {"CNN411", "CNN412", "CNN118"}  # nothing to convert, not convertible, weights shared at two sizes
LARGEST = 600  # values of a volume


def steps(rank):
    """Return the labels of the examples of every kind of one input and this rank; a new kind takes part by its examples."""
    found = {
        example.label
        for name in NAMES
        for example in kinds.find(name).examples
        if " " not in example.inputs and example.inputs.count("x") == rank
    }
    return sorted(found)


STEPS = {rank: steps(rank) for rank in IMAGES}
COMMON = ("FLATTEN", "FLATTEN", "RELU", "CONV3-4", "FC-5", "FC-6(bias=false)")


def fitting(head, wanted):
    """Return a pattern with those of the wanted steps that fit, one after the other, and that stay small."""
    text = head
    for step in wanted:
        longer = f"{text} -> {step}"
        try:
            network = graph(longer)
        except SpecError:
            continue
        if network.typed[-1].output.values <= LARGEST:
            text = longer
    return text


@st.composite
def patterns(draw):
    """A chain with FC layers, a volume often flattened before them; at times two branches with one volume."""
    rank = draw(st.sampled_from([1, 2, 2, 2, 3]))
    some = st.one_of(st.sampled_from(COMMON), st.sampled_from(STEPS[rank]))
    text = fitting(f"INPUT[{draw(st.sampled_from(IMAGES[rank]))}]", draw(st.lists(some, min_size=1, max_size=3)))
    text = fitting(text, draw(st.sampled_from([(), ("FLATTEN",), (flat(text),)])))
    text = fitting(text, draw(st.lists(some, max_size=3)))
    tail = draw(st.sampled_from(["FC-3", "FC-3", "{ FC-3 | RELU -> FC-3 } -> ADD", "{ a=FC-3 | RELU -> FC-3(share=a) } -> ADD"]))
    return f"{text} -> {tail}"


def flat(text):
    """Return the RESHAPE that flattens the last volume."""
    output = graph(text).typed[-1].output
    return f"RESHAPE({'1x' * output.rank}{output.values})"


def read_again(text):
    """Return the network of a written spec."""
    return read(document(text), Overrides(), Findings())[1]


def outputs(network, arrays, image):
    """Return the values of the last output, in one row for each image."""
    (at,) = (output.at for output in network.outputs)
    return run(network, image, named(network, arrays, "float64")).results[at].reshape(len(image), -1)


def arrays_of(network):
    """Return random arrays by name."""
    found = drawn(network, 3, "float64")
    return {f"{network.nodes[at].name}/{name}": array for at, arrays in found.items() for name, array in arrays.items()}


def image_of(network):
    volume = network.image
    return np.random.default_rng(5).standard_normal((2, *reversed(volume.size), volume.depth))


def same_function(text, options):
    """Check that a conversion keeps the function of a network; return whether it was possible."""
    before = graph(text)
    try:
        result = convert(pattern(text), options)
    except SpecError as error:
        if any(each.code.number not in REFUSALS for each in error.diagnostics):
            raise
        return False
    arrays = before_arrays = arrays_of(before)
    for stage in result.stages:
        arrays = weights.converted(arrays, stage.before, stage.changes)
    image = image_of(before)
    wanted = outputs(before, before_arrays, image)
    assert np.allclose(outputs(read_again(result.text), arrays, image), wanted, rtol=1e-9, atol=1e-9, equal_nan=True)
    return True


@settings(max_examples=150)
@given(patterns())
def test_fc_to_conv_keeps_the_function(text):
    same_function(text, ConvertOptions(fc_to_conv=True))


@settings(max_examples=60)
@given(patterns())
def test_the_layers_form_keeps_the_function(text):
    assert same_function(text, ConvertOptions(form="layers"))


@settings(max_examples=60)
@given(patterns(), st.data())
def test_conv_to_fc_keeps_the_function(text, data):
    convs = [node.name for node in graph(text).nodes if node.origin.kind in {"CONV", "DWCONV", "LOCAL"}]
    if convs:
        same_function(text, ConvertOptions(conv_to_fc=data.draw(st.sampled_from(convs))))


@settings(max_examples=60)
@given(patterns())
def test_pool_to_conv_keeps_every_volume(text):
    """Its new layers are not trained yet: the function is another one."""
    try:
        result = convert(pattern(text), ConvertOptions(pool_to_conv=True))
    except SpecError as error:
        if any(each.code.number not in REFUSALS for each in error.diagnostics):
            raise
        return
    before, after = graph(text), result.final
    assert read_again(result.text).typed[-1].output == before.typed[-1].output
    volumes = {node.name: typed.output for node, typed in zip(after.nodes, after.typed, strict=True)}
    for node, typed in zip(before.nodes, before.typed, strict=True):
        assert volumes.get(node.name, typed.output) == typed.output


@pytest.mark.parametrize(
    "between", ["IN", "LRN", "LRN(mode=within)", "LCN", "DIVN(3)", "SOFTMAX", "LN", "GN(6)", "BN", "PRELU", "RESHAPE(4x3x4)"]
)
@pytest.mark.parametrize("flatten", ["FLATTEN", "RESHAPE(1x1x48)"])
def test_a_layer_that_does_not_commute_with_reshaping_keeps_the_flatten(flatten, between):
    """The flattened column has one pixel and 48 channels; the volume before it has twelve pixels of four."""
    assert same_function(f"INPUT[4x3x4] -> CONV3-4 -> {flatten} -> {between} -> FC-3", ConvertOptions(fc_to_conv=True))


@pytest.mark.parametrize("name", [name for name in NAMES if kinds.find(name).pointwise])
def test_a_pointwise_layer_commutes_with_reshaping(name):
    """The fact itself, by the layer's own forward pass."""
    rng = np.random.default_rng(7)
    made = [example.label for example in kinds.find(name).examples if " " not in example.inputs]
    assert made
    for label in made:
        layer = graph(f"INPUT[4x3x4] -> {label}").typed[-1]
        if layer.tensors:
            continue
        x = rng.standard_normal((2, 3, 4, 4))
        flat = layer.layer.forward((x.reshape(2, 1, 1, -1).copy(),), {}, How())
        assert np.array_equal(layer.layer.forward((x.copy(),), {}, How()).reshape(2, 1, 1, -1), flat, equal_nan=True)


@pytest.mark.parametrize("between", ["BN", "IN", "SOFTMAX"])
def test_a_larger_image_never_asks_for_other_weights(between):
    """Behind a FLATTEN that stays, a larger image makes a longer column, and the CONV of the FC would get more weights."""
    text = f"INPUT[4x3x4] -> CONV3-4 -> FLATTEN -> {between} -> FC-3"
    with pytest.raises(SpecError) as error:
        convert(pattern(text), ConvertOptions(fc_to_conv=True, input=Volume((8, 8), 4)))
    (found,) = error.value.diagnostics
    assert found.code.number == "CNN414"
    assert found.notes[-1] == f"{'bn1' if between == 'BN' else 'fc2'} would hold other weights than at 4x3x4"
