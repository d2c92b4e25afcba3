"""Every transform, graph to graph: figures by hand, laws over the shipped specs, and refusals."""

import itertools

import pytest
from support import found, graph

from cnncalc.graph.infer import infer
from cnncalc.layers.conv import Conv
from cnncalc.tasks.convert import ConvertOptions, convert
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.transforms.conv_to_fc import conv_to_fc, matrix
from cnncalc.transforms.fc_to_conv import fc_to_conv
from cnncalc.transforms.pool_to_conv import pool_to_conv
from cnncalc.transforms.rewrite import rewritten
from cnncalc.workspace.find import find, shipped_names

PLAIN = "INPUT[8x8x3] -> CONV3-4 -> FLATTEN -> RELU -> FC-10 -> RELU -> FC-2"


def labels(network):
    return [typed.layer.label() for typed in network.typed][1:]


def applied(network, changes):
    findings = Findings()
    result = infer(rewritten(network.graph, changes), findings)
    findings.check()
    return result


def weights(network):
    pairs = zip(network.graph.nodes, network.typed, strict=True)
    return sum(tensor.numbers.value for node, typed in pairs if typed.inputs and node.shared < 0 for tensor in typed.tensors)


def refused(transform, text, *arguments):
    with pytest.raises(SpecError) as error:
        transform(graph(text), *arguments)
    return error.value.diagnostics[0]


# FC to CONV


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("INPUT[7x7x512] -> FC-4096 -> RELU -> FC-1000", ["CONV7-4096", "RELU", "CONV1-1000"]),
        (PLAIN, ["CONV3-4", "RELU", "CONV8-10", "RELU", "CONV1-2"]),
        ("INPUT[7x5x3] -> FC-4", ["CONV7x5-4"]),
        ("INPUT[9x3] -> CONV3-2 -> FC-4", ["CONV3-2", "CONV9-4"]),
        ("INPUT[4x4x2x3] -> FC-4", ["CONV4x4x2-4"]),
        ("INPUT[6x6x4] -> GAP -> FC-3", ["GAP", "CONV1-3"]),
        ("INPUT[4x4x4] -> RESHAPE(1x1x64) -> DROPOUT(0.3) -> FC-3", ["DROPOUT", "CONV4-3"]),
        ("INPUT[4x4x4] -> FLATTEN -> BN -> FC-3", ["FLATTEN", "BN", "CONV1-3"]),
        ("INPUT[4x4x4] -> FLATTEN -> SOFTMAX -> FC-3", ["FLATTEN", "SOFTMAX", "CONV1-3"]),
        ("INPUT[4x4x4] -> FLATTEN -> PRELU -> FC-3", ["FLATTEN", "PRELU", "CONV1-3"]),
        ("INPUT[4x4x4] -> FLATTEN -> LRN -> FC-3", ["FLATTEN", "LRN", "CONV1-3"]),
        ("INPUT[4x4x4] -> FLATTEN -> IN(affine=false) -> FC-3", ["FLATTEN", "IN", "CONV1-3"]),
        ("INPUT[4x4x4] -> FLATTEN -> RESHAPE(2x2x16) -> FC-3", ["FLATTEN", "RESHAPE(2x2x16)", "CONV2-3"]),
        ("INPUT[4x4x4] -> a=FLATTEN -> { FC-3 | } -> CONCAT", ["FLATTEN", "CONV1-3", "CONCAT"]),
        ("INPUT[4x4x4] -> FLATTEN -> { FC-3 | FC-3 } -> ADD", ["CONV4-3", "CONV4-3", "ADD"]),
    ],
)
def test_an_fc_is_a_conv_of_the_size_of_its_volume(text, wanted):
    before = graph(text)
    after = applied(before, fc_to_conv(before))
    assert labels(after) == wanted
    assert weights(after) == weights(before)
    assert after.typed[after.graph.outputs[-1].at].output == before.typed[before.graph.outputs[-1].at].output


def test_names_and_options_stay():
    before = graph("INPUT[4x4x3] -> first=FC(units=5, bias=false) -> FC-2")
    after = applied(before, fc_to_conv(before, "floor"))
    assert [node.name for node in after.graph.nodes] == [node.name for node in before.graph.nodes]
    assert after.graph.nodes[1].layer.given() == {
        "kernel": (4,),
        "filters": 5,
        "padding": ((0, 0),),
        "bias": False,
        "rounding": "floor",
    }


def test_shared_weights_stay_shared():
    text = "INPUT[4x4x3] -> { a=FC-5 | FC-5(share=a) } -> ADD"
    before = graph(text)
    after = applied(before, fc_to_conv(before))
    assert [node.shared for node in after.graph.nodes] == [-1, -1, 1, -1]
    assert weights(after) == 4 * 4 * 3 * 5 + 5


def test_no_fc_is_said():
    found = refused(fc_to_conv, "INPUT[8x8x3] -> CONV3-4 -> GAP")
    assert found.code.number == "CNN411"
    assert "global pool" in found.notes[0]
    assert "slides over a larger image unchanged" in refused(fc_to_conv, "INPUT[8x8x3] -> CONV3-4").notes[0]


# pools


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("INPUT[8x8x6] -> POOL2", "CONV2-6/2"),
        ("INPUT[9x9x6] -> POOL3/2", "CONV3-6/2"),
        ("INPUT[8x8x6] -> AVGPOOL2", "CONV2-6/2"),
        ("INPUT[8x8x6] -> POOL3/1(padding=1)", "CONV3-6"),
        ("INPUT[8x6x6] -> POOL(kernel=2x3)", "CONV2x3-6/2x3"),
        ("INPUT[12x6] -> POOL3", "CONV3-6/3"),
        ("INPUT[8x8x6] -> POOL3/2(rounding=floor)", "CONV3-6/2"),
        ("INPUT[8x8x6] -> POOL3/2(rounding=ceil)", "CONV3-6/2"),
        ("INPUT[12x12x4] -> POOL3/2(rounding=ceil_caffe, dilation=2)", "CONV3-4/2"),
    ],
)
def test_a_pool_is_a_conv_of_the_same_windows(text, wanted):
    before = graph(text)
    after = applied(before, pool_to_conv(before))
    assert labels(after) == [wanted, "RELU"]
    assert after.typed[-1].output == before.typed[-1].output


def test_the_last_window_of_a_pool_that_rounds_up_gets_padding():
    before = graph("INPUT[8x8x6] -> POOL3/2(rounding=ceil)")
    conv = applied(before, pool_to_conv(before)).graph.nodes[1].layer
    assert isinstance(conv, Conv)
    assert conv.padding == ((0, 1), (0, 1))


def test_pools_that_cannot_be_convolutions():
    assert refused(pool_to_conv, "INPUT[8x8x6] -> AVGPOOL(out=3x3)").code.number == "CNN412"
    assert "gap1 stays" in refused(pool_to_conv, "INPUT[8x8x6] -> CONV3-4 -> GAP").notes[0]
    assert refused(pool_to_conv, "INPUT[8x8x6] -> CONV3-4").code.number == "CNN411"


# CONV to FC


@pytest.mark.parametrize(
    "text",
    [
        "INPUT[5x5x2] -> CONV3-3",
        "INPUT[5x4x2] -> CONV3-3(padding=0)",
        "INPUT[7x7x2] -> CONV3-3/2",
        "INPUT[7x5x2] -> CONV3x1-4(dilation=2)",
        "INPUT[6x6x4] -> CONV3-6(groups=2)",
        "INPUT[6x6x4] -> DWCONV3(multiplier=2)",
        "INPUT[5x5x2] -> LOCAL3-3",
        "INPUT[9x2] -> CONV5-3",
        "INPUT[4x4x3x2] -> CONV3-2",
        "INPUT[5x5x2] -> CONV(kernel=3, filters=2, padding=0:2x1:0)",
        "INPUT[3x3x2] -> CONV3-5(padding=0)",
        "INPUT[2x2x1] -> CONV5-1(padding=2)",
    ],
)
def test_the_matrix_has_a_number_for_each_pixel_that_a_window_meets(text):
    """Counted again from the definition, cell by cell."""
    network = graph(text)
    typed = network.typed[1]
    (volume,), output = typed.inputs, typed.output
    axes = typed.window.axes
    depth = typed.tensors[0].shape[-2]
    cells = 0
    for place in itertools.product(*map(range, output.size)):
        for cell in itertools.product(*(range(axis.kernel) for axis in axes)):
            pixels = [at * axis.stride - axis.before + axis.dilation * f for axis, at, f in zip(axes, place, cell, strict=True)]
            cells += all(0 <= pixel < size for pixel, size in zip(pixels, volume.size, strict=True))
    found = matrix(typed)
    assert (found.rows, found.columns) == (volume.values, output.values)
    assert found.nonzeros == cells * depth * output.depth
    assert found.zeros == found.size - found.nonzeros
    name = network.graph.nodes[1].name
    after = applied(network, conv_to_fc(network, name))
    assert after.graph.nodes[1].origin.kind == "FC"
    assert after.graph.nodes[1].name == name
    assert after.typed[-1].output == output


def test_layers_that_cannot_be_an_fc():
    assert refused(conv_to_fc, "INPUT[224x224x3] -> CONV3-64", "conv1").message.endswith("= 483,385,147,392 numbers")
    unknown = refused(conv_to_fc, "INPUT[8x8x3] -> conv=CONV3-4 -> FC-2", "convv")
    assert unknown.code.number == "CNN110"
    assert unknown.hints == ("did you mean `conv`?",)
    assert refused(conv_to_fc, "INPUT[8x8x3] -> POOL2", "pool1").message == "pool1 is POOL, not a convolution"
    assert refused(conv_to_fc, "INPUT[4x4x2] -> DECONV2-2/2", "deconv1").code.number == "CNN412"
    shared = "INPUT[4x4x3] -> a=CONV3-3 -> CONV3-3(share=a)"
    assert "shares its weights" in refused(conv_to_fc, shared, "a").message


# the shipped specs


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_specs_keep_their_volumes_and_weights(name):
    if not any(node.origin.kind == "FC" for node in graph_of(name).graph.nodes):
        with pytest.raises(SpecError, match="CNN411"):
            convert(find(name), ConvertOptions(fc_to_conv=True))
        return
    result = convert(find(name), ConvertOptions(fc_to_conv=True))
    assert not any(node.origin.kind == "FC" for node in result.final.graph.nodes)
    assert weights(result.final) == weights(result.own)
    last = result.final.graph.outputs[-1].at, result.own.graph.outputs[-1].at
    assert result.final.typed[last[0]].output == result.own.typed[last[1]].output


def graph_of(name):
    return convert(find(name), ConvertOptions(form="layers")).own


def test_transforms_follow_one_another():
    result = convert(found("INPUT[8x8x3] -> CONV3-4 -> POOL2 -> FC-2"), ConvertOptions(fc_to_conv=True, pool_to_conv=True))
    assert labels(result.final) == ["CONV3-4", "CONV2-4/2", "RELU", "CONV4-2"]
