"""Short inputs from hostile trials: each ends in a diagnostic, not in an internal error."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import codes, diagnostics

from cnncalc.maths.window import Axis, floor_positions
from cnncalc.transforms.conv_to_fc import _places, pairs, taps

SIDES = "`1:2:3` has 3 numbers for one axis, which has two sides"

CASES = [
    ("PAD(1:2:3)", ("CNN101", SIDES)),
    ("CROP(1:2:3)", ("CNN101", SIDES)),
    ("CONV3-4(padding=1:2:3)", ("CNN101", SIDES)),
    ("CONV3-4(share=1:2:3)", ("CNN101", "expected the name of a step, found `1:2:3`")),
    ("PAD(1:2x3:4:5)", ("CNN101", "`3:4:5` has 3 numbers for one axis, which has two sides")),
    ("PAD(1:2:3:4)", ("CNN101", "`1:2:3:4` has 4 numbers for one axis, which has two sides")),
    ("BN(eps=-1)", ("CNN108", "BN eps must be at least 0, not -1")),
    ("LN(eps=-1)", ("CNN108", "LN eps must be at least 0, not -1")),
    ("DIVN(3, sigma=-0.5)", ("CNN108", "DIVN sigma must be at least 0, not -0.5")),
    ("DROPOUT(1e400)", ("CNN108", "DROPOUT rate must be at least 0 and below 1, not inf")),
    *((f"{kind}(from=a*)", ("CNN110", "no step is named `a` so far")) for kind in ("CONV3-4", "DWCONV3", "POOL2", "RELU", "GAP")),
    ("RESHAPE(2x2x16, from=a*)", ("CNN110", "no step is named `a` so far")),
    ("RELU(share=3)", ("CNN101", "expected the name of a step, found `3`")),
    ("RELU(share=1x2)", ("CNN101", "expected the name of a step, found `1x2`")),
    ("RELU(share=(1+2))", ("CNN101", "expected the name of a step, found `(`")),
]


@pytest.mark.parametrize("step, said", CASES)
def test_a_step_that_is_wrong(step, said):
    assert [(each.code.number, each.message) for each in diagnostics(f"INPUT[4x4x4] -> TANH -> {step}")] == [said]


@pytest.mark.parametrize("layer", ["relu: {share: a*}", "output: {from: a*}", "relu: {from: a*}", "add: {from: a*}"])
def test_a_star_without_steps_in_layers(layer):
    assert set(codes(f"input: 4x4x4\nlayers:\n  - tanh\n  - {layer}\n")) <= {"CNN110", "CNN207"}
    assert codes(f"input: 4x4x4\nlayers:\n  - tanh\n  - {layer}\n")


def test_a_named_output_and_two_mistakes():
    text = "INPUT[8x8x3] -> CONV3 -> { | GAP -> FC-10 -> OUTPUT(aux) } -> CONV3-4 -> CONV3-4(from=a)"
    assert codes(text) == ["CNN108", "CNN110"]
    assert codes("input: 7x7x3\nlayers:\n  -\n  - output: x\n  -\n  - slice: {t: l, from: z}\n")[-2:] == ["CNN107", "CNN110"]


LARGE = [
    ("INPUT[1000000000x1000000000x3] -> CONV3-8 -> POOL2", "pool1"),
    ("INPUT[10000000000x3] -> CONV3-8", "conv1"),
    ("INPUT[10000000000x3] -> CONV3-8 -> GAP -> FC-3", "fc2"),
    ("INPUT[3x3x1] -> UPSAMPLE999999(mode=bilinear) -> GAP", "gap"),
    ("INPUT[16385x16384x3] -> CONV3-8", "conv1"),
]


@pytest.mark.parametrize("spec, layer", LARGE)
def test_pixels_of_an_image_that_is_too_large(spec, layer, cli):
    started = time.process_time()
    status, out, err = cli("rf", spec, layer)
    assert (status, out) == (2, "")
    assert err.startswith("error[CNN425]: ")
    assert cli("rf", spec)[0] == 0
    assert time.process_time() - started < 5


def test_the_matrix_of_a_huge_kernel(cli):
    started = time.process_time()
    for kernel in (10**7, 10**18 - 1):
        status, _, err = cli("convert", f"INPUT[7x7x3] -> CONV{kernel}-3", "--conv-to-fc", "conv1")
        assert status == 0
        assert "its matrix is 147 x 147 = 21,609 numbers: 21,609 from" in err
    assert time.process_time() - started < 5


@given(*(st.integers(1, most) for most in (9, 9, 6, 6)), st.integers(0, 7), st.integers(0, 7))
def test_law_cells_over_pixels(size, kernel, stride, dilation, before, after):
    """Both ways of counting agree with the cells one by one."""
    axis = Axis(kernel, stride, dilation, before, after)
    places = floor_positions(axis, size)
    cells = [
        (at, cell) for at in range(max(places, 0)) for cell in range(kernel) if 0 <= at * stride - before + dilation * cell < size
    ]
    assert pairs(axis, size, max(places, 0)) == len(cells)
    assert sum(_places(axis, pixel, places) for pixel in range(size)) == len(cells)
    for at in range(max(places, 0)):
        assert [cell for cell, _ in taps(axis, size, at)] == [cell for place, cell in cells if place == at]


def test_the_limit_of_layers_that_fit_compares(cli):
    started = time.process_time()
    status, out, err = cli("fit", "INPUT[8x8x3] -> RELU*20000", "--memory", "1GiB")
    assert (status, out) == (2, "")
    assert err.startswith("error[CNN427]: the network has 20,001 layers, and fit walks through at most 20,000\n")
    assert time.process_time() - started < 10
