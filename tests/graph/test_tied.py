"""`share=a, transpose=true` takes the weight of an earlier layer transposed, and has a bias of its own."""

import pytest
from support import analyzed, found

import cnncalc
from cnncalc.graph.builder import Builder
from cnncalc.graph.infer import complete
from cnncalc.maths.volume import Volume
from cnncalc.tasks.convert import ConvertOptions, convert
from cnncalc.text.diagnostic import Findings, SpecError

TIED = {  # the output, the parameters, the MACs
    "INPUT[1x1x784] -> a=FC-32 -> RELU -> FC-784(share=a, transpose=true)": ("1x1x784", 25_088 + 32 + 784, 2 * 25_088),
    "INPUT[28x28x1] -> a=FC-32 -> RELU -> FC(share=a, transpose=true, bias=false)": ("1x1x784", 25_088 + 32, 2 * 25_088),
    "INPUT[8] -> a=FC-4 -> b=FC(share=a, transpose=true) -> FC(share=a) -> FC(share=b)": ("1x8", 32 + 4 + 8, 4 * 32),
    "INPUT[9x9x3] -> c=CONV3-8/2 -> RELU -> DECONV(share=c, transpose=true)": ("9x9x3", 216 + 8 + 3, 2 * 25 * 216),
    "INPUT[8x8x4] -> c=CONV3-8/2(groups=2, rounding=floor) -> DECONV(share=c, transpose=true, output_padding=1)": (
        "8x8x4",
        144 + 8 + 4,
        2 * 16 * 144,
    ),
    "INPUT[9x3] -> c=CONV3-8/2(padding=0) -> DECONV(share=c, transpose=true, stride=1)": ("6x3", 72 + 8 + 3, 2 * 4 * 72),
}


@pytest.mark.parametrize("text", TIED)
def test_the_weight_counts_once_and_the_work_each_time(text):
    report = analyzed(text)
    assert (report.rows[-1].output.text, report.totals.params, report.totals.macs) == TIED[text]


@pytest.mark.parametrize("text", TIED)
def test_explicit_layers_say_the_same(text, tmp_path):
    path = tmp_path / "explicit.yaml"
    path.write_text(convert(found(text), ConvertOptions(form="layers")).text, encoding="utf-8")
    report, again = analyzed(text), cnncalc.analyze(str(path))
    assert [(row.output, row.label) for row in again.rows] == [(row.output, row.label) for row in report.rows]
    assert (again.totals, again.training_peak) == (report.totals, report.training_peak)


def test_the_layers_of_a_spec():
    text = "input: 1x1x784\nlayers:\n  - fc: {name: a, units: 32}\n  - relu\n  - fc: {share: a, transpose: true}\n"
    assert analyzed(text).totals == analyzed(next(iter(TIED))).totals
    assert convert(found(text), ConvertOptions(form="layers")).text.splitlines()[-1] == "  - fc: {share: a, transpose: true}"


def test_the_gradient_of_the_weight_is_one():
    plain = analyzed("INPUT[1x1x784] -> FC-32 -> RELU -> FC-784")
    tied = analyzed("INPUT[1x1x784] -> a=FC-32 -> RELU -> FC(share=a, transpose=true)")
    assert plain.training.gradients - tied.training.gradients == 4 * 784 * 32
    assert plain.training.activations(2) == tied.training.activations(2)
    assert plain.training_peak - tied.training_peak >= 2 * 4 * 784 * 32  # the weight and its gradient


def test_a_frozen_weight_has_no_gradient_and_the_bias_has_one():
    tied = analyzed("INPUT[1x1x784] -> a=FC-32 -> RELU -> FC(share=a, transpose=true)", freeze=("a",))
    assert tied.training.gradients == 4 * 784


def test_transpose_false_shares_plainly():
    assert analyzed("INPUT[4x4] -> a=FC-16 -> FC(share=a, transpose=false)").totals.params == 16 * 16 + 16


ERRORS = {
    "INPUT[1x1x784] -> a=FC-32 -> RELU -> FC-100(share=a, transpose=true)": (
        "fc2 cannot apply the transposed weight of a",
        "fc2 has weight 32x100, a has weight 784x32, transposed 32x784",
    ),
    "INPUT[1x1x784] -> a=FC-32 -> FC-16 -> FC(share=a, transpose=true)": (
        "fc3 cannot apply the transposed weight of a",
        "fc3 has weight 16x784, a has weight 784x32, transposed 32x784",
    ),
    "INPUT[9x9x3] -> c=CONV3-8 -> DECONV5-3(share=c, transpose=true)": (
        "deconv2 cannot apply the transposed weight of c",
        "deconv2 has weight 5x5x8x3, c has weight 3x3x3x8, transposed 3x3x8x3",
    ),
    "INPUT[9x9x3] -> c=CONV3-8 -> FC(share=c, transpose=true)": (
        "fc2 cannot apply the transposed weight of c",
        "FC takes the weight of FC transposed, and c is CONV3-8",
    ),
    "INPUT[9x9x3] -> c=CONV3-8(standardize=true) -> DECONV(share=c, transpose=true)": (
        "deconv2 cannot apply the transposed weight of c",
        "c standardizes its kernel in each pass",
    ),
    "INPUT[8] -> a=FC-4 -> b=FC(share=a, transpose=true) -> FC(share=b, transpose=true)": (
        "FC cannot transpose the weight of a layer that has a transposed one itself",
        "",
    ),
    "INPUT[8] -> a=FC-4 -> FC-8(transpose=true)": ("FC transpose has no meaning without `share`", ""),
    "INPUT[8] -> a=FC-4 -> FC-8(share=a, transpose=2)": ("FC transpose must be true or false, not 2", ""),
    "INPUT[8x8x4] -> a=CONV3-4 -> CONV(share=a, transpose=true)": ("CONV has no option `transpose`", ""),
}


@pytest.mark.parametrize("text", ERRORS)
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(SpecError) as error:
        analyzed(text)
    (told,) = error.value.diagnostics
    message, note = ERRORS[text]
    assert (told.message, told.notes[0] if told.notes else "") == (message, note)


def test_a_conversion_of_fc_layers_refuses_it():
    with pytest.raises(SpecError, match="takes the weight of a transposed"):
        convert(found(next(iter(TIED))), ConvertOptions(fc_to_conv=True))


def built(**options):
    made = Builder()
    made.add("INPUT", {"shape": Volume((9, 9), 3)})
    made.add("CONV", {"filters": 8, "stride": 2}, (0,))
    made.add("DECONV", options, (1,), share=1, transpose=True)
    return complete(made.build(Findings()))


def test_a_builder_takes_it():
    network = built()
    assert network.typed[-1].output == Volume((9, 9), 3)
    assert (network.nodes[-1].shared, network.nodes[-1].tied) == (-1, 1)
    with pytest.raises(SpecError, match="cannot apply the transposed weight"):
        built(filters=5)
    with pytest.raises(ValueError, match="it names none"):
        Builder().add("FC", transpose=True)


def test_a_builder_takes_the_size_of_another_layer():
    made = Builder()
    made.add("INPUT", {"shape": Volume((11, 9), 3)})
    made.add("POOL", {"rounding": "floor"}, (0,))
    made.add("RESIZE", {}, (1,), like=0)
    assert complete(made.build(Findings())).typed[-1].output == Volume((11, 9), 3)
    with pytest.raises(ValueError, match="RESIZE reads layer 5"):
        made.add("RESIZE", {}, (1,), like=5)


@pytest.mark.parametrize(
    "text, names, same",
    [
        ("INPUT[8x8x8] -> a=CONV3-8 -> b=CONV(share=a) -> c=FC-10", ("b",), ("a",)),
        ("INPUT[8x8x8] -> a=CONV3-8 -> b=CONV(share=a) -> CONV(share=b)", ("conv3",), ("a",)),
        ("INPUT[8x8x8] -> a=CONV3-8 -> b=CONV(share=a) -> c=FC-10", ("a", "b"), ("a",)),
    ],
)
def test_a_layer_freezes_the_weights_that_it_shares(text, names, same):
    frozen, owner, free = analyzed(text, freeze=names), analyzed(text, freeze=same), analyzed(text)
    assert frozen.training.gradients == owner.training.gradients == free.training.gradients - 4 * (9 * 8 * 8 + 8)
    assert (frozen.training_peak, frozen.backward_macs) == (owner.training_peak, owner.backward_macs)


def test_a_block_of_layers_that_share_freezes_their_weights():
    text = "input: 8x8x8\npattern: INPUT -> a=CONV3-8 -> TWICE -> FC-10\nblocks:\n  TWICE: CONV(share=a) -> RELU -> CONV(share=a)\n"
    block = next(row.name for row in analyzed(text).rows if "/" in row.name).split("/")[0]
    assert analyzed(text, freeze=(block,)).training.gradients == analyzed(text, freeze=("a",)).training.gradients == 4 * (5120 + 10)


@pytest.mark.parametrize(
    "text, names",
    [
        ("INPUT[1x1x784] -> a=FC-32 -> RELU -> b=FC(share=a, transpose=true)", ("b",)),
        ("INPUT[1x1x784] -> a=FC-32 -> RELU -> b=FC(share=a, transpose=true) -> FC(share=a) -> c=FC(share=b)", ("c",)),
    ],
)
def test_a_transposed_weight_is_frozen_with_its_owner(text, names):
    message = "freeze: the weight of b is that of a, transposed, and a learns; freeze 'a' as well"
    with pytest.raises(ValueError, match=message):
        analyzed(text, freeze=names)
    assert analyzed(text, freeze=("a", *names)).training.gradients == 0
