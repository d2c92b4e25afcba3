"""The shipped networks: each is valid, cites its source, and has the published figures."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.spec.composer import read
from cnncalc.spec.document import Mapped, Scalar
from cnncalc.text.diagnostic import Findings
from cnncalc.text.source import Source
from cnncalc.workspace.find import shipped_folder, shipped_names

NAMES = shipped_names()
SPECS = Path(shipped_folder())

# Millions of learned parameters as printed, with the source.
MILLIONS = [
    ("vgg_a", 133, 0, "Simonyan and Zisserman 2014, arXiv:1409.1556, table 2"),
    ("vgg_a_lrn", 133, 0, "the same"),
    ("vgg_b", 133, 0, "the same"),
    ("vgg_c", 134, 0, "the same"),
    ("vgg_d", 138, 0, "the same; CS231n notes: 138M"),
    ("vgg_e", 144, 0, "the same"),
    ("skresnext50_32x4d", 27.5, 1, "Li et al. 2019, arXiv:1903.06586, table 1"),
    ("resnest50", 27.5, 1, "Zhang et al. 2020, arXiv:2004.08955, table 3"),
    ("nfnet_f0", 71.5, 1, "Brock et al. 2021, arXiv:2102.06171, table 3"),
    ("convnextv2_atto", 3.7, 1, "Woo et al. 2023, arXiv:2301.00808, table 11 and the authors' list of models"),
    ("convnextv2_femto", 5.2, 1, "the same"),
    ("convnextv2_pico", 9.1, 1, "the same"),
    ("convnextv2_nano", 15.6, 1, "the same"),
    ("convnextv2_tiny", 28.6, 1, "the same"),
    ("convnextv2_base", 89, 0, "the same"),
    ("convnextv2_large", 198, 0, "the same"),
    ("convnextv2_huge", 660, 0, "the same"),
    ("all_cnn_c", 1.4, 1, "Springenberg et al. 2014, arXiv:1412.6806, table 3: 1.4 M"),
]
# Exact figures: parameters, MACs.
EXACT = [
    ("linear_classifier", 30_730, 30_720, "CS231n notes: 3072 weights a neuron, ten neurons"),
    ("convnetjs_cifar10", 1_216 + 8_020 + 10_020 + 3_210, None, "the ConvNetJS demo prints the parameters of each layer"),
    ("alexnet_owt", 61_100_840, 714_188_480, "torchvision's alexnet"),
    ("vgg11", 132_863_336, 7_609_090_048, "torchvision"),
    ("vgg13", 133_047_848, 11_308_466_176, "torchvision"),
    ("vgg16", 138_357_544, 15_470_264_320, "torchvision"),
    ("vgg19", 143_667_240, 19_632_062_464, "torchvision"),
    ("vgg11_bn", 132_868_840, 7_609_090_048, "torchvision"),
    ("vgg13_bn", 133_053_736, 11_308_466_176, "torchvision"),
    ("vgg16_bn", 138_365_992, 15_470_264_320, "torchvision"),
    ("vgg19_bn", 143_678_248, 19_632_062_464, "torchvision"),
]
# Volumes in the order of the source.
VOLUMES = [
    (
        "alexnet",
        "227x227x3 55x55x96 27x27x96 27x27x96 27x27x256 13x13x256 13x13x256 13x13x384 13x13x384 13x13x256 6x6x256 1x1x4096 1x1x4096 1x1x1000",
        "CS231n lecture 7, Full (simplified) AlexNet architecture",
    ),
    ("cifar10", "32x32x3 32x32x12 16x16x12 1x1x10", "CS231n notes, Layers used to build ConvNets"),
    ("lenet5", "32x32x1 28x28x6 14x14x6 10x10x16 5x5x16 1x1x120 1x1x84 1x1x10", "LeCun et al. 1998, figure 2"),
]


def document(name: str) -> Mapped:
    path = SPECS / f"{name}.yaml"
    return read(Source(str(path), path.read_text(encoding="utf-8")), Findings())


@pytest.mark.parametrize("name", NAMES)
def test_is_valid(name):
    errors = [diagnostic.message for diagnostic in cnncalc.validate(SPECS / f"{name}.yaml") if diagnostic.severity == "error"]
    assert errors == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_warned_of(name):
    """What a spec chose, its rounding or a bias before a norm, is no warning; so `validate --strict` passes."""
    found = {(each.code.number, each.severity) for each in cnncalc.validate(SPECS / f"{name}.yaml")}
    assert found <= {("CNN210", "note")}


@pytest.mark.parametrize("name", NAMES)
def test_cites_its_source_and_expects_exact_figures(name):
    spec = document(name)
    source, expect = spec.get("source"), spec.get("expect")
    assert isinstance(source, Scalar), "each spec names its own source, even if it builds on another"
    assert len(source.text) > 10
    assert isinstance(expect, Mapped)
    for figure in ("params", "macs"):
        node = expect.get(figure)
        assert isinstance(node, Scalar), f"no {figure} under expect"
        assert node.text.isdigit(), f"{figure}: {node.text} is not exact"
    assert isinstance(expect.get("output"), Scalar), "no output under expect"


@pytest.mark.parametrize(("name", "millions", "decimals", "source"), MILLIONS)
def test_published_millions(name, millions, decimals, source):
    assert round(cnncalc.analyze(name).totals.params / 1e6, decimals) == millions, source


@pytest.mark.parametrize(("name", "params", "macs", "source"), EXACT)
def test_published_totals(name, params, macs, source):
    totals = cnncalc.analyze(name).totals
    assert totals.params == params, source
    assert macs is None or totals.macs == macs, source


@pytest.mark.parametrize(("name", "volumes", "source"), VOLUMES)
def test_published_volumes(name, volumes, source):
    rows = cnncalc.analyze(name).rows
    assert [row.output.text for row in rows if row.counts.counted] == volumes.split(), source


def test_lenet5_as_in_the_paper():
    """The 60,000 trainable parameters of LeCun et al. 1998, section II-B, from the parameters of the spec."""
    rows = {row.name: row.counts.params for row in cnncalc.analyze("lenet5").rows}
    pools = {"s2": 2 * 6, "s4": 2 * 16}  # a factor and a bias for each map
    pairs = 6 * 3 + 9 * 4 + 1 * 6  # table I: which maps of S2 each map of C3 sees
    sparse = pairs * 25 + 16
    assert rows["c3"] == 2_416
    assert sparse == 1_516
    assert rows["c1"] + pools["s2"] + sparse + pools["s4"] + rows["c5"] + rows["f6"] == 60_000
    assert sum(rows.values()) == 60_000 + (rows["c3"] - sparse) - sum(pools.values()) + rows["output"] == 61_706


def test_vgg_a_to_e_are_the_usual_names():
    for letter, depth in (("a", 11), ("b", 13), ("d", 16), ("e", 19)):
        paper, usual = cnncalc.analyze(f"vgg_{letter}"), cnncalc.analyze(f"vgg{depth}")
        assert [(row.name, row.label, row.output) for row in paper.rows] == [
            (row.name, row.label, row.output) for row in usual.rows
        ]


def test_batch_normalization_adds_two_parameters_a_channel():
    for depth in (11, 13, 16, 19):
        plain, normalized = cnncalc.analyze(f"vgg{depth}"), cnncalc.analyze(f"vgg{depth}_bn")
        channels = sum(row.output.depth for row in plain.rows if row.kind == "conv")
        layers = sum(row.kind == "conv" for row in plain.rows)
        assert normalized.totals.params - plain.totals.params == 2 * channels
        assert normalized.totals.buffers == 2 * channels + layers


def test_the_two_towers_of_alexnet():
    """Two groups halve the weights of conv2, conv4 and conv5, but not the biases: the paper's 60 million parameters."""
    assert cnncalc.analyze("alexnet_grouped").totals.params == 60_965_224
    one = {row.name: row.counts for row in cnncalc.analyze("alexnet").rows}
    two = {row.name: row.counts for row in cnncalc.analyze("alexnet_grouped").rows}
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"):
        halved = 2 if name in {"conv2", "conv4", "conv5"} else 1
        assert two[name].weights.value * halved == one[name].weights.value, name
        assert two[name].biases == one[name].biases, name


# torchvision's own figures: `num_params`, and `_ops` in 10^9 with three decimals, of the weights of each model (0.29).
TRANSFORMERS = [
    ("vit_b_16", 86_567_656, 17.564),
    ("vit_b_32", 88_224_232, 4.409),
    ("vit_l_16", 304_326_632, 61.555),
    ("vit_l_32", 306_535_400, 15.378),
    ("vit_h_14", 632_045_800, 167.295),
    ("swin_t", 28_288_354, 4.491),
    ("swin_s", 49_606_258, 8.741),
    ("swin_b", 87_768_224, 15.431),
    ("swin3d_t", 28_158_070, 43.882),
    ("swin3d_s", 49_816_678, 82.841),
    ("swin3d_b", 88_048_984, 140.667),
    ("maxvit_t", 30_919_624, 5.558),
]


@pytest.mark.parametrize("name, params, giga", TRANSFORMERS)
def test_transformers_of_torchvision(name, params, giga):
    totals = cnncalc.analyze(name).totals
    assert totals.params == params
    assert round(totals.macs / 10**9, 3) == giga


# The same networks with other images: `num_params` and `_ops` of torchvision's weights that were trained so.
@pytest.mark.parametrize(
    "name, side, params, giga",
    [
        ("vit_b_16", 384, 86_859_496, 55.484),
        ("vit_l_16", 512, 305_174_504, 361.986),
        ("vit_h_14", 518, 633_470_440, 1016.717),
    ],
)
def test_tokens_follow_the_image(name, side, params, giga):
    totals = cnncalc.analyze(name, input=f"{side}x{side}").totals
    assert totals.params == params
    assert round(totals.macs / 10**9, 3) == giga


# PyTorch's FlopCounterMode on a CPU, which leaves the products of fused attention out, halved; timm 1.0.31.
@pytest.mark.parametrize(
    "name, macs", [("mobilevit_s", 1_823_196_160), ("mobilevit_xs", 908_635_136), ("mobilevit_xxs", 329_179_648)]
)
def test_mobilevit_without_its_products(name, macs):
    totals = cnncalc.analyze(name).totals
    assert totals.macs - totals.matmul_macs == macs


WITH_HEADS = [  # torchvision counts the auxiliary classifier, which only training needs
    ("fcn_resnet50", 35_322_218, 152_716_512_000),
    ("fcn_resnet101", 54_314_346, 232_737_606_400),
    ("deeplabv3_resnet50", 42_004_074, 178_721_945_088),
    ("deeplabv3_resnet101", 60_996_202, 258_743_039_488),
    ("deeplabv3_mobilenet_v3_large", 11_029_328, 10_452_447_938),
]


@pytest.mark.parametrize("name, params, macs", WITH_HEADS)
def test_segmentation_with_its_auxiliary_classifier(name, params, macs):
    totals = cnncalc.analyze(name, outputs=("aux",)).totals
    assert (totals.params, totals.macs) == (params, macs)


FILES = [  # bytes of the authors' weight file: a head of 20, and each number in 4; the running statistics among them
    ("yolov3", 248_007_048),
    ("yolov4", 257_717_640),
]


@pytest.mark.parametrize("name, size", FILES)
def test_the_numbers_of_darknets_weight_files(name, size):
    totals = cnncalc.analyze(name).totals
    assert 20 + 4 * (totals.params + totals.buffers) == size


MAPS = [  # a detector, and the maps that it looks for boxes in, from the finest
    ("ssd300", "38 19 10 5 3 1", "Liu et al. 2015, arXiv:1512.02325, figure 2"),
    ("yolov3", "52 26 13", "Redmon and Farhadi 2018, arXiv:1804.02767, section 2.3"),
    ("retinanet_resnet50_fpn", "100 50 25 13 7", "torchvision, strides 8 to 128"),
    ("fasterrcnn_resnet50_fpn", "200 100 50 25 13", "torchvision, strides 4 to 64"),
]


@pytest.mark.parametrize("name, sizes, source", MAPS)
def test_the_maps_of_detectors(name, sizes, source):
    network = cnncalc.load(name)
    found = {network.typed[output.at].output.size[0] for output in network.outputs}
    assert sorted(found, reverse=True) == [int(each) for each in sizes.split()], source
