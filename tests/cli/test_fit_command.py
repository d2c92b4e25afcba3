"""`cnncalc fit`, and the memory lines of `analyze`."""

import json

import pytest


def test_the_text(cli):
    status, out, err = cli("fit", "vgg16", "--memory", "12GiB")
    assert status == 0
    assert "using the shipped spec vgg16" in err
    assert "taken as powers" not in err
    lines = out.splitlines()
    assert lines[0] == "VGG-16 · input 224x224x3 · float32 · 12 GiB: 12,884,901,888 bytes"
    usual = next(line for line in lines if line.startswith("training with momentum"))
    assert usual.split("  ")[0] == "training with momentum, nesterov, adagrad, rmsprop, lion"
    assert "relu4_3, backward" in usual
    assert any(line.startswith("first layer 7x7 stride 2") for line in lines)
    assert "one image more does not fit." in out


def test_the_json(cli):
    _, out, _ = cli("fit", "vgg16", "--memory", "12GiB", "--batch", "64", "--format", "json")
    data = json.loads(out)
    assert (data["memory"], data["batch"], data["optimizer"]) == (12 * 2**30, 64, "momentum")
    ways = {way["way"]: way for way in data["ways"]}
    usual = ways["training with momentum"]
    assert usual["fits"] is True
    assert usual["bytes"] <= data["memory"] < usual["one_more"]
    assert usual["limited_by"] == {"layer": "relu4_3", "phase": "backward"}
    assert {way["group"] for way in data["ways"]} == {"inference", "training", "change"}


def test_a_batch_that_is_too_large(cli):
    _, out, _ = cli("fit", "vgg16", "--memory", "12GiB", "--batch", "256")
    assert (
        "A batch of 256 does not fit training with momentum: 7.08 GiB are missing, and volumes kept for backward take most." in out
    )
    assert "Smaller batches do: 2 of at most 147 images, their gradients added up, make the same step" in out


def test_a_batch_that_fits(cli):
    _, out, _ = cli("fit", "resnet50", "--device", "rtx 4090", "--batch", "64")
    assert "A batch of 64 fits training with momentum: " in out


def test_the_batch_of_the_comparison_is_explained(cli):
    largest = "Batch 152: the largest that fits training with momentum, for a comparison; --batch N compares at another one."
    assert largest in cli("fit", "vgg16", "--memory", "12GiB")[1]
    assert "compares at another one" not in cli("fit", "vgg16", "--memory", "12GiB", "--batch", "152")[1]


def test_not_even_at_batch_1(cli):
    status, out, _ = cli("fit", "vgg16", "--memory", "1GiB")
    assert status == 0
    assert "Batch 1: training with momentum does not fit; --batch N compares at another one." in out
    assert "batch 1 is 619 MiB too large, mostly parameters" in out


def test_mb_and_mib_are_told_apart(cli):
    _, out, err = cli("fit", "lenet5", "--memory", "12MB")
    assert "12 MB was read as powers of 1000, 12,000,000 bytes; write MiB for powers of 1024" in err
    assert "12 MB: 12,000,000 bytes" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "vgg16"], "give the available memory: either --memory 12GiB or --device NAME"),
        (["fit", "vgg16", "--memory", "12GiB", "--device", "H100"], "either --memory 12GiB or --device NAME"),
        (["fit", "vgg16", "--memory", "12"], "a size needs a unit, '12' has none; write 12GiB, or 12B for bytes"),
        (["fit", "vgg16", "--device", "RTX 4091"], "no device is called 'RTX 4091'; did you mean `RTX 4090`?"),
        (["fit", "vgg16", "--memory", "12GiB", "--batch", "0"], "'--batch'"),
        (["fit", "vgg16", "--memory", "12GiB", "--batch", "1.5"], "'1.5' is not a valid integer"),
        (["fit", "vgg16", "--memory", "12GiB", "--freeze", "conv9"], "freeze: no layer or block is named 'conv9'"),
        (["fit", "vgg16", "--memory", "12GiB", "--optimizer", "adm"], "not 'adm'; did you mean `adam`?"),
        (["analyze", "vgg16", "--batch", "0"], "batch is an integer from 1 to 10^18, not 0"),
        (["analyze", "vgg16", "--batch", "2.5"], "'2.5' is not a valid"),
        (["analyze", "vgg16", "--device", "12"], "a size needs a unit"),
        (["analyze", "vgg16", "--freeze", "conv9"], "freeze: no layer or block is named 'conv9'"),
        (["analyze", "vgg16", "--checkpoint", "rot"], "checkpoint is auto, root or a number of segments, not 'rot'"),
        (["analyze", "vgg16", "--schedule", "bst"], "schedule is one of spec, best, not 'bst'; did you mean `best`?"),
        (["analyze", "vgg16", "--augmented", "-1"], "augmented is a number of copies from 0 to 10^18, not -1"),
    ],
)
def test_bad_input(cli, arguments, message):
    status, out, err = cli(*arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_analyze_says_what_memory_is_needed(cli):
    _, out, _ = cli("analyze", "vgg16")
    assert "inference   553 MiB at its peak, conv1_2 = 528 MiB parameters + 25.1 MiB volumes" in out
    assert "training    1.60 GiB at its peak with momentum, relu3_3 (backward) · 69.2 MiB kept for backward" in out
    assert "textbook    1.66 GiB for training by the notes' sum = 116 MiB volumes and gradients + 1.55 GiB parameters x 3" in out
    assert "im2col      110 MiB for one image of conv1_2" in out


def test_analyze_with_everything(cli):
    status, out, err = cli(
        "analyze", "resnet50", "--batch", "32", "--optimizer", "adam", "--checkpoint", "auto", "--schedule", "best", "--augmented", "2",
        "--device", "4GB", "--timeline",
    )  # fmt: skip
    assert status == 0
    assert "4 GB was read as powers of 1000" in err
    for what in ("again", "augmented", "device", "allocator", "framework"):
        assert f"\n{what} " in out
    assert "parameters x 4" in out
    assert "Memory over a training step with adam, a batch of 32" in out
