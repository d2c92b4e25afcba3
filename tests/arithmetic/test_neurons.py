"""What a layer states of one output number, held against its forward pass: every kind, every option, random layers, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import layer, volume
from windowed_layers import layers, staged

from cnncalc.arithmetic.window import order, place_at, places, window
from cnncalc.layers import kinds
from cnncalc.layers.base import Misfit
from cnncalc.maths.volume import Volume

WINDOWED = {"CONV", "DWCONV", "LOCAL", "DECONV", "FC", "POOL", "AVGPOOL", "L2POOL", "GAP", "GMP", "LRN"}
NAMES = sorted(kinds.names() - kinds.SYNONYMS.keys() - {"INPUT"})


def check(stage, *, exactly=True):
    """Hold the value of every neuron against the forward pass."""
    count = 0
    for place in places(stage.output):
        found = window(stage, place)
        if exactly:
            assert found.value == stage.v[place] or (np.isnan(found.value) and np.isnan(stage.v[place])), place
        else:
            np.testing.assert_allclose(found.value, stage.v[place], rtol=1e-12, atol=1e-12)
        count += 1
    assert count == stage.output.values


@pytest.mark.parametrize("name", NAMES)
def test_the_kinds_that_state_it(name):
    """Kinds with a window have it; the others are computed at their own place, or state nothing."""
    for example in kinds.find(name).examples:
        sizes = tuple(map(volume, example.inputs.split()))
        stated = layer(example.label).neuron(sizes, (0,) * len(volume(example.output).sides))
        assert (stated is not None) == (name in WINDOWED)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("CONV3-2", "5x4x3"),
        ("CONV3-2/2(padding=1)", "5x5x3"),
        ("CONV3-4(groups=2, padding=1:0x0:1)", "4x5x4"),
        ("CONV3x2-2(mode=convolution)", "5x4x2"),
        ("CONV2-2(dilation=2, mode=convolution)", "5x4x2"),
        ("CONV3-2(padding=same_upper, rounding=ceil)", "4x4x1"),
        ("CONV(kernel=2x2x3, filters=2)", "3x3x4x2"),
        ("CONV3-2(bias=false)", "7x2"),
        ("DWCONV3(multiplier=2, mode=convolution)", "4x4x2"),
        ("LOCAL2-2(groups=2, padding=0)", "3x4x4"),
        ("DECONV3-2/2(padding=1, output_padding=1)", "3x2x2"),
        ("DECONV3-4/3(groups=2, dilation=2)", "2x3x4"),
        ("DECONV2-1/3", "3x2"),
        ("DECONV(kernel=2x3x1, filters=2, stride=2x1x2)", "2x2x2x1"),
        ("FC-3", "2x3x2"),
        ("FC-3", "5x2"),
        ("POOL3/2(padding=1)", "5x5x2"),
        ("POOL2(rounding=ceil)", "5x3x1"),
        ("POOL(out=2x3)", "5x5x2"),
        ("POOL2/1(dilation=2)", "5x2"),
        ("GMP", "3x3x2"),
    ],
)
def test_a_neuron_is_what_the_forward_pass_computes(text, size):
    check(staged(layer(text), volume(size)))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("CONV3-2(standardize=true, gain=true)", "4x4x2"),
        ("AVGPOOL3/2(padding=1)", "5x5x2"),
        ("AVGPOOL3/2(padding=1, count_padding=false)", "5x5x2"),
        ("AVGPOOL2(rounding=ceil)", "5x3x1"),
        ("AVGPOOL(out=2)", "5x2"),
        ("L2POOL3/2(padding=1)", "7x3x1"),
        ("GAP", "3x3x2"),
        ("LRN", "2x2x8"),
        ("LRN(4, alpha=2, beta=0.5, k=1)", "2x1x6"),
        ("LRN(3, mode=within)", "4x4x2"),
    ],
)
def test_a_neuron_is_the_forward_pass_but_for_rounding(text, size):
    check(staged(layer(text), volume(size)), exactly=False)


@given(layers(), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_every_neuron_of_random_layers(case, seed):
    made, size = case
    try:
        stage = staged(made, size, seed)
    except Misfit:
        return
    check(stage, exactly=made.kind not in {"avgpool", "l2pool"})


def test_nan_is_the_largest_number_and_spoils_a_sum():
    made, size = layer("POOL2"), volume("4x2x1")
    stage = staged(made, size)
    x = stage.x.copy()
    x[1, 1, 0] = np.nan
    found = window(stage._replace(x=x), (0, 0, 0))
    assert np.isnan(found.value)
    assert found.peak == (1, 1, 0)
    stage = staged(layer("CONV2-1(padding=0)"), size)
    assert np.isnan(window(stage._replace(x=x), (0, 0, 0)).value)


def test_the_switch_is_the_first_of_equal_numbers_row_by_row():
    stage = staged(layer("POOL2"), volume("2x2x1"))
    x = np.array([[[1.0], [5.0]], [[5.0], [5.0]]])  # x = 0: 1 above 5; x = 1: 5 above 5
    assert window(stage._replace(x=x), (0, 0, 0)).peak == (1, 0, 0)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 3))
def test_places_are_in_the_order_of_their_numbers(size, depth):
    output = Volume(tuple(size), depth)
    found = list(places(output))
    assert [order(output, place) for place in found] == list(range(output.values))
    assert [place_at(output, at) for at in range(output.values)] == found
    if len(size) > 1 and size[0] > 1:
        assert found[1][:2] == (1, 0)  # to the right first, as in the demo of the notes
