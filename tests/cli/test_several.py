"""Every command on a network of several inputs."""

import json

import pytest
from support import run

TEXT = "{ left=INPUT[16x16x3] -> CONV3-4 -> POOL2 | right=INPUT[8x8x1] -> CONV5-4 } -> ADD -> CONV3-4 -> GAP -> FC-10"
SIZES = [{"name": "left", "size": [16, 16, 3]}, {"name": "right", "size": [8, 8, 1]}]


def told(*arguments):
    result = run(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def data(*arguments):
    return json.loads(told(*arguments, "--format", "json"))


@pytest.mark.parametrize(
    "arguments",
    [("analyze", TEXT), ("rf", TEXT), ("rf", TEXT, "conv2"), ("why", TEXT), ("fit", TEXT, "--device", "1GiB")],
    ids=" ".join,
)
def test_the_json_names_every_input(arguments):
    found = data(*arguments)
    assert found["inputs"] == SIZES
    assert "input" not in found


def test_one_input_stays_as_it_was():
    assert data("analyze", "INPUT[8x8x1] -> FC-1")["input"] == [8, 8, 1]
    assert "relative_to" not in data("analyze", "INPUT[8x8x1] -> FC-1")["layers"][1]["receptive_field"]


def test_the_heading_shows_every_input():
    assert " · inputs left 16x16x3, right 8x8x1 · batch 1 · float32\n" in told("analyze", TEXT)
    assert " · inputs left 32x32x3, right 16x16x1 · " in told(
        "analyze", TEXT, "--input", "left=32x32x3", "--input", "right=16x16x1"
    )


def test_fields_in_each_input():
    layers = data("rf", TEXT)["layers"]
    sizes = {layer["name"]: [field and field["size"][0] for field in layer["receptive_fields"].values()] for layer in layers}
    assert sizes == {
        "left": [1, None],
        "conv1": [3, None],
        "pool1": [4, None],
        "right": [None, 1],
        "conv2": [None, 5],
        "add1": [4, 5],
        "conv3": [8, 7],
        "gap1": [16, 8],
        "fc1": [16, 8],
    }
    assert [layer["receptive_field"] for layer in layers] == [layer["receptive_fields"]["left"] for layer in layers]


def test_the_pixels_of_the_input_that_is_asked_for():
    assert data("rf", TEXT, "conv3", "--of", "left")["pixels"] == 64
    assert data("rf", TEXT, "conv3", "--of", "right")["pixels"] == 49
    assert data("rf", TEXT, "conv2")["relative_to"] == "right"
    assert told("rf", TEXT, "conv2", "--of", "left").endswith("It is independent of left.\n")
    result = run("rf", TEXT, "--of", "lft")
    assert result.returncode == 2
    assert "--of: no input is named `lft`; did you mean `left`?" in result.stderr


def test_compare():
    found = data("compare", TEXT, "INPUT[8x8x1] -> FC-1")["specs"]
    assert (found[0]["inputs"], found[1]["input"]) == (SIZES, [8, 8, 1])
    assert "left 16x16x3, right 8x8x1 -> 1x1x10" in told("compare", TEXT, TEXT)


def test_verify():
    assert "random images and weights" in told("verify", TEXT)
    result = run("verify", TEXT, "--sliding")
    assert result.returncode == 2
    assert "the network does not slide: it has 2 inputs (left and right), and crops are made of one image" in result.stderr


def test_convert():
    text = told("convert", TEXT, "--to", "layers", "--input", "left=32x32x3", "--input", "right=16x16x1")
    assert "- input: {name: right, shape: 16x16x1}" in text
    assert "right=INPUT[16x16x1]" in told("convert", TEXT, "--fc-to-conv", "--input", "right=16x16x1", "--input", "left=32x32x3")
    result = run("convert", TEXT, "--fc-to-conv", "--input", "32x32x3")
    assert result.returncode == 2
    assert "--input gives one size, and the network has 2 inputs: left and right" in result.stderr


def test_why_says_who_sized_an_input():
    assert "shape = 16x16x3  the step" in told("why", TEXT, "left")
    assert "shape = 8x8x1  the command line, --input" in told("why", TEXT, "right", "--input", "right=8x8x1")
    assert "field in right  r + A*(F - 1)*j = 1 + 1*(5 - 1)*1 = 5 pixels" in told("why", TEXT, "conv2")


def test_lint_names_the_input():
    text = (
        "{ left=INPUT[16x16x3] -> CONV3-4 -> POOL2 | right=INPUT[9x9x1] -> POOL2(rounding=floor) -> CONV1-4 -> UPSAMPLE2 } -> ADD"
    )
    assert "the input right: width and height 9 is not a multiple of 2" in run("lint", text).stdout
