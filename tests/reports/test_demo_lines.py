"""The expressions of the demo, evaluated: the NumPy line and the terms written out have the value that they state."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from support import layer, volume
from windowed_layers import layers, staged

from cnncalc.arithmetic.window import padded_input, place_at, whole_kernel, window
from cnncalc.layers.base import Misfit
from cnncalc.reports import demo_lines


class Own:
    """Arrays of neurons with weights of their own, by place: `W[1,0,0]`."""

    def __init__(self, array):
        self.array = array

    def __getitem__(self, place):
        return self.array(place)


def names(stage, found):
    """Return what the names of an expression mean."""
    neuron = found.neuron
    scope = {"np": np, "X": padded_input(stage), "x": padded_input(stage)[:, 0] if stage.x.ndim == 2 else None}
    if neuron.taps:
        k = found.place[-1]
        scope |= {f"W{k}": whole_kernel(stage, neuron), "w": whole_kernel(stage, neuron)[:, 0] if stage.x.ndim == 2 else None}
        scope |= {f"b{k}": found.bias, "W": Own(lambda _: whole_kernel(stage, neuron)), "b": Own(lambda _: found.bias)}
    return scope


def evaluated(stage, found):
    sides = tuple(whole_kernel(stage, found.neuron).shape) if found.neuron.taps else ()
    text = demo_lines.expression(stage, found, sides)
    return text, eval(text, names(stage, found))  # noqa: S307  our own text


@given(layers())
@settings(max_examples=150, deadline=None)
def test_the_numpy_line_has_the_value_of_the_neuron(case):
    made, size = case
    try:
        stage = staged(made, size)
    except Misfit:
        return
    for at in range(0, stage.output.values, max(1, stage.output.values // 20)):
        found = window(stage, place_at(stage.output, at))
        if made.kind in {"pool", "avgpool", "l2pool"} and not found.real.any():
            continue  # a window that sees no pixel
        if overhangs(stage, found):
            continue
        text, value = evaluated(stage, found)
        np.testing.assert_allclose(value, found.value, rtol=1e-12, err_msg=text)


def overhangs(stage, found):
    """Return whether a window reaches beyond the padding, as the last one of a pool that rounds up: X then has no such numbers."""
    return any(
        places and (places[-1] >= side + after)
        for places, side, (_, after) in zip(found.neuron.places, stage.x.shape, found.neuron.padding, strict=False)
    )


@pytest.mark.parametrize(
    ("text", "size", "place", "wanted"),
    [
        # the course notes, "Numpy examples": X is 11x11x4, F = 5, S = 2, P = 0
        ("CONV5-2/2(padding=0)", "11x11x4", (0, 0, 0), "np.sum(X[0:5,0:5,:]*W0) + b0"),
        ("CONV5-2/2(padding=0)", "11x11x4", (1, 0, 0), "np.sum(X[2:7,0:5,:]*W0) + b0"),
        ("CONV5-2/2(padding=0)", "11x11x4", (3, 0, 0), "np.sum(X[6:11,0:5,:]*W0) + b0"),
        ("CONV5-2/2(padding=0)", "11x11x4", (0, 1, 1), "np.sum(X[0:5,2:7,:]*W1) + b1"),
        ("CONV5-2/2(padding=0)", "11x11x4", (2, 3, 1), "np.sum(X[4:9,6:11,:]*W1) + b1"),
        ("CONV3-2/2(padding=1)", "5x5x3", (1, 0, 0), "np.sum(X[2:5,0:3,:]*W0) + b0"),
        ("CONV3-1(padding=0, dilation=2, bias=false)", "5x1", (0, 0), "np.sum(X[0:5:2,:]*W0)"),
        ("CONV3-1(padding=0, mode=convolution)", "7x1", (2, 0), "np.sum(X[2:5,:]*W0[::-1,:]) + b0"),
        ("CONV3-4(groups=2)", "5x5x4", (0, 0, 3), "np.sum(X[0:3,0:3,2:4]*W3) + b3"),
        ("DWCONV3", "5x5x4", (0, 0, 3), "np.sum(X[0:3,0:3,3:4]*W3) + b3"),
        ("LOCAL3-2", "5x5x1", (1, 0, 1), "np.sum(X[1:4,0:3,:]*W[1,0,1]) + b[1,0,1]"),
        ("FC-3", "5x5x1", (0, 0, 2), "np.sum(X*W2) + b2"),
        ("POOL2", "4x4x2", (1, 0, 1), "np.max(X[2:4,0:2,1])"),
        ("AVGPOOL2", "4x4x2", (1, 0, 1), "np.mean(X[2:4,0:2,1])"),
        ("AVGPOOL2(padding=1, count_padding=false)", "6x1", (0, 0), "np.mean(X[0:1,0])"),
        ("L2POOL2", "4x4x2", (1, 0, 1), "np.sqrt(np.sum(X[2:4,0:2,1]**2))"),
        ("DECONV3-1/2", "2x2x1", (2, 2, 0), "np.sum(X*W0[2::-2,2::-2,:]) + b0"),
        ("DECONV1-1/2(output_padding=1)", "2x2x1", (1, 1, 0), "b0"),
        ("LRN", "2x2x8", (0, 1, 0), "X[0,1,0]/(2 + 0.0001/5*np.sum(X[0:1,1:2,0:3]**2))**0.75"),
        ("LRN(3, mode=within)", "4x4x2", (1, 1, 1), "X[2,2,1]/(2 + 0.0001/9*np.sum(X[1:4,1:4,1]**2))**0.75"),
    ],
)
def test_the_numpy_line(text, size, place, wanted):
    stage = staged(layer(text), volume(size))
    found = window(stage, place)
    line, value = evaluated(stage, found)
    assert line == wanted
    np.testing.assert_allclose(value, stage.v[place])


def test_terms_of_a_dilated_filter_as_in_the_notes():
    """Dilated convolutions: `w[0]*x[0] + w[1]*x[2] + w[2]*x[4]`."""
    stage = staged(layer("CONV3-1(padding=0, dilation=2, bias=false)"), volume("5x1"))
    found = window(stage, (0, 0))
    named, numbers = demo_lines.written_out(stage, found)
    assert named == "V[0,0] = w[0]*x[0] + w[1]*x[2] + w[2]*x[4]   (w = W0, x = X)"
    terms, value = numbers.split(" = ")
    assert eval(terms) == float(value) == found.value  # noqa: S307


def test_terms_of_a_true_convolution():
    """Knet tutorial: the third number of [1,2,3] * [1..7] is [3,2,1] times [3,4,5] = 22."""
    stage = staged(layer("CONV3-1(padding=0, mode=convolution, bias=false)"), volume("7x1"))
    stage = stage._replace(x=np.arange(1.0, 8).reshape(7, 1), weights={"weight": np.array([1.0, 2, 3]).reshape(3, 1, 1)})
    named, numbers = demo_lines.written_out(stage, window(stage, (2, 0)))
    assert named == "V[2,0] = w[2]*x[2] + w[1]*x[3] + w[0]*x[4]   (w = W0, x = X)"
    assert numbers == "3*3 + 2*4 + 1*5 = 22"


@given(layers())
@settings(max_examples=100, deadline=None)
def test_the_terms_add_up_to_the_neuron(case):
    made, size = case
    try:
        stage = staged(made, size)
    except Misfit:
        return
    found = window(stage, place_at(stage.output, stage.output.values - 1))
    for line in demo_lines.written_out(stage, found):
        if line.startswith("V["):
            terms, vectors = line.partition(" = ")[2].rstrip(")").split("   (")
            scope = names(stage, found)
            for vector in vectors.split(", "):
                name, _, value = vector.partition(" = ")
                scope[name] = np.reshape(eval(value, scope), -1)  # noqa: S307
            assert eval(terms, scope) == found.value, line  # noqa: S307
        else:
            terms, value = line.split(" = ")
            assert eval(terms) == float(value) == found.value, line  # noqa: S307


@given(layers())
@settings(max_examples=60, deadline=None)
def test_the_sums_of_the_slices_add_up(case):
    made, size = case
    try:
        stage = staged(made, size)
    except Misfit:
        return
    found = window(stage, place_at(stage.output, stage.output.values - 1))
    slices = [tuple(at) for at in np.ndindex(*found.sums.shape)]
    for shown in (slices, slices[:1]):
        line = demo_lines.sum_line(found, shown)
        if line:
            left, value = re.sub(r"slice by slice: |\(.*?\)", "", line).split(" = ")
            assert eval(left) == float(value)  # noqa: S307
