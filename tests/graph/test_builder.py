"""Networks without a text: the same results as patterns, and errors with the origin of a layer."""

import math

import numpy as np
import pytest
from support import analyzed, graph, report_of

from cnncalc.analyses.counts import counts
from cnncalc.analyses.schedules import best_schedule
from cnncalc.forward.run import run
from cnncalc.forward.weights import drawn
from cnncalc.graph.builder import Builder
from cnncalc.graph.graph import Origin
from cnncalc.graph.infer import infer
from cnncalc.maths.volume import Dims, Volume
from cnncalc.reports import csv, plain, rf
from cnncalc.rules.design import Design
from cnncalc.rules.lint import lint
from cnncalc.text.caret import render
from cnncalc.text.diagnostic import Findings
from cnncalc.text.source import Source, Span


def network(builder):
    """Return the network of a builder."""
    findings = Findings()
    built = infer(builder.build(findings), findings)
    findings.check()
    return built


def said(builder):
    """Return the errors of a builder's network, as shown in a terminal."""
    findings = Findings()
    infer(builder.build(findings), findings)
    return "\n\n".join(render(each).rpartition("\n")[0] for each in findings.sorted())


def chain(*layers):
    """Return a builder of a chain; each layer is a kind and its options."""
    builder = Builder()
    for index, (kind, options) in enumerate(layers):
        builder.add(kind, options, (index - 1,) if index else ())
    return builder


def residual():
    """Return a builder with branches, names and an output."""
    builder = Builder()
    image = builder.add("INPUT", {"shape": Volume((32, 32), 3)})
    stem = builder.add("CONV", {"filters": 16}, (image,), name="stem")
    one = builder.add("CONV", {"filters": 16, "bias": False}, (stem,))
    norm = builder.add("BN", {}, (one,))
    two = builder.add("CONV", {"filters": 16, "kernel": Dims((1, 3))}, (norm,))
    joined = builder.add("ADD", {}, (two, stem))
    pooled = builder.add("GAP", {}, (joined,))
    builder.add("FC", {"units": 10}, (pooled,))
    return builder


VGG = [
    ("INPUT", {"shape": Volume((32, 32), 3)}),
    *[("CONV", {"filters": 16}), ("RELU", {}), ("CONV", {"filters": 16}), ("RELU", {}), ("POOL", {"kernel": 2})],
    *[("CONV", {"filters": 32}), ("RELU", {}), ("POOL", {"kernel": 2})],
    *[("FC", {"units": 64}), ("RELU", {}), ("DROPOUT", {}), ("FC", {"units": 10})],
]


@pytest.mark.parametrize(
    "builder, text",
    [
        (
            chain(*VGG),
            "INPUT[32x32x3] -> [CONV3-16 -> RELU]*2 -> POOL2 -> CONV3-32 -> RELU -> POOL2 -> FC-64 -> RELU -> DROPOUT -> FC-10",
        ),
        (
            residual(),
            "INPUT[32x32x3] -> stem=CONV3-16 -> { CONV3-16(bias=false) -> BN -> CONV1x3-16 | } -> ADD -> GAP -> FC-10",
        ),
    ],
)
def test_a_network_is_that_of_the_pattern(builder, text):
    built, wanted = network(builder), graph(text)
    assert [each.name for each in built.nodes] == [each.name for each in wanted.nodes]
    assert [each.inputs for each in built.nodes] == [each.inputs for each in wanted.nodes]
    assert [each.layer.text() for each in built.nodes] == [each.layer.text() for each in wanted.nodes]
    assert [each.output for each in built.typed] == [each.output for each in wanted.typed]
    assert built.outputs == wanted.outputs
    assert counts(built).totals == counts(wanted).totals
    assert report_of(built).to_dict() == analyzed(text).to_dict() | {"name": ""}


def test_equal_layers_are_one_object():
    built = network(chain(*VGG))
    relus = [each for each in built.nodes if each.origin.kind == "RELU"]
    assert len({id(each.layer) for each in relus}) == 1
    assert built.nodes[1].layer is built.nodes[3].layer


def test_names_are_unique_and_hold_their_blocks():
    builder = Builder()
    builder.add("INPUT", {"shape": Volume((8, 8), 3)})
    for index in range(3):
        builder.add("CONV", {"filters": 3}, (index,), name="layer1.0/conv")
    built = network(builder)
    assert [each.name for each in built.nodes] == ["input", "layer1.0/conv", "layer1.0/conv_2", "layer1.0/conv_3"]
    assert {each.path for each in built.nodes[1:]} == {"layer1.0/"}


CONTROLS = [
    "\x00",
    "\t",
    "\n",
    "\r",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\x9b1m",
    "\u061c",
    "\u200f",
    "\u2028",
    "\u202e",
    "\u2066",
    "\ud800",
]


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_foreign_names_do_not_control_the_terminal(control):
    builder = Builder()
    builder.add("INPUT", {"shape": Volume((8, 8), 3)}, name=f"im{control}age")
    builder.add("CONV", {"filters": 3}, (0,), name=f"{control}/é conv", origin=Origin("CONV", text=f"node{control}7"))
    builder.output(1, f"res{control}ult")
    built = network(builder)
    shown = f"?{control[1:]}"
    assert [each.name for each in built.nodes] == [f"im{shown}age", f"{shown}/é conv"]
    assert built.outputs == ((1, f"res{shown}ult"),)
    text = plain.render(report_of(built)) + rf.render(rf.in_one(report_of(built)))
    assert f"{shown}/é conv" in text
    assert all(line.isprintable() for line in text.split("\n"))
    builder.add(f"CO{control}NV", {}, (1,), origin=Origin("", text=f"node{control}7"))
    assert f"`CO{shown}NV`" in said(builder)
    assert f"it comes from node{shown}7" in said(builder)


def test_weights_are_shared():
    builder = chain(("INPUT", {"shape": Volume((8, 8), 4)}), ("CONV", {"filters": 4}))
    builder.add("CONV", {"filters": 4}, (1,), share=1)
    assert counts(network(builder)).totals.params == 3 * 3 * 4 * 4 + 4


def test_outputs():
    builder = residual()
    builder.output(2, "aux")
    builder.output(7)
    assert network(builder).outputs == ((2, "aux"), (7, ""))


WRONG = {  # whole messages, except for the note with the origin
    ("CONV", "filters", 0): ["error[CNN108]: CONV filters must be at least 1, not 0"],
    ("CONV", "groups", 1): [
        "error[CNN108]: CONV needs `filters`: number of filters, the depth of the output (K)",
        " = hint: `CONV3-64`, or `CONV: {filters: 64}` sets it for all",
    ],
    ("FC", "unit", 3): [
        "error[CNN107]: FC has no option `unit`",
        " = hint: did you mean `units`?",
    ],
    ("RELU", "slope", 3): [
        "error[CNN107]: RELU has no option `slope`",
        " = hint: RELU takes overwrite",
    ],
    ("CONVV", "filters", 3): [
        "error[CNN103]: there is no layer kind `CONVV`",
        " = hint: did you mean `CONV`?",
    ],
    ("POOL", "kernel", 9): [
        "error[CNN202]: POOL kernel 9 is larger than its input",
        " = note: the window spans 9 pixels, the padded width has 8",
        " = note: the input is 8x8x4",
        " = note: the layer is pool1",
        " = hint: a kernel of at most 8, padding of at least 1, or an input width of at least 9 fits",
        " = hint: an input of 9x9x3 fits the whole network",
    ],
}


@pytest.mark.parametrize("added", WRONG, ids=lambda added: f"{added[0]}({added[1]}={added[2]})")
def test_what_is_wrong_names_the_origin(added):
    kind, option, value = added
    builder = chain(("INPUT", {"shape": Volume((8, 8), 3)}), ("CONV", {"filters": 4}))
    builder.add(kind, {option: value}, (1,), origin=Origin(kind, text="node 7 of model.onnx"))
    lines = said(builder).splitlines()
    note = " = note: it comes from node 7 of model.onnx"
    assert [line for line in lines if line != note] == WRONG[added]
    assert lines.count(note) == 1


@pytest.mark.parametrize(
    "kind, options, inputs, wanted",
    [
        ("RELU", {}, (0, 1), "error[CNN109]: RELU reads one volume, not 2"),
        ("RELU", {}, (), "error[CNN109]: RELU reads one volume, not 0"),
        ("ADD", {}, (), "error[CNN109]: ADD reads one volume or more, not 0"),
        ("INPUT", {"shape": Volume((8, 8), 3)}, (1,), "error[CNN109]: INPUT reads no volume, not 1"),
    ],
)
def test_the_number_of_inputs(kind, options, inputs, wanted):
    builder = chain(("INPUT", {"shape": Volume((8, 8), 3)}), ("CONV", {"filters": 4}))
    builder.add(kind, options, inputs)
    assert said(builder) == wanted


def test_all_that_is_wrong_is_said_at_once():
    builder = chain(("INPUT", {"shape": Volume((8, 8), 3)}), ("CONV", {"filters": 0}), ("RELUU", {}), ("FC", {"units": -1}))
    assert said(builder).count("error[") == 3


def test_the_caller_cannot_read_what_is_not_there():
    builder = Builder()
    with pytest.raises(ValueError, match="CONV reads layer 0, and there are 0 before it"):
        builder.add("CONV", {"filters": 3}, (0,))
    with pytest.raises(ValueError, match="layer 0 cannot be an output: there are 0"):
        builder.output(0)


@pytest.mark.parametrize("index", [-2, -1, 2, 3])
def test_indices_are_those_of_earlier_layers(index):
    builder = chain(("INPUT", {"shape": Volume((8, 8), 3)}), ("RELU", {}))
    with pytest.raises(ValueError, match=f"RELU reads layer {index}, and there are 2 before it"):
        builder.add("RELU", {}, (1, index))
    with pytest.raises(ValueError, match=f"layer {index} cannot be an output: there are 2"):
        builder.output(index)
    if index != -1:  # no shared weights
        with pytest.raises(ValueError, match=f"again reads layer {index}, and there are 2 before it"):
            builder.add("RELU", {}, (1,), name="again", share=index)
    assert builder.add("RELU", {}, (0,), share=0) == 2
    assert [(each.inputs, each.shared) for each in builder.build(Findings()).nodes] == [((), -1), ((0,), -1), ((0,), 0)]


def test_named_layers_and_outputs():
    builder = residual()
    graph = builder.build(Findings())
    assert graph.named == {"stem": 1}
    assert graph.outputs == ((7, ""),)
    builder.output(0, "image")
    builder.output(7)
    assert builder.build(Findings()).outputs == ((0, "image"), (7, ""))
    assert Builder().build(Findings()).outputs == ()


@pytest.mark.parametrize(
    "inputs, wanted",
    [
        ([(), (0,), (1,), (2,)], ["input", "conv1_1", "conv1_2", "pool1"]),
        ([(), (0,), (0,), (2,)], ["input", "conv1", "conv2", "pool1"]),
        ([(), (0,), (1,), (1,)], ["input", "conv1", "conv2", "pool1"]),
    ],
)
def test_a_chain_has_the_names_of_papers(inputs, wanted):
    builder = Builder()
    options = {"INPUT": {"shape": Volume((8, 8), 3)}, "CONV": {"filters": 3}, "POOL": {"kernel": 2}}
    for kind, reads in zip(("INPUT", "CONV", "CONV", "POOL"), inputs, strict=True):
        builder.add(kind, options[kind], reads)
    assert [node.name for node in builder.build(Findings()).nodes] == wanted


def test_an_origin_keeps_its_places_and_its_options():
    source = Source("net.txt", "conv 3 filters 4")
    span, place, share = Span(source, 0, 16), Span(source, 15, 16), Span(source, 5, 6)
    builder = chain(("INPUT", {"shape": Volume((8, 8), 3)}))
    builder.add(
        "CONV", {"filters": 4, "stride": 1}, (0,), origin=Origin("conv2d", span, {"filters": ("4", place)}, share, "line 1")
    )
    image, conv = (node.origin for node in builder.build(Findings()).nodes)
    assert (image.kind, image.span, image.share, image.text) == ("INPUT", None, None, "")
    assert image.options == {"shape": (Volume((8, 8), 3), None)}
    assert (conv.kind, conv.span, conv.share, conv.text) == ("CONV", span, share, "line 1")
    assert conv.options == {"filters": ("4", place), "stride": (1, None)}
    assert (conv.place("filters"), conv.place("stride"), conv.place()) == (place, span, span)
    assert conv.notes == ()


def test_an_unknown_option_gets_the_options_of_the_kind():
    assert said(chain(("INPUT", {"shape": Volume((8, 8), 3)}), ("POOL", {"kernel": 2, "zzz": 3, "ooo": 1}))) == (
        "error[CNN107]: POOL has no option `zzz`\n"
        " = hint: POOL takes kernel, stride, padding, dilation, rounding, out\n\n"
        "error[CNN107]: POOL has no option `ooo`\n"
        " = hint: POOL takes kernel, stride, padding, dilation, rounding, out"
    )


@pytest.mark.parametrize(
    "volume, wanted",
    [
        (Volume((8, 8), 0), "must be at least 1 on every side, not `8x8x0`"),
        (Volume((0, 8), 3), "must be at least 1 on every side, not `0x8x3`"),
        (Volume((), -1), "must be at least 1 on every side, not `-1`"),
        (Volume((8.5, 8), 3), "must be an integer on every side, not `8.5x8x3`"),
        (Volume((True, 8), 3), "must be an integer on every side, not `Truex8x3`"),
        (Volume((8, 8), 3.0), "must be an integer on every side, not `8x8x3.0`"),
        (Volume((8, None), 3), "must be an integer on every side, not `8xNonex3`"),
        (Volume((8, 8, 8, 8), 3), "must be a volume of at most 3 axes and a depth, such as 7x7x512, not `8x8x8x8x3`"),
        (Volume((8, 8), 3, "int63"), "must be of the network's dtype or of int64, int32, uint8, bool, not of `int63`"),
    ],
)
@pytest.mark.parametrize("kind", ["INPUT", "RESHAPE"])
def test_impossible_volumes(kind, volume, wanted):
    builder = chain(("INPUT", {"shape": Volume((4, 4), 3)}))
    builder.add(kind, {"shape": volume}, () if kind == "INPUT" else (0,), origin=Origin(kind, text="x of model.onnx"))
    assert said(builder) == f"error[CNN108]: {kind} shape {wanted}\n = note: it comes from x of model.onnx"


MISTAKES = {  # what a caller passes to `add`, and the whole message
    "no kind": ((None,), "the kind of a layer is a text, not None"),
    "no name": (("RELU", {}, (0,), None), "the name of a layer is a text, not None"),
    "a text as an index": (("RELU", {}, ("0",)), "RELU reads layer '0', and there are 1 before it"),
    "a fraction as an index": (("RELU", {}, (0.0,)), "RELU reads layer 0.0, and there are 1 before it"),
    "a negative index": (("RELU", {}, (-1,), "a"), "a reads layer -1, and there are 1 before it"),
    "a number as inputs": (("RELU", {}, 0), "RELU reads a list of layers, such as [0], not 0"),
    "a text as inputs": (("RELU", {}, "0"), "RELU reads a list of layers, such as [0], not '0'"),
    "no inputs": (("RELU", {}, None), "RELU reads a list of layers, such as [0], not None"),
    "a shared name": (("RELU", {}, (0,), "", None, "a"), "RELU reads layer 'a', and there are 1 before it"),
    "a list of options": (("POOL", ["kernel"], (0,)), "POOL takes a mapping of options by name, not ['kernel']"),
    "a number as a name": (("POOL", {3: 3}, (0,)), "POOL takes a mapping of options by name, not {3: 3}"),
    "nothing as a value": (
        ("POOL", {"kernel": None}, (0,)),
        "POOL kernel is a number, a text, or a list of integers or words, not None",
    ),
    "an empty list": (("POOL", {"kernel": []}, (0,)), "POOL kernel is a number, a text, or a list of integers or words, not []"),
    "a list of texts": (
        ("POOL", {"kernel": ["3"]}, (0,)),
        "POOL kernel is a number, a text, or a list of integers or words, not ['3']",
    ),
    "a volume of lists": (
        ("INPUT", {"shape": Volume([8, 8], 3)}),
        "INPUT shape is a number, a text, or a list of integers or words, not Volume(size=[8, 8], depth=3, dtype='')",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_the_caller_passes(mistake):
    arguments, wanted = MISTAKES[mistake]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole message is below
        chain(("INPUT", {"shape": Volume((8, 8), 3)})).add(*arguments)
    assert str(caught.value) == wanted


def test_an_output_is_marked_once():
    builder = residual()
    builder.output(2, "aux")
    builder.output(2, "other")
    builder.output(3)
    for index, name, wanted in (
        (2, "aux", "layer 2 is already an output named aux"),
        (3, "", "layer 3 is already an output without a name"),
        ("2", "", "layer '2' cannot be an output: there are 8"),
        (2, None, "the name of an output is a text, not None"),
    ):
        with pytest.raises(ValueError, match=f"^{wanted}$"):
            builder.output(index, name)
    assert network(builder).outputs == ((2, "aux"), (2, "other"), (3, ""))


def test_names_that_repeat_lead_to_their_own_layers():
    builder = Builder()
    builder.add("INPUT", {"shape": Volume((8, 8), 3)})
    for index, name in enumerate(["a", "", "a", "a_2", "b"]):
        builder.add("RELU", {}, (index,), name=name)
    built = network(builder)
    assert len(built.graph.named) == 4
    assert built.graph.named["a"] == 1
    assert sorted(built.graph.named.values()) == [1, 3, 4, 5]
    assert all(built.nodes[at].name == name for name, at in built.graph.named.items())


@pytest.mark.parametrize(
    "kernel, stride", [([3, 2], (1, 2)), ((3, 2), [1, 2]), (np.array([3, 2]).tolist(), tuple(np.array([1, 2])))]
)
def test_lists_are_values_per_axis(kernel, stride):
    options = {"filters": np.int64(4), "kernel": kernel, "stride": stride, "padding": [1, 0]}
    built = network(chain(("INPUT", {"shape": Volume((8, 8), 3)}), ("CONV", options)))
    wanted = {"filters": 4, "kernel": Dims((3, 2)), "stride": Dims((1, 2)), "padding": Dims((1, 0))}
    assert (
        built.nodes[1].layer.text()
        == network(chain(("INPUT", {"shape": Volume((8, 8), 3)}), ("CONV", wanted))).nodes[1].layer.text()
    )
    assert built.typed[1].output == Volume((8, 4), 4)


def test_nothing_is_an_error():
    assert said(Builder()).startswith("error[CNN116]: the network has no layers")
    findings = Findings()
    assert infer(Builder().build(findings), findings) is None


# vectors and dtypes


def vectors():
    """Return a builder of a network over two vectors."""
    builder = Builder()
    one = builder.add("INPUT", {"shape": Volume((), 10)}, name="one")
    two = builder.add("INPUT", {"shape": Volume((), 6)}, name="two")
    joined = builder.add("CONCAT", {}, (one, two))
    hidden = builder.add("FC", {"units": 8}, (joined,))
    norm = builder.add("BN", {}, (hidden,))
    active = builder.add("RELU", {}, (norm,))
    gate = builder.add("SIGMOID", {}, (builder.add("FC", {"units": 8}, (active,)),))
    scaled = builder.add("MUL", {}, (active, gate))
    added = builder.add("ADD", {}, (scaled, active))
    dropped = builder.add("DROPOUT", {}, (added,))
    builder.add("SOFTMAX", {}, (builder.add("FC", {"units": 3}, (dropped,)),))
    return builder


def test_a_network_over_vectors_counts():
    report = report_of(network(vectors()))
    assert {row.output.size for row in report.rows} == {()}
    assert [row.output.text for row in report.rows] == ["10", "6", "16", "8", "8", "8", "8", "8", "8", "8", "8", "3", "3"]
    assert report.totals.params == (16 * 8 + 8) + 2 * 8 + (8 * 8 + 8) + (8 * 3 + 3)
    assert report.totals.macs == 16 * 8 + 8 * 8 + 8 * 3
    assert report.memory.images == 4 * 16
    assert report.rows[3].counts.weights.filled() == "16*8"
    assert [row.field.whole for row in report.rows[:4]] == [False, False, False, True]


def test_every_report_of_vectors():
    """A vector has no axes: neither has its field, and no layer is unproductive."""
    report = report_of(network(vectors()))
    assert report.to_dict()["layers"][3]["receptive_field"] == {
        "relative_to": "one",
        "size": [],
        "stride": [],
        "offset": [],
        "whole": True,
        "aligned": True,
        "phases": [],
        "seen": [],
    }
    assert "fc1       FC-8     8" in plain.render(report)
    assert "CONCAT   16          -       -       -     100 %" in rf.render(rf.in_one(report))
    header, *lines = csv.render(report).splitlines()
    assert {line.count(",") for line in lines} == {header.count(",")}
    advice = lint(Design(report.network, report.counts, report.fields), set())
    assert [each.code.number for each in advice] == ["CNN311"]  # the bias before the norm
    assert report.training_peak > report.inference_peak > 0


def test_a_pass_over_vectors():
    built = network(vectors())
    generator = np.random.default_rng(0)
    images = [generator.standard_normal((4, volume.depth)).astype(np.float32) for volume in built.images]
    result = run(built, images, drawn(built, 0, "float32"))
    assert result.differences == 0
    (scores,) = result.results.values()
    np.testing.assert_allclose(scores.sum(axis=-1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    "kind, options, wanted",
    [
        ("CONV", {"filters": 3}, "CONV kernel"),
        ("POOL", {"kernel": 2}, "POOL kernel"),
        ("UPSAMPLE", {"scale": 2}, "UPSAMPLE scale"),
        ("DECONV", {"filters": 3, "kernel": 2}, "DECONV kernel"),
    ],
)
def test_windows_need_an_axis(kind, options, wanted):
    text = said(chain(("INPUT", {"shape": Volume((), 10)}), (kind, options)))
    assert text.startswith(f"error[CNN205]: {wanted} needs a spatial axis, and its input is a vector\n")


@pytest.mark.parametrize("size, texts", [((), "10"), ((4,), "4x10"), ((4, 3), "4x3x10"), ((4, 3, 2), "4x3x2x10")])
def test_volumes_of_every_rank(size, texts):
    built = network(chain(("INPUT", {"shape": Volume(size, 10)}), ("RELU", {}), ("BN", {}), ("FC", {"units": 2})))
    assert built.image.text == texts
    assert [each.output for each in built.typed] == [Volume(size, 10)] * 3 + [Volume((1,) * len(size), 2)]
    assert report_of(built).totals.params == 20 + 10 * math.prod(size) * 2 + 2


def test_a_volume_may_have_a_dtype_of_its_own():
    """Indices of int64 beside an image of the network's dtype: 8 bytes each for any such dtype."""
    builder = Builder()
    image = builder.add("INPUT", {"shape": Volume((4, 4), 2)})
    index = builder.add("INPUT", {"shape": Volume((4, 4), 1, "int64")})
    builder.add("FC", {"units": 5}, (builder.add("CONCAT", {}, (image, index)),))
    built = network(builder)
    for dtype, size in (("float32", 4), ("float16", 2)):
        report = report_of(built, dtype=dtype, batch=3)
        images = 32 * size + 16 * 8
        assert report.memory.images == report.miscellaneous.images == 3 * images
        assert report.memory.forward == 3 * (images + 48 * size + 5 * size)
        assert report.memory.with_gradients == 3 * (images + 48 * size + 5 * size) + 3 * size * (32 + 48 + 5)
        assert report.inference.moments == [images, images, images + 48 * size, images + 48 * size + 5 * size]
        assert report.training.batch_per_image == images + 8
        assert [row.counts.memory(size) for row in report.rows] == [32 * size, 128, 48 * size, 5 * size]
        assert best_schedule(built, size).live.peak == report.inference.peak
    assert "= 85 values x 3 x 2 bytes and 128 x 3 bytes of 16 indices" in plain.render(report)


def test_equal_volumes_of_different_dtypes_are_not_equal():
    assert Volume((), 4) != Volume((), 4, "int64")
    assert Volume((), 4, "bool").number_bytes(4) == 1
