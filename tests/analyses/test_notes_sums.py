"""The sums and counts of the course notes and slides: copies of the parameters, weight layers, work by size, the three sources."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed, run

import cnncalc
from cnncalc.analyses import stages, weight_layers
from cnncalc.analyses.memory import dominate_from
from cnncalc.request.optimizers import OPTIMIZERS, optimizer_memory

VGG = 138_357_544
# Notes, "Computational Considerations": parameters and their gradients, "and commonly also a step cache if the optimization is
# using momentum, Adagrad, or RMSProp"; Adam has two
COPIES = {"sgd": 2, "momentum": 3, "nesterov": 3, "adagrad": 3, "rmsprop": 3, "lion": 3, "adam": 4, "adamw": 4, "amsgrad": 5}
COPIES["adadelta"] = 4  # the averages of squared gradients and of squared steps; ConvNetJS trains its CIFAR-10 demo with it
COPIES["rmsprop_centered"] = 5  # square average, gradient average, momentum buffer


@pytest.mark.parametrize(("optimizer", "copies"), COPIES.items())
def test_copies_of_the_parameters(optimizer, copies):
    memory = cnncalc.analyze("vgg16", optimizer=optimizer).memory
    assert memory.parameters_training == copies * 4 * VGG
    assert memory.textbook == 2 * memory.forward + copies * 4 * VGG
    assert f"parameters x {copies}" in run("analyze", "vgg16", "--optimizer", optimizer).stdout


def test_states_that_are_no_multiple_of_the_parameters():
    """CONV3-4 over 2 channels: adafactor has 2 + ... row and column sums; 8-bit states of small tensors are two full copies."""
    text = "INPUT[4x4x2] -> CONV3-4"
    params, shapes = 3 * 3 * 2 * 4 + 4, 4 * 2 * (3 + 3) + 4
    assert analyzed(text, optimizer="adafactor").memory.parameters_training == 4 * (2 * params + shapes)
    assert analyzed(text, optimizer="adam8bit").memory.parameters_training == 4 * (2 * params + 2 * params)
    assert {name for name, each in OPTIMIZERS.items() if each.special} == {"adafactor", "adam8bit"}


# the names of the networks, and their papers: He et al. 2015, Table 1; Huang et al. 2016, Table 1; Szegedy et al. 2014, section 5;
# Simonyan and Zisserman 2014, Table 1; Howard et al. 2017, section 3.2 (28, depthwise and pointwise layers apart);
# Ronneberger et al. 2015, section 2 (23); the slides' AlexNet: five CONV and three FC layers
DEPTHS = {
    "vgg_a": 11,
    "vgg_a_lrn": 11,
    "vgg_b": 13,
    "vgg_c": 16,
    "vgg_d": 16,
    "vgg_e": 19,
    "vgg16": 16,
    "vgg16_bn": 16,
    "alexnet": 8,
    "zfnet": 8,
    "lenet5": 5,
    "googlenet": 22,
    "resnet18": 18,
    "resnet34": 34,
    "resnet50": 50,
    "resnet101": 101,
    "resnet152": 152,
    "resnet164_preact": 164,
    "resnet1001_preact": 1001,
    "se_resnet50": 50,
    "densenet121": 121,
    "densenet161": 161,
    "densenet169": 169,
    "densenet201": 201,
    "mobilenet_v1": 28,
    "unet": 23,
}


@pytest.mark.parametrize(("name", "layers"), DEPTHS.items())
def test_weight_layers_are_those_of_the_name(name, layers):
    assert cnncalc.analyze(name).to_dict()["totals"]["weight_layers"] == layers


@pytest.mark.parametrize(
    ("text", "deepest", "everywhere"),
    [
        ("INPUT[8x8x3] -> RELU -> POOL", 0, 0),
        ("INPUT[8x8x3] -> BN -> PRELU -> LN -> LAYERSCALE", 0, 0),  # weights, but no products with them
        ("INPUT[8x8x3] -> CONV3-4 -> DWCONV3 -> CONV1-8 -> DECONV2-4/2 -> FC-10", 5, 5),
        ("INPUT[8x8x3] -> LOCAL3-4 -> FC-10", 2, 2),
        ("INPUT[8x8x3] -> { CONV3-4 -> CONV3-4 | CONV1-4 } -> ADD", 2, 3),
        ("INPUT[8x8x4] -> { | GAP -> CONV1-2 -> CONV1-4 -> SIGMOID } -> MUL -> CONV3-4", 1, 3),  # a gate scales, it is no path
        ("INPUT[8x8x4] -> a=CONV3-4 -> CONV(share=a)", 2, 2),
        ("INPUT[8x8x4] -> CONV3-4(learned=false)", 0, 0),
    ],
)
def test_weight_layers_of_small_networks(text, deepest, everywhere):
    found = analyzed(text).of(weight_layers.analyse)
    assert (found.deepest, found.all) == (deepest, everywhere)


def test_weight_layers_as_an_expectation_and_in_comparisons(tmp_path):
    (tmp_path / "net.yaml").write_text("base: vgg16\nexpect: {weight_layers: 15}\n")
    found = run("validate", str(tmp_path / "net.yaml"))
    assert found.returncode == 1
    assert "weight_layers is 16, not 15" in found.stdout + found.stderr
    row = next(line for line in run("compare", "vgg_a", "vgg_e").stdout.splitlines() if line.startswith("weight_layers"))
    assert row.split() == ["weight_layers", "11", "19", "x1.73"]
    assert "depth       50 weight layers on the longest path, 54 in all" in run("analyze", "resnet50").stdout


def test_work_by_size_of_vgg():
    """The notes say that most compute time is in the early CONV layers: stages 1 and 2 have 30.5 % of VGG-16's work."""
    report = cnncalc.analyze("vgg16")
    found = {stage.text: stage.macs for stage in report.of(stages.analyse)}
    conv1, conv2 = 224 * 224 * 9 * 64 * (3 + 64), 112 * 112 * 9 * 128 * (64 + 128)
    assert (found["224x224"], found["112x112"]) == (conv1, conv2)
    assert round(100 * (conv1 + conv2) / report.totals.macs, 1) == 30.5
    said = (
        "Work by output size: 12.5 % at 224x224, 17.9 % at 112x112, 29.9 % at 56x56, 29.9 % at 28x28, 9.0 % at 14x14, 0.8 % at 1x1."
    )
    assert said in run("analyze", "vgg16").stdout


@pytest.mark.parametrize("name", ["resnet50", "unet", "yolov3", "vit_b_16", "m5", "c3d"])
def test_stages_hold_every_layer_once(name):
    report = cnncalc.analyze(name)
    found = report.of(stages.analyse)
    assert sorted(at for stage in found for at in stage.layers) == list(range(len(report.rows)))
    for key in ("values", "params", "macs"):
        assert sum(getattr(stage, key) for stage in found) == getattr(report.totals, key)
    assert all(prod(report.rows[at].output.size) == prod(stage.size) for stage in found for at in stage.layers)


@given(batch=st.integers(1, 200), optimizer=st.sampled_from(["sgd", "momentum", "adam"]))
def test_the_batch_from_which_volumes_dominate(batch, optimizer):
    """Notes: most of the memory is usually that of the activations. By definition: it holds there, and not at one image less."""
    memory = analyzed("INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> FC-64", batch=batch, optimizer=optimizer).memory
    first, each = dominate_from(memory, batch), memory.with_gradients // batch
    assert first * each > memory.parameters_training >= (first - 1) * each


def test_volumes_dominate_vgg_from_batch_14_on():
    """2 * 15,237,608 * 4 bytes an image are 116.25 MiB; 3 * 138,357,544 * 4 bytes are 1,583.4 MiB."""
    assert cnncalc.analyze("vgg16").to_dict()["memory"]["training"]["volumes_dominate_from"] == 14
    for batch in (13, 14):
        memory = cnncalc.analyze("vgg16", batch=batch).memory
        assert (memory.with_gradients > memory.parameters_training) == (batch == 14)
    assert (
        "mostly parameters at batch 13, and mostly volumes and gradients from batch 14 on."
        in run("analyze", "vgg16", "--batch", "13").stdout
    )
    assert "mostly volumes and gradients, from batch 14 on." in run("analyze", "vgg16", "--batch", "14").stdout


def test_volumes_and_gradients_are_one_sum_everywhere():
    """Three volumes and the image with their gradients, 74.6 MiB; the notes' 72MB leave out the image: 73.5 MiB."""
    text = "INPUT[224x224x3] -> [CONV3-64]*3"
    volumes = 3 * 224 * 224 * 64
    report = analyzed(text)
    assert report.memory.with_gradients == 2 * 4 * (volumes + 224 * 224 * 3) == 78_274_560
    assert "74.6 MiB volumes and gradients" in run("analyze", text).stdout
    why = run("why", text).stdout
    assert "= 78,274,560 bytes = 74.6 MiB, volumes and gradients" in why
    assert f"= {2 * 4 * volumes:,} bytes = 73.5 MiB, without the image and its gradient" in why


def test_the_three_sources_in_one_sum():
    """Notes: volumes, parameters, and the rest, such as image batches and their augmented versions."""
    report = cnncalc.analyze("vgg16", batch=32, augmented=4)
    image = 4 * 224 * 224 * 3
    in_all = 32 * 2 * 4 * 15_237_608 + 3 * 4 * VGG + 4 * 32 * image
    assert report.to_dict()["memory"]["training"]["in_all"] == in_all
    assert (
        "73.5 MiB for 4 augmented copies of the batch · 5.25 GiB in all, with the notes' sum"
        in run("analyze", "vgg16", "--batch", "32", "--augmented", "4").stdout
    )
    assert cnncalc.analyze("vgg16").to_dict()["memory"]["training"]["in_all"] == cnncalc.analyze("vgg16").memory.textbook


def test_adadelta_as_measured():
    """PyTorch 2.14, ten tensors of 1,000 numbers, foreach: two numbers and a 4-byte counter kept, two copies in the step."""
    found = optimizer_memory(OPTIMIZERS["adadelta"], [(1000,)] * 10, 4)
    assert (found.state, found.transient) == (80_040, 80_000)
