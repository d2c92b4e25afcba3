"""The facts of each kind, in tables: the manual's options and defaults, its spelling, the sharing of memory."""

import re

import pytest
from support import ROOT, layer, volume

from cnncalc.layers import kinds
from cnncalc.layers.options import REQUIRED

NAMES = sorted(kinds.names() - kinds.SYNONYMS.keys())
ROW = re.compile(r"\| `([A-Z0-9]+)` \| `([^`]+)` \|([^|]*)\|")
MANUAL = {
    name: (written, re.findall(r"`([^`]+)`", options))
    for name, written, options in ROW.findall((ROOT / "docs" / "language.md").read_text(encoding="utf-8"))
}


def with_(fact):
    return {name for name in NAMES if getattr(kinds.find(name), fact)}


@pytest.mark.parametrize("name", NAMES)
def test_options_and_defaults_are_those_of_the_manual(name):
    assert [option.text() for option in kinds.find(name).options] == MANUAL[name][1]


REQUIRED_OPTIONS = {
    "CONV": {"filters"},
    "DECONV": {"filters"},
    "LOCAL": {"filters"},
    "FC": {"units"},
    "INPUT": {"shape"},
    "RESHAPE": {"shape"},
    "PAD": {"padding"},
    "POW": {"p"},
    "OPAQUE": {"shape"},
    **{kind: {"over"} for kind in ("MEAN", "MAX", "SUM", "NORM")},
    "ATTENTION": {"heads"},
}


@pytest.mark.parametrize("name", NAMES)
def test_required_options(name):
    found = {option.name for option in kinds.find(name).options if option.default is REQUIRED}
    assert found == REQUIRED_OPTIONS.get(name, set())


def test_synonyms():
    letters = {(name, option.name, synonym) for name in NAMES for option in kinds.find(name).options for synonym in option.synonyms}
    assert {(option, synonym) for _, option, synonym in letters} == {
        ("kernel", "F"),
        ("filters", "K"),
        ("stride", "S"),
        ("padding", "P"),
        ("units", "filters"),
        ("units", "K"),
        ("rate", "p"),
    }


WINDOWS = {"CONV", "DWCONV", "DECONV", "LOCAL"}
POOLS = {"POOL", "AVGPOOL", "L2POOL"}
FIRST = {  # the option set by a bare value in parentheses, by kind
    **dict.fromkeys(["LRN", "LCN", "DIVN", *WINDOWS, *POOLS], "kernel"),
    **dict.fromkeys(["GN", "SHUFFLE"], "groups"),
    **dict.fromkeys(["DROPOUT", "STOCHDEPTH"], "rate"),
    **dict.fromkeys(["INPUT", "RESHAPE", "OPAQUE"], "shape"),
    "FC": "units",
    "ATTENTION": "heads",
    "TABLE": "shape",
    "TRANSPOSE": "over",
    "TOKEN": "count",
    "LEAKYRELU": "slope",
    "PRELU": "shared",
    "ELU": "alpha",
    "CELU": "alpha",
    "POW": "p",
    "CLIP": "min",
    "GELU": "approximate",
    **dict.fromkeys(["LN", "RMSNORM", "MEAN", "MAX", "SUM", "NORM", "SOFTMAX"], "over"),
    "IN": "affine",
    "LAYERSCALE": "init",
    "SCALE": "factor",
    "PAD": "padding",
    "CROP": "crop",
    "UPSAMPLE": "scale",
    "D2S": "scale",
    "S2D": "scale",
    "SLICE": "start",
}
SIZE = {
    "CROP": "crop",
    "PAD": "padding",
    "UPSAMPLE": "scale",
    "D2S": "scale",
    "S2D": "scale",
    **dict.fromkeys(["LRN", "LCN", "DIVN", *WINDOWS, *POOLS], "kernel"),
}


@pytest.mark.parametrize("name", NAMES)
def test_short_forms(name):
    short = kinds.find(name).shorthand
    assert short.first == FIRST.get(name, "")
    assert short.size == SIZE.get(name, "")
    assert short.filters == ("units" if name == "FC" else "filters" if name in WINDOWS else "")
    assert short.stride == ("stride" if name in WINDOWS | POOLS else "")


def test_what_works_in_the_memory_of_its_input():
    """docs/counting.md: activations, dropout, and views of the same values."""
    activations = {"RELU", "RELU6", "LEAKYRELU", "PRELU", "ELU", "SELU", "SIGMOID", "TANH", "SILU"}
    activations |= {"HSWISH", "HSIGMOID", "GELU", "MISH", "SOFTMAX"}
    listed = activations | {"DROPOUT", "STOCHDEPTH", "IDENTITY", "FLATTEN", "RESHAPE", "TRANSPOSE", "SLICE", "CROP"}
    assert listed <= with_("in_place")
    assert with_("in_place") - listed <= with_("pointwise")  # a kind that is new


def test_other_facts():
    assert with_("merges") == {"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "CONCAT", "OPAQUE", "ATTENTION", "MATMUL"}
    assert {name: kinds.find(name).most for name in with_("most")} == {"ATTENTION": 2, "MATMUL": 2}
    assert with_("modelled") == set(NAMES) - {"OPAQUE"}
    assert with_("centers") == {"BN", "IN"}
    assert with_("modulates") >= {"MUL", "BN", "LN", "GN", "IN", "GRN", "RMSNORM", "SOFTMAX"}
    assert not with_("modulates") & {"ADD", "CONCAT", "FC", "GAP", "FLATTEN", "RESHAPE", "ATTENTION", "MATMUL"}
    assert with_("takes_steps") == {"CONV", "DWCONV"}
    assert {name for name in NAMES if kinds.find(name).rounds()} == POOLS | WINDOWS - {"DECONV"}
    assert {name: kinds.find(name).short_name for name in with_("short_name")} == {"DROPOUT": "drop", "LRN": "norm"}
    numbered = {name: kinds.find(name).numbered for name in with_("numbered")}
    assert numbered == {**dict.fromkeys(WINDOWS, "conv"), **dict.fromkeys(POOLS, "pool"), "FC": "fc"}


BEHIND = {"RELU", "RELU6", "ADD", "BN"}


@pytest.mark.parametrize("name", NAMES)
def test_what_can_follow_tile_by_tile(name):
    import numpy as np

    found = kinds.find(name)
    made = layer(next(example.label for example in found.examples if example.values)) if name not in {"INPUT", "OPAQUE"} else None
    if made is not None:
        weights = {key: np.ones(1) for key in ("mean", "variance", "scale", "shift")}
        assert (made.as_step(weights, [np.ones((1, 2, 1))]) is not None) == (name in BEHIND)


LABELS = [
    ("CONV3-64", "CONV3-64"),
    ("CONV3-64/2", "CONV3-64/2"),
    ("CONV1x7-64", "CONV1x7-64"),
    ("CONV(kernel=3x3, filters=4, stride=2x2)", "CONV3-4/2"),
    ("CONV(kernel=3x3, filters=4, stride=1x2)", "CONV3-4/1x2"),
    ("CONV(kernel=3x3, filters=4, stride=1x1)", "CONV3-4"),
    ("DWCONV3", "DWCONV3"),
    ("DWCONV3-8/2", "DWCONV3-8/2"),
    ("DECONV2-4/2", "DECONV2-4/2"),
    ("LOCAL3-4", "LOCAL3-4"),
    ("POOL2", "POOL2"),
    ("POOL3/2", "POOL3/2"),
    ("POOL(kernel=2x2, stride=2)", "POOL2"),
    ("POOL(kernel=2x1)", "POOL2x1"),
    ("POOL(kernel=2x1, stride=2)", "POOL2x1/2"),
    ("MAXPOOL2", "POOL2"),
    ("AVGPOOL(out=7)", "AVGPOOL(out=7)"),
    ("AVGPOOL(out=7x1)", "AVGPOOL(out=7x1)"),
    ("POOL(out=7x1)", "POOL(out=7x1)"),
    ("L2POOL3/2", "L2POOL3/2"),
    ("FC-10", "FC-10"),
    ("PAD(1)", "PAD(1)"),
    ("PAD(0:1x2:0)", "PAD(0:1x2:0)"),
    ("CROP(4)", "CROP(4)"),
    ("CROP(size=4x3)", "CROP(size=4x3)"),
    ("RESHAPE(4x4x2)", "RESHAPE(4x4x2)"),
    ("UPSAMPLE2", "UPSAMPLE2"),
    ("UPSAMPLE2x2", "UPSAMPLE2"),
    ("UPSAMPLE2x3", "UPSAMPLE2x3"),
    ("UPSAMPLE(size=9x7)", "UPSAMPLE(size=9x7)"),
    ("SLICE(start=2, depth=3)", "SLICE(start=2, depth=3)"),
    ("RELU", "RELU"),
    ("BN", "BN"),
    ("LRN(7)", "LRN"),
    ("GAP", "GAP"),
    ("ADD", "ADD"),
    ("DROPOUT(0.2)", "DROPOUT"),
]


@pytest.mark.parametrize("text, label", LABELS)
def test_label(text, label):
    assert layer(text).label() == label
    assert layer(text).notes_label() == ("FC" if label == "FC-10" else label)


@pytest.mark.parametrize(
    "text, full",
    [
        ("CONV3-64", "CONV(filters=64)"),
        (
            "CONV5-64/2(padding=0:1, groups=2, bias=false)",
            "CONV(kernel=5, filters=64, stride=2, padding=0:1, groups=2, bias=false)",
        ),
        ("RELU", "RELU"),
        ("POOL3/2", "POOL(kernel=3, stride=2)"),
        ("LEAKYRELU(0.2)", "LEAKYRELU(slope=0.2)"),
        ("RESHAPE(4x4x2)", "RESHAPE(shape=4x4x2)"),
        ("UPSAMPLE(size=9x7, mode=bilinear)", "UPSAMPLE(size=9x7, mode=bilinear)"),
    ],
)
def test_text_names_what_differs_from_the_defaults(text, full):
    assert layer(text).text() == full


def test_replaced_leaves_the_layer_as_it_is():
    one = layer("CONV3-64/2")
    other = one.replaced(stride=(1,), filters=8)
    assert (one.text(), other.text()) == ("CONV(filters=64, stride=2)", "CONV(filters=8)")


FORMULAS = [
    ("32x32x3", "CONV5-10(padding=2)", "(5*5*3)*10", "(32*32)*(5*5*3)*10"),
    ("28x28x192", "CONV3-256(groups=2)", "(3*3*(192/2))*256", "(28*28)*(3*3*(192/2))*256"),
    ("7x5x8", "DWCONV3", "(3*3)*8", "(7*5)*(3*3)*8"),
    ("7x5x8", "DWCONV3(multiplier=2)", "(3*3)*8*2", "(7*5)*(3*3)*8*2"),
    ("4x4x8", "DECONV2-4/2", "(2*2*8)*4", "(4*4)*8*(2*2*4)"),
    ("4x4x8", "DECONV2-4/2(groups=2)", "(2*2*(8/2))*4", "(4*4)*8*(2*2*(4/2))"),
    ("9x7x4", "LOCAL3-6(padding=0)", "(7*5*6)*(3*3*4)", "(7*5*6)*(3*3*4)"),
    ("7x7x512", "FC-4096", "7*7*512*4096", "7*7*512*4096"),
    ("1x1x4096", "FC-1000", "4096*1000", "4096*1000"),
    ("1x7x512", "FC-10", "7*512*10", "7*512*10"),
    ("16x3", "FC-10", "16*3*10", "16*3*10"),
]


@pytest.mark.parametrize("size, text, weights, macs", FORMULAS)
def test_formulas(size, text, weights, macs):
    made, inputs = layer(text), (volume(size),)
    found = next(tensor for tensor in made.weights(inputs) if tensor.role == "weight").numbers
    assert found.filled() == weights
    assert made.work(inputs, made.infer(inputs)).macs.filled() == macs


TENSORS = [  # names, roles and shapes of the stored arrays, in the order of an array's axes: height, width, depth
    ("9x7x4", "CONV(kernel=3x2, filters=6, groups=2, padding=0)", "weight:weight 2x3x2x6, bias:bias 6"),
    ("9x7x4", "CONV3-6(bias=false)", "weight:weight 3x3x4x6"),
    ("9x7x4", "DWCONV(kernel=3x2, multiplier=2)", "weight:weight 2x3x1x8, bias:bias 8"),
    ("9x7x4", "DECONV(kernel=3x2, filters=6, groups=2)", "weight:weight 2x3x4x3, bias:bias 6"),
    ("9x7x4", "LOCAL(kernel=3x2, filters=6, groups=2, padding=0)", "weight:weight 6x7x2x3x2x6, bias:bias 6x7x6"),
    ("9x7x4", "FC-5", "weight:weight 252x5, bias:bias 5"),
    ("9x7x4", "BN", "scale:weight 4, shift:bias 4, mean:buffer 4, variance:buffer 4, steps:buffer "),
    ("9x7x4", "BN(running=false)", "scale:weight 4, shift:bias 4"),
    ("9x7x4", "BN(counter=false)", "scale:weight 4, shift:bias 4, mean:buffer 4, variance:buffer 4"),
    ("9x7x4", "BN(scale=false)", "shift:bias 4, mean:buffer 4, variance:buffer 4, steps:buffer "),
    ("9x7x4", "BN(shift=false)", "scale:weight 4, mean:buffer 4, variance:buffer 4, steps:buffer "),
    ("9x7x4", "BN(affine=false)", "mean:buffer 4, variance:buffer 4, steps:buffer "),
    ("9x7x4", "BN(scale=false, shift=false)", "mean:buffer 4, variance:buffer 4, steps:buffer "),
    ("9x7x4", "BN(frozen=true)", "scale:buffer 4, shift:buffer 4, mean:buffer 4, variance:buffer 4"),
    ("9x7x4", "BN(frozen=true, affine=false)", "mean:buffer 4, variance:buffer 4"),
    ("9x7x4", "BN(frozen=true, shift=false, counter=false)", "scale:buffer 4, mean:buffer 4, variance:buffer 4"),
    ("9x7x4", "BN(running=false, shift=false)", "scale:weight 4"),
    ("9x7x4", "LN", "scale:weight 4, shift:bias 4"),
    ("9x7x4", "LN(shift=false)", "scale:weight 4"),
    ("9x7x4", "LN(volume, shift=false)", "scale:weight 7x9x4"),
    ("9x7x4", "GN(2, shift=false)", "scale:weight 4"),
    ("9x7x4", "RMSNORM", "scale:weight 4"),
    ("9x7x4", "RMSNORM(volume)", "scale:weight 7x9x4"),
    ("9x7x4", "RMSNORM(scale=false)", ""),
    ("9x7x4", "GRN", "scale:weight 4, shift:bias 4"),
    ("9x7x4", "LN(volume)", "scale:weight 7x9x4, shift:bias 7x9x4"),
    ("9x7x4", "GN(2)", "scale:weight 4, shift:bias 4"),
    ("9x7x4", "IN(affine=true)", "scale:weight 4, shift:bias 4"),
    ("9x7x4", "IN", ""),
    ("9x7x4", "PRELU", "slope:weight 4"),
    ("9x7x4", "PRELU(shared=true)", "slope:weight 1"),
    ("9x7x4", "LAYERSCALE", "scale:weight 4"),
    ("9x7x4", "LAYERSCALE(shared=true)", "scale:weight 1"),
    ("9x7x4", "AFFINE", "scale:weight 4, shift:bias 4"),
    ("9x7x4", "AFFINE(scale=false)", "shift:bias 4"),
    ("9x7x4", "AFFINE(shared=true)", "scale:weight 1, shift:bias 1"),
    ("9x7x4", "POOL3", ""),
    ("5x6x7x4", "CONV(kernel=1x2x3, filters=6)", "weight:weight 3x2x1x4x6, bias:bias 6"),
]


@pytest.mark.parametrize("size, text, wanted", TENSORS)
def test_tensors(size, text, wanted):
    found = layer(text).weights((volume(size),))
    assert ", ".join(f"{each.name}:{each.role} {'x'.join(map(str, each.shape))}" for each in found) == wanted
    assert [each.name for each in found if each.fixed_bytes] == [each.name for each in found if each.name == "steps"]


def test_a_counter_has_eight_bytes():
    (steps,) = [each for each in layer("BN").weights((volume("9x7x4"),)) if each.fixed_bytes]
    assert (steps.numbers.value, steps.fixed_bytes) == (1, 8)
