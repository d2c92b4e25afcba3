"""Figures that the course notes have in words: overlapping pooling, 49C² and 27C², non-linearities in between."""

import pytest
from support import run

import cnncalc

SEVEN, STACK = "INPUT[32x32x{0}] -> CONV7-{0}(bias=false) -> RELU", "INPUT[32x32x{0}] -> [CONV3-{0}(bias=false) -> RELU]*3"


@pytest.mark.parametrize("depth", [2, 10, 64])
def test_weights_in_channels(depth):
    """Notes, "Layer Patterns": one 7x7 layer has C*(7*7*C) = 49C² weights, three 3x3 layers have 3*(C*(3*3*C)) = 27C²."""
    for text, times in ((SEVEN, 49), (STACK, 27)):
        said = f"{times}*C*C = {times}*{depth}*{depth} = {times * depth**2:,}, where every volume has C = {depth} channels"
        assert said in run("why", text.format(depth)).stdout
    assert "C*C" not in run("why", f"INPUT[32x32x3] -> CONV3-{depth}").stdout


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (SEVEN.format(4), 1),
        (STACK.format(4), 3),
        ("INPUT[8x8x4] -> NEG -> SCALE(2) -> AFFINE -> DROPOUT -> IDENTITY -> STOCHDEPTH(0.1) -> LAYERSCALE", 0),
        ("INPUT[8x8x4] -> SIGMOID -> TANH -> PRELU -> ABS -> CLIP(0, 6)", 5),
        ("INPUT[8x8x4] -> { RELU | } -> ADD -> POOL2 -> BN", 1),
    ],
)
def test_nonlinearities(text, number):
    assert cnncalc.analyze(text).to_dict()["totals"]["nonlinearities"] == number


def test_overlapping_pooling():
    """Notes, "Pooling Layer": F = 3, S = 2 is called overlapping pooling; F = 2, S = 2 does not overlap."""
    said = "overlaps    F - S = 3 - 2 = 1 pixel of neighbouring windows: overlapping pooling"
    assert said in run("pool", "55x55x96", "-f", "3", "-s", "2").stdout
    assert "overlaps" not in run("pool", "224x224x64", "-f", "2", "-s", "2").stdout
    assert "overlaps" not in run("conv", "224x224x64", "-k", "1", "-f", "3").stdout
    assert "3 - 1 = 2 pixels, 3 - 2 = 1 pixel of" in run("pool", "9x9x1", "-f", "3", "-s", "1x2").stdout
