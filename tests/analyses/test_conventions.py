"""The counts of other tools for one layer, computed by hand from the rules in their sources."""

import pytest
from support import analyzed

from cnncalc.analyses.conventions.found import counted, counters
from cnncalc.layers.kinds import SYNONYMS, names

NAMES = (
    "MACs",
    "MACs of convolutions",
    "MACs with biases",
    "torchinfo",
    "fvcore",
    "fvcore, training mode",
    "thop 0.0.31",
    "thop 0.1",
    "ptflops 0.6.9",
    "ptflops 0.7.4",
    "ptflops 0.7.5",
    "PyTorch FlopCounterMode",
    "Molchanov et al. 2016",
    "DeepSpeed",
    "DeepSpeed, training mode",
)
CASES = [  # on 8x6x4, 192 numbers at 48 positions; the figures are in the order of NAMES
    # 384 outputs, (3*3*4)*8 = 288 weights, 48*288 = 13,824 MACs
    ("CONV3-8", [13824, 13824, 14208, 14208, 13824, 13824, 14208, 13824, 14208, 14208, 14208, 27648, 28416, 28032, 28032]),
    (
        "CONV3-8(bias=false)",
        [13824, 13824, 13824, 13824, 13824, 13824, 13824, 13824, 13824, 13824, 13824, 27648, 28416, 27648, 27648],
    ),
    # 192 outputs, 36 weights, 1,728 MACs
    ("DWCONV3", [1728, 1728, 1920, 1920, 1728, 1728, 1920, 1728, 1920, 1920, 1920, 3456, 3840, 3648, 3648]),
    # 1,536 outputs at 192 positions, 128 weights, 48*128 = 6,144 MACs; 24,576 if slid over the output
    ("DECONV2-8/2", [6144, 6144, 7680, 26112, 6144, 6144, 26112, 24576, 26112, 26112, 7680, 12288, 15360, 13824, 13824]),
    ("FC-10", [1920, 0, 1930, 1930, 1920, 1920, 1920, 1920, 1930, 1930, 1930, 3840, 3830, 3840, 3840]),
    ("FC-10(bias=false)", [1920, 0, 1920, 1920, 1920, 1920, 1920, 1920, 1920, 1920, 1920, 3840, 3830, 3840, 3840]),
    ("LOCAL1-2", [384, 384, 480, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("BN", [0, 0, 0, 8, 384, 960, 384, 768, 384, 384, 384, 0, 0, 384, 960]),
    ("BN(affine=false)", [0, 0, 0, 0, 192, 768, 384, 384, 192, 192, 192, 0, 0, 192, 768]),
    ("LN", [0, 0, 0, 8, 960, 960, 0, 768, 0, 192, 192, 0, 0, 960, 960]),
    ("LN(affine=false)", [0, 0, 0, 0, 768, 768, 0, 384, 0, 192, 192, 0, 0, 768, 768]),
    ("GN(2)", [0, 0, 0, 8, 960, 960, 0, 0, 384, 384, 384, 0, 0, 960, 960]),
    ("IN", [0, 0, 0, 0, 768, 768, 0, 384, 192, 192, 192, 0, 0, 768, 768]),
    ("POOL2", [0, 0, 0, 0, 0, 0, 0, 0, 192, 384, 384, 0, 0, 192, 192]),
    ("AVGPOOL2", [0, 0, 0, 0, 0, 0, 48, 48, 192, 384, 384, 0, 0, 192, 192]),
    ("AVGPOOL(out=2x3)", [0, 0, 0, 0, 192, 192, 216, 216, 192, 384, 384, 0, 0, 192, 192]),
    ("GAP", [0, 0, 0, 0, 192, 192, 196, 196, 192, 384, 384, 0, 0, 192, 192]),
    ("GMP", [0, 0, 0, 0, 0, 0, 0, 0, 192, 384, 384, 0, 0, 192, 192]),
    ("RELU", [0, 0, 0, 0, 0, 0, 0, 0, 192, 384, 384, 0, 0, 192, 192]),
    ("SIGMOID", [0] * 15),
    ("PRELU", [0, 0, 0, 4, 0, 0, 0, 192, 192, 384, 384, 0, 0, 192, 192]),
    ("SOFTMAX", [0, 0, 0, 0, 0, 0, 0, 528, 0, 192, 192, 0, 0, 192, 192]),
    ("UPSAMPLE2", [0, 0, 0, 0, 768, 768, 0, 768, 768, 1536, 1536, 0, 0, 768, 768]),
    ("UPSAMPLE2(mode=bilinear)", [0, 0, 0, 0, 3072, 3072, 8448, 8448, 768, 1536, 1536, 0, 0, 768, 768]),
    ("UPSAMPLE2(mode=bicubic)", [0, 0, 0, 0, 0, 0, 198912, 198912, 768, 1536, 1536, 0, 0, 768, 768]),
    ("RELU6", [0, 0, 0, 0, 0, 0, 0, 0, 192, 192, 192, 0, 0, 0, 0]),
    ("RMSNORM", [0, 0, 0, 4, *[0] * 11]),
    ("AVGPOOL(out=3x5)", [0, 0, 0, 0, 192, 192, 180, 251, 192, 384, 384, 0, 0, 192, 192]),
    ("DROPOUT", [0] * 15),
    # 48 positions: projections 48*4*16 = 3,072 MACs, 80 parameters, 768 additions of biases, products 2*48*48*4 = 18,432 MACs
    (
        "ATTENTION(2)",
        [21504, 0, 22272, 80, 3072, 3072, 3072, 3072, 3840, 3840, 3840, 43008, 0, 0, 0],
    ),
    ("ATTENTION(2, fused=false)", [21504, 0, 22272, 80, 21504, 21504, 3072, 3072, 0, 0, 0, 43008, 0, 0, 0]),
    ("TABLE", [0] * 15),
]


def told(text):
    return counted(analyzed(text))


@pytest.mark.parametrize("text, wanted", CASES)
def test_one_layer(text, wanted):
    found = {each.counter.name: each.value for each in told(f"INPUT[8x6x4] -> {text}")}
    assert {name: found[name] for name in NAMES} == dict(zip(NAMES, wanted, strict=True))


def test_layers_add_up():
    found = {each.counter.name: each.value for each in told("INPUT[8x6x4] -> CONV3-4 -> RELU -> RELU")}
    assert [found[f"ptflops {version}"] for version in ("0.6.9", "0.7.4", "0.7.5")] == [
        48 * 144 + 192 + n * 2 * 192 for n in (1, 2, 2)
    ]


def test_a_shared_layer_works_each_time():
    found = {each.counter.name: each.value for each in told("INPUT[8x6x4] -> a=CONV3-4 -> CONV3-4(share=a)")}
    assert found["MACs"] == 2 * 48 * 144


@pytest.mark.parametrize(
    "text, missing",
    [
        ("LCN -> DIVN -> LCN", ("divn", "lcn")),
        ("L2POOL2 -> FC-3", ("l2pool",)),
        ("CONV3-4 -> POOL2", ()),
    ],
)
def test_kinds_that_have_no_module(text, missing):
    assert {each.missing for each in told(f"INPUT[8x6x4] -> {text}")} == {missing, ()}
    assert not told(f"INPUT[8x6x4] -> {text}")[0].missing, "the multiply-adds are those of the total"


def test_the_multiply_adds_are_unknown_only_where_the_total_is():
    found = {each.counter.name: each for each in told("INPUT[8x8x3] -> OPAQUE(4x4x10) -> LOCAL1-2")}
    assert found["MACs"].missing == ("opaque",)
    assert found["MACs"].value == 4 * 4 * 10 * 2
    assert found["fvcore"].missing == ("local", "opaque")


def test_products_of_two_volumes():
    found = {each.counter.name: each for each in told("INPUT[6x4] -> a=CONV1-4 -> MATMUL(a, a, transpose_b=true)")}
    more = {name: each.value - found["MACs of convolutions"].value for name, each in found.items()}
    assert (more["MACs"], more["fvcore"], more["thop 0.1"]) == (6 * 6 * 4, 6 * 6 * 4, 0)
    assert found["PyTorch FlopCounterMode"].value == 2 * found["MACs"].value
    assert {name for name, each in found.items() if each.missing} == {
        "ptflops 0.6.9",
        "ptflops 0.7.4",
        "ptflops 0.7.5",
        "Molchanov et al. 2016",
    }


# Measured on one attention layer of 65 positions, depth 48 and 3 heads, whose projections are linear layers: fvcore 0.1.5,
# PyTorch 2.14's FlopCounterMode (without fused products, on a CPU), torchinfo, thop 0.1 and ptflops 0.7.5.
@pytest.mark.parametrize(
    "fused, measured",
    [
        ("true", {"fvcore": 599_040, "torchinfo": 9_408, "thop 0.1": 599_040, "ptflops 0.7.5": 611_520}),
        ("false", {"fvcore": 1_004_640, "torchinfo": 9_408, "thop 0.1": 599_040, "PyTorch FlopCounterMode": 2_009_280}),
    ],
)
def test_attention_as_measured(fused, measured):
    found = {each.counter.name: each.value for each in told(f"INPUT[65x48] -> ATTENTION(3, fused={fused})")}
    assert found.items() >= measured.items()


def test_counters():
    assert {each.name for each in counters()} == {*NAMES, "DeepSpeed before 0.19.7"}
    doubled = {"torchinfo", "fvcore", "thop 0.0.31", "thop 0.1", "ptflops 0.6.9", "ptflops 0.7.4", "ptflops 0.7.5"}
    assert {each.name for each in counters() if each.doubled} == doubled
    assert {each.unit for each in counters()} == {"MACs", "mult-adds", "FLOPs"}


@pytest.mark.parametrize("kind", ["LOCAL1-2", "L2POOL2", "LCN3", "DIVN3"])
def test_a_kind_that_no_counter_knows_is_missing_and_never_nothing(kind):
    name = analyzed(f"INPUT[8x8x4] -> {kind}").rows[-1].kind
    for each in told(f"INPUT[8x8x4] -> {kind}"):
        ruled = name in each.counter.rules or each.counter.other is not None
        assert each.missing == (() if ruled else (name,))


UNKNOWN = {
    "fvcore": {"divn", "l2pool", "lcn", "local", "opaque"},
    "DeepSpeed": {"attention", "divn", "l2pool", "lcn", "local", "lrn", "opaque"},
    "ptflops 0.7.5": {"divn", "l2pool", "lcn", "local", "lrn", "matmul", "opaque"},
    "ptflops 0.6.9": {"divn", "l2pool", "lcn", "local", "matmul", "opaque"},
    "thop 0.1": {"divn", "l2pool", "lcn", "local", "opaque"},
    "torchinfo": {"affine", "divn", "grn", "l2pool", "lcn", "local", "opaque"},
    "PyTorch FlopCounterMode": {"divn", "l2pool", "lcn", "local", "opaque"},
    "Molchanov et al. 2016": {"attention", "divn", "l2pool", "lcn", "local", "matmul", "opaque"},
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_kind_without_a_rule_in_a_tool_is_unknown_there(name):
    kinds = {each.lower() for each in names() - SYNONYMS.keys()}
    counter = next(each for each in counters() if each.name == name)
    assert counter.rules.keys() | counter.zeros.keys() <= kinds
    assert kinds - counter.rules.keys() - counter.zeros.keys() - {"input", "token"} == UNKNOWN[name]


def test_a_zero_has_its_reason_and_no_rule_beside_it():
    for counter in counters():
        assert all(counter.zeros.values())
        assert not counter.rules.keys() & counter.zeros.keys(), counter.name


@pytest.mark.parametrize(
    "text, before, since",
    [
        # DeepSpeed 0.16.9, run; 0.19.7 by its source
        ("DECONV2-8/2", 12_384, 13_824),
        ("DECONV2-8/2(groups=2)", 3_120, 7_680),
    ],
)
def test_deepspeed_before_and_since_its_fix(text, before, since):
    found = {each.counter.name: each.value for each in told(f"INPUT[8x6x4] -> {text}")}
    assert (found["DeepSpeed before 0.19.7"], found["DeepSpeed"]) == (before, since)


def test_standardized_kernels_are_left_to_the_libraries():
    found = {each.counter.name: each.missing for each in told("INPUT[8x6x4] -> CONV3-8(standardize=true)")}
    assert found["MACs"] == found["torchinfo"] == found["PyTorch FlopCounterMode"] == ()
    assert found["fvcore"] == found["thop 0.1"] == ("conv",)


@pytest.mark.parametrize(
    "text, fvcore",
    [
        # fvcore 0.1.5, measured: its handles are adaptive_avg_pool2d and upsample_*2d
        ("INPUT[8x4] -> GAP", 0),
        ("INPUT[8x4] -> UPSAMPLE2", 0),
        ("INPUT[4x3x2x4] -> GAP", 0),
        ("INPUT[4x3x2x4] -> UPSAMPLE2(mode=bilinear)", 0),
        ("INPUT[8x4] -> BN", 64),
        ("INPUT[8x4] -> CONV3-8", 768),
        ("INPUT[4x3x2x4] -> CONV3-8", 20736),
        # a public case: 6,424 by fvcore
        ("INPUT[101x3] -> CONV5-8/2(dilation=2, padding=0, rounding=floor) -> BN -> RELU -> GAP -> FC-4", 6424),
    ],
)
def test_fvcore_in_1d_and_3d(text, fvcore):
    assert next(each.value for each in told(text) if each.counter.name == "fvcore") == fvcore


def test_transposed_convolutions_by_their_inputs():
    """A public case: DECONV2-1/2 on 2x2x3 has 48 MACs and 16 outputs; ptflops 0.7.5 prints 64, versions before it 208."""
    found = {each.counter.name: each.value for each in told("INPUT[2x2x3] -> DECONV2-1/2")}
    assert (found["ptflops 0.7.5"], found["ptflops 0.7.4"], found["fvcore"], found["thop 0.1"]) == (64, 208, 48, 192)
    assert found["DeepSpeed"] == 2 * 48 + 16
