"""`cnncalc why`: formulas, origins, and the figures of other tools."""

import json

import pytest
from support import run

import cnncalc
from cnncalc.analyses.conventions.found import counted
from cnncalc.reports.why import formulas

SPEC = """name: net
input: 32x32x3
rounding: floor
CONV: {kernel: 5, bias: false}
pattern: "INPUT -> [CONV-W/2(padding=2)]*N -> one=BLOCK(8) -> FC-10"
N:
  - {W: 16}
  - {W: 4, CONV: {kernel: 3}}
blocks:
  BLOCK(C): CONV-C -> RELU
"""


@pytest.fixture
def spec(tmp_path):
    (tmp_path / "net.yaml").write_text(SPEC)
    return tmp_path


def why(*arguments, **options):
    done = run("why", *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_layer(spec):
    text = why("net.yaml", "conv2", cwd=spec)
    assert "conv2 · CONV3-4/2 p2 · 16x16x16 -> 9x9x4 · step at net.yaml:5:21" in text
    assert "width     (W - F + 2*P)/S + 1 = (16 - 3 + 2*2)/2 + 1 = 9, rounded down" in text
    assert "weight    (F*F*D)*K = (3*3*16)*4 = 576" in text
    assert "MACs      (W2*H2)*(F*F*D)*K = (9*9)*(3*3*16)*4 = 46,656" in text
    assert "memory    values*batch*bytes = 324*1*4 = 1,296 bytes = 1.27 KiB" in text
    assert "field     r + A*(F - 1)*j = 5 + 1*(3 - 1)*2 = 9 pixels" in text
    assert "offset  o - P*j = -2 - 2*2 = -6" in text


@pytest.mark.parametrize(
    "layer, wanted",
    [
        ("conv1", "kernel = 5 | the spec's default of the kind · net.yaml:4:16"),
        ("conv1", "bias = false | the spec's default of the kind · net.yaml:4:25"),
        ("conv1", "filters = 16 | the step, written `W` · net.yaml:5:26"),
        ("conv1", "stride = 2 | the step · net.yaml:5:28"),
        ("conv2", "kernel = 3 | a binding · net.yaml:8:27"),
        ("conv2", "padding = 2 | the step · net.yaml:5:38"),
        ("one/conv1", "filters = 8 | the step, written `C` · net.yaml:10:18"),
        ("one/conv1", "padding = same | the kind's own default"),
        ("one/conv1", "rounding = floor | the spec's `rounding`"),
        ("input", "shape = 32x32x3 | the spec's `input` · net.yaml:2:8"),
    ],
)
def test_origins(spec, layer, wanted):
    text = why("net.yaml", layer, cwd=spec)
    assert wanted in [" | ".join(part.strip() for part in line.split("  ") if part.strip()) for line in text.splitlines()]


def test_what_the_command_line_overrides(spec):
    text = why("net.yaml", "input", "--input", "64x64x3", cwd=spec)
    assert "shape = 64x64x3  the command line, --input" in text
    text = why("net.yaml", "conv1", "--rounding", "ceil", cwd=spec)
    assert "rounding = ceil      the command line, --rounding" in text


def test_layer_json(spec):
    data = json.loads(why("net.yaml", "conv1", "--format", "json", cwd=spec))
    assert data["hyperparameters"][0] == {
        "name": "kernel",
        "value": "5",
        "who": "the spec's default of the kind",
        "where": "net.yaml:4:16",
    }
    assert {"what": "weight", "formula": "(F*F*D)*K", "filled": "(5*5*3)*16", "value": "1,200"} in data["formulas"]


def test_every_formula_of_every_shipped_kind_comes_to_its_value():
    """Python evaluates the filled formulas: they cannot disagree with the figures."""
    for name in ("resnet50", "mobilenet_v3_small", "unet", "googlenet", "c3d", "convnext_tiny"):
        report = cnncalc.analyze(name)
        for row in report.rows:
            for line in formulas(report, row):
                value = line.value.split()[0].replace(",", "")
                if line.filled and value.lstrip("-").isdigit() and "rounded" not in line.value and "/" not in line.filled:
                    assert eval(line.filled) == int(value), (row.name, line)  # noqa: S307  our own arithmetic


# The output of these tools for torchvision's resnet50 at 224x224.
RESNET50 = {
    "MACs": 4_089_184_256,  # torchvision's model table: 4.09 GFLOPS
    "fvcore": 4_111_512_576,  # pycls, model zoo of RegNet: 4.1 B
    "thop 0.0.31": 4_111_514_624,  # printed by thop since 2020, README: 4.11 G
    "thop 0.1": 4_133_742_592,  # printed by thop 0.1.1
    "ptflops 0.6.9": 4_121_925_096,  # github.com/sovrasov/flops-counter.pytorch/issues/76: 4.12
    "PyTorch FlopCounterMode": 8_178_368_512,  # twice the first
    "DeepSpeed": 8_211_108_352,  # calflops: 8.21 G
}


def test_resnet50_as_others_count_it():
    found = {each.counter.name: each.value for each in counted(cnncalc.analyze("resnet50"))}
    assert {name: found[name] for name in RESNET50} == RESNET50


def test_resnet50_goes_by_many_numbers():
    lines = why("resnet50").split("Printed figures")[1].split("Sources:")[0].splitlines()
    figures = {int(line.split()[0].replace(",", "")) for line in lines if line[:1].isdigit()}
    assert len([each for each in figures if 4_089_000_000 <= each <= 8_250_000_000]) >= 16


@pytest.mark.parametrize("name", ["vgg16", "alexnet_owt", "resnet18", "mobilenet_v2", "densenet121", "squeezenet1_1", "swin_t"])
def test_multiply_adds_agree_whoever_counts_them(name):
    report = cnncalc.analyze(name)
    found = {each.counter.name: each.value for each in counted(report)}
    assert found["MACs"] == report.totals.macs
    assert found["PyTorch FlopCounterMode"] == 2 * report.totals.macs
    assert found["MACs"] <= found["fvcore"] <= found["fvcore, training mode"]
    assert found["DeepSpeed"] <= found["DeepSpeed, training mode"]


def test_kinds_that_no_tool_knows_are_named():
    text = why("INPUT[8x8x2] -> LOCAL3-4 -> FC-2")
    assert "Without LOCAL: DeepSpeed; DeepSpeed before 0.19.7; DeepSpeed, training mode; fvcore; " in text
    assert "at least 512 " in text
    assert "torchinfo. No rule for it is known.\n" in text
    data = json.loads(why("INPUT[8x8x2] -> LOCAL3-4 -> FC-2", "--format", "json"))
    left_out = {each["by"]: each["left_out"] for each in data["conventions"]}
    assert (left_out["fvcore"], left_out["MACs"]) == (["local"], [])


def test_sums():
    data = json.loads(why("vgg16", "--format", "json"))
    report = cnncalc.analyze("vgg16")
    for key in ("values", "weights", "biases", "macs"):
        assert sum(each[key] for each in data["kinds"].values()) == getattr(report.totals, key)


def test_unknown_layer():
    done = run("why", "vgg16", "conv33")
    assert done.returncode == 2
    assert "no layer is named `conv33`; did you mean `conv3_3`?" in done.stderr


def test_frozen_layers():
    totals = why("lenet5", "--freeze", "c1")
    assert "trainable + frozen = 61,550 + 156 = 61,706" in totals
    assert json.loads(why("lenet5", "--freeze", "c1", "--format", "json"))["keras"]["non_trainable"] == 156
    assert "  trainable   the layer is frozen = 0\n" in why("lenet5", "c1", "--freeze", "c1")
    assert "trainable" not in why("lenet5", "c3", "--freeze", "c1") + why("lenet5", "c1") + why(
        "lenet5", "tanh1", "--freeze", "tanh1"
    )
    done = run("why", "lenet5", "--freeze", "c11")
    assert done.returncode == 2
    assert "no layer or block is named 'c11'; did you mean `c1`?" in done.stderr
