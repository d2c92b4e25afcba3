"""`overwrite=true` without effect: a warning, with what still needs the input, and the figures of a volume of its own."""

import pytest
from support import analyzed

NOTHING = [
    "INPUT[8x8x3] -> CONV3-4 -> RELU(overwrite=true) -> GAP -> FC-2",
    "INPUT[8x8x3] -> CONV3-4 -> BN -> LEAKYRELU(overwrite=true) -> GAP -> FC-2",
    "INPUT[8x8x3] -> CONV3-4 -> RELU(overwrite=true) -> POOL2 -> RELU6(overwrite=true) -> GAP -> FC-2",
    "INPUT[8x8x3] -> SIGMOID -> RELU(overwrite=true) -> GAP -> FC-2",  # nothing before it has a backward pass
    "INPUT[8x8x3] -> { RELU | } -> ADD -> CONV3-4",  # the default, which nobody wrote
    "INPUT[8x8x3] -> CONV3-4 -> SIGMOID -> RELU(overwrite=false) -> GAP -> FC-2",
]
WARNED = [
    ("INPUT[8x8x3] -> RELU(overwrite=true) -> CONV3-4", "relu cannot overwrite its input: input is the caller's image"),
    (
        "INPUT[8x8x3] -> CONV3-4 -> SIGMOID -> RELU(overwrite=true) -> GAP -> FC-2",
        "relu1 cannot overwrite its input: the backward pass of sigmoid1 still reads sigmoid1",
    ),
    (
        "INPUT[8x8x3] -> CONV3-4 -> BN -> { RELU(overwrite=true) | } -> ADD -> GAP -> FC-2",
        "relu1 cannot overwrite its input: add1 also reads bn1",
    ),
    (
        "INPUT[8x8x3] -> CONV3-4 -> BN -> { RELU(overwrite=true) -> CONV3-4 | CONV1-4 } -> ADD -> GAP -> FC-2",
        "relu1 cannot overwrite its input: conv3 also reads bn1",
    ),
    (
        "INPUT[8x8x3] -> CONV3-4 -> BN -> { OUTPUT | } -> RELU(overwrite=true) -> GAP -> FC-2",
        "relu1 cannot overwrite its input: bn1 is a result of the network",
    ),
    (
        "INPUT[8x8x3] -> CONV3-4 -> { CONV1-4 | RELU(overwrite=true) } -> ADD -> GAP -> FC-2",
        "relu1 cannot overwrite its input: the backward pass of conv2 still reads conv1",
    ),
    (
        "INPUT[8x8x3] -> CONV3-4 -> RELU(overwrite=true) -> RELU6(overwrite=true) -> GAP -> FC-2",
        "relu61 cannot overwrite its input: the backward pass of relu1 still reads relu1",
    ),
    (
        "INPUT[8x8x3] -> CONV3-4 -> [GELU -> ELU(overwrite=true) -> TANH -> CELU(overwrite=true)]*1 -> GAP -> FC-2",
        "celu1 cannot overwrite its input: the backward pass of tanh1 still reads tanh1",
    ),
    (
        "INPUT[8x8x3] -> CONV3-4 -> [TANH -> CELU(overwrite=true)]*3 -> GAP -> FC-2",
        "celu1 cannot overwrite its input: the backward pass of tanh1 still reads tanh1; the same holds for 2 other layers of this step",
    ),
]


def warnings(text, **options):
    return [each for each in analyzed(text, **options).diagnostics if each.code.number == "CNN502"]


@pytest.mark.parametrize("text", NOTHING)
def test_an_input_that_is_overwritten(text):
    assert warnings(text) == []


@pytest.mark.parametrize("text, message", WARNED)
def test_an_input_that_something_needs(text, message):
    (found,) = warnings(text)
    assert found.message == message
    assert (found.severity, found.label, found.hints) == ("warning", "no effect", ("remove `overwrite=true`",))


def test_it_has_no_effect():
    text = "INPUT[8x8x3] -> CONV3-4 -> SIGMOID -> RELU(overwrite={}) -> GAP -> FC-2"
    assert analyzed(text.format("true")).training_peak == analyzed(text.format("false")).training_peak


def test_what_is_frozen_has_no_backward_pass():
    text = "INPUT[8x8x3] -> CONV3-4 -> SIGMOID -> RELU(overwrite=true) -> GAP -> FC-2"
    assert len(warnings(text)) == 1
    assert warnings(text, freeze=["conv1"]) == []
