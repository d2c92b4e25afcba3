"""A NaN in one pixel of the image, all weights zero: it taints exactly the outputs whose receptive fields contain the pixel."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import graph
from two_windows import two_windows

from cnncalc.analyses.receptive_field import receptive_fields
from cnncalc.analyses.receptive_pixels import receptive_pixels
from cnncalc.forward.run import run
from cnncalc.forward.weights import drawn
from cnncalc.text.diagnostic import SpecError


def zeros(network):
    """Return weights that are all zero: a product with NaN is NaN for every weight."""
    weights = drawn(network, 0, "float32")
    for arrays in weights.values():
        for array in arrays.values():
            array[...] = 0
    return weights


def tainted(network, pixel):
    """Return the places of the output, width first, that a NaN in one pixel reaches."""
    image = network.typed[0].output
    x = np.zeros((1, *reversed(image.size), image.depth), dtype=np.float32)
    x[(0, *reversed(pixel))] = np.nan
    result = run(network, x, zeros(network), algorithm="direct")
    assert result.differences == 0
    (y,) = result.results.values()
    return {tuple(reversed(place)) for place in np.argwhere(np.isnan(y[0]).any(axis=-1)).tolist()}


def places(volume):
    return itertools.product(*map(range, volume.size))


def holds(pixels, pixel):
    """Return whether a set of pixels contains a pixel: `rows` has a mask of the width for each (time and) height."""
    mask = pixels.rows().get(tuple(pixel[1:]), 0)
    return bool(mask >> pixel[0] & 1)


def check(text, pixel):
    return check_network(graph(text), pixel)


def check_network(network, pixel):
    at = network.graph.outputs[-1].at
    output = network.typed[at].output
    found = tainted(network, pixel)
    assert found == {neuron for neuron in places(output) if holds(receptive_pixels(network, at, neuron), pixel)}
    fields = receptive_fields(network)[at]
    if not fields.whole:
        inside = {neuron for neuron in places(output) if extent_holds(fields, neuron, pixel)}
        assert found <= inside
        return found, inside
    return found, None


def extent_holds(fields, neuron, pixel):
    return all(
        any(span is not None and span[0] <= p < span[1] for span in (path.at(n) for path in fields.along(axis)))
        for axis, (n, p) in enumerate(zip(neuron, pixel, strict=True))
    )


SOLID = [  # no dilation, no stride above the kernel: the extent has no holes
    "INPUT[11x9x2] -> CONV3-4 -> RELU -> CONV3-4/2 -> BN -> RELU6",
    "INPUT[12x12x2] -> CONV5-4/1(padding=0) -> POOL2 -> CONV3-4",
    "INPUT[11x9x2] -> DWCONV3 -> AVGPOOL3/2(padding=1) -> L2POOL2/1",
    "INPUT[15x2] -> CONV3-4 -> POOL3/2(padding=1) -> CONV5-2",
    "INPUT[7x6x5x1] -> CONV3-2 -> POOL2/1 -> CONV(kernel=1x2x3, filters=2, padding=0)",
    "INPUT[8x8x2] -> PAD(1:2) -> CONV3-2(padding=0) -> CROP(1:0)",
    "INPUT[9x9x4] -> CONV3-4(groups=2) -> SHUFFLE(2) -> SLICE(start=1, depth=2) -> LRN -> LN -> GELU -> SOFTMAX",
    "INPUT[9x9x2] -> LRN(kernel=3, mode=within) -> DIVN3 -> LOCAL3-2",
    "INPUT[9x9x2] -> { CONV3-4 | CONV5-4 } -> ADD -> { CONV3-2 | } -> CONCAT",
    "INPUT[8x12x2] -> CONV3-2 -> S2D2 -> CONV3-2",
    "INPUT[12x2] -> S2D3(mode=dcr) -> CONV3-2",
    "INPUT[4x6x4x1] -> S2D2x3x1 -> CONV3-2",
    "INPUT[8x8x2] -> PRELU -> ELU -> SELU -> SILU -> HSWISH -> HSIGMOID -> SIGMOID -> TANH -> LEAKYRELU -> MISH -> LAYERSCALE",
]
HOLES = [
    "INPUT[11x11x2] -> CONV3-2(dilation=2)",
    "INPUT[12x12x2] -> CONV1-2/3(padding=0, rounding=floor) -> CONV3-2",
    "INPUT[12x12x2] -> POOL2/4(rounding=floor)",
    "INPUT[6x6x2] -> DECONV3-2/2",
    "INPUT[6x6x2] -> DECONV3-2/3(dilation=2, padding=1)",
    "INPUT[5x4x2] -> UPSAMPLE2 -> CONV3-2",
    "INPUT[6x5x2] -> CONV3-8 -> D2S2",
    "INPUT[6x5x2] -> CONV3-12 -> D2S2x3(mode=focus) -> CONV3-2/2(rounding=floor)",
    "INPUT[6x5x4] -> D2S2 -> CONV3-2 -> S2D2 -> CONV3-2",
    "INPUT[5x4x2] -> UPSAMPLE(scale=3x2, mode=bilinear)",
    "INPUT[5x4x2] -> UPSAMPLE(size=7x9, mode=bilinear, align_corners=true)",
    "INPUT[7x5x2] -> AVGPOOL(out=3x4)",
]
WHOLE = [
    "INPUT[6x6x2] -> CONV3-2 -> GAP",
    "INPUT[6x6x2] -> CONV3-2 -> GN(2)",
    "INPUT[6x6x2] -> IN -> CONV3-2",
    "INPUT[6x6x2] -> LN(volume)",
    "INPUT[8x6x2] -> LCN3",
    "INPUT[6x6x2] -> FC-3",
    "INPUT[6x6x2] -> GMP",
]


@pytest.mark.parametrize("text", SOLID)
def test_the_extent_exactly(text):
    size = graph(text).typed[0].output.size
    for pixel in {(0,) * len(size), tuple(side // 2 for side in size), tuple(side - 1 for side in size)}:
        found, inside = check(text, pixel)
        assert found == inside


@pytest.mark.parametrize("text", HOLES)
def test_the_pixels_exactly_where_the_extent_has_holes(text):
    for pixel in [(0, 0), (1, 2), (3, 3), (4, 2)]:
        check(text, pixel)


@pytest.mark.parametrize("text", WHOLE)
def test_what_sees_all_is_tainted_all(text):
    found, inside = check(text, (2, 1))
    assert inside is None
    assert found


def test_local_contrast_sees_the_image_by_its_lower_bound():
    """Jarrett's deviation is bounded by its mean over the image."""
    assert len(tainted(graph("INPUT[12x12x1] -> LCN3"), (6, 6))) == 144


@pytest.mark.parametrize(
    "text",
    [
        "INPUT[3x1] -> PAD(1, mode=replicate)",
        "INPUT[5x1] -> PAD(3:4, mode=reflect)",
        "INPUT[5x1] -> PAD(7:2, mode=replicate)",
        "INPUT[5x4x2] -> PAD(2:3x0:1, mode=reflect) -> CONV3-2(padding=0)",
        "INPUT[8x7x2] -> CONV3-2(dilation=2) -> PAD(3x1, mode=replicate) -> CONV3-2/2(padding=0, rounding=floor)",
        "INPUT[6x6x2] -> { PAD(1, mode=reflect) -> CONV3-2(padding=0) | } -> ADD",
    ],
)
def test_copied_pixels_are_seen_at_each_place(text):
    for pixel in places(graph(text).typed[0].output):
        check(text, pixel)


@pytest.mark.parametrize(
    "windows",
    [
        ((3, 1, 1, 1, 1), (5, 1, 1, 2, 2)),
        ((1,), (3, 1, 2, 2, 2)),
        ((2, 2), (3, 2, 1, 1, 0)),
        ((3, 1, 1, 1, 1), (1,)),
    ],
)
@pytest.mark.parametrize(
    "text", ["INPUT[8x6x2] -> { CONV3-2 | } -> ADD", "INPUT[8x6x2] -> { | CONV3-2(dilation=2) } -> ADD -> CONV3-2"]
)
def test_each_input_has_its_own_window(text, windows):
    network = two_windows(graph(text), *windows)
    for pixel in places(network.image):
        check_network(network, pixel)


LAYERS = st.sampled_from(
    [
        "CONV3-2",
        "CONV(kernel=2x3, filters=2)",
        "CONV3-2/2(rounding=floor)",
        "CONV3-2(dilation=2x1)",
        "CONV3-2(padding=0:1x2:0)",
        "DWCONV3/2(padding=0, rounding=floor)",
        "POOL2",
        "POOL3/2(padding=1, rounding=ceil)",
        "AVGPOOL(kernel=1x2)",
        "DECONV2-2/2",
        "UPSAMPLE(scale=1x2)",
        "UPSAMPLE(scale=2, mode=bilinear)",
        "RELU",
        "BN",
        "CONV3-8 -> D2S2",
        "S2D2 -> CONV1-2",
        "CONV1-4 -> D2S(1x2, mode=dcr)",
        "PAD(1:0x0:1)",
        "CROP(0:1x1:0)",
        "{ CONV3-2 | } -> ADD",
        "{ CONV3-2 | CONV1-2 -> RELU } -> CONCAT -> CONV1-2",
    ]
)


@settings(max_examples=40)
@given(st.lists(LAYERS, min_size=1, max_size=4), st.integers(0, 8), st.integers(0, 7))
def test_any_chain(layers, x, y):
    text = " -> ".join(["rounding", *layers]).replace("rounding", "INPUT[9x8x2]", 1)
    try:
        graph(text)
    except SpecError:
        assume(False)
    check(text, (x, y))
