"""One layer by hand, and rounded strides."""

import pytest
from support import analyzed, diagnostics, graph

from cnncalc.analyses.one_layer import one_layer


def told(text):
    return one_layer(graph(text).typed[-1])


def test_alexnets_first_layer():
    """CS231n notes, "Implementation as Matrix Multiplication": X_col is [363 x 3025], W_row [96 x 363]."""
    found = told("INPUT[227x227x3] -> CONV11-96/4(padding=0)")
    assert [tuple(axis) for axis in found.axes] == [
        ("width", "(W - F + 2*P)/S + 1", "(227 - 11 + 2*0)/4 + 1", 55, True),
        ("height", "(W - F + 2*P)/S + 1", "(227 - 11 + 2*0)/4 + 1", 55, True),
    ]
    assert (found.neurons, found.weights_per_neuron) == (290_400, 363)
    assert tuple(found.im2col) == (1, 96, 363, 3025)
    assert (found.im2col.columns, found.im2col.rows) == (363 * 3025, 96 * 363)
    assert found.discarded == (0, 227 * 227 * 3)
    assert found.strides == tuple(stride for stride in range(1, 217) if 216 % stride == 0)
    assert found.paddings == (0, 2, 4, 6, 8, 10)


def test_axes_that_differ():
    found = told("INPUT[11x8x4] -> CONV(kernel=3x2, filters=6, stride=2x3, padding=0:1x1, dilation=2x1, groups=2, rounding=floor)")
    assert [tuple(axis) for axis in found.axes] == [
        ("width", "(W - (A*(F - 1) + 1) + Pl + Pr)/S + 1", "(11 - (2*(3 - 1) + 1) + 0 + 1)/2 + 1", 4, False),
        ("height", "(W - F + 2*P)/S + 1", "(8 - 2 + 2*1)/3 + 1", 3, False),
    ]
    assert tuple(found.im2col) == (2, 3, 3 * 2 * 2, 12)
    assert (found.im2col.columns, found.im2col.rows) == (2 * 12 * 12, 2 * 3 * 12)
    assert found.weights_per_neuron == 12
    assert found.discarded == (11 * 8 * 4 - 4 * 3 * 6, 11 * 8 * 4)


@pytest.mark.parametrize(
    "text, neurons, weights, im2col, discarded, slides",
    [
        ("POOL2", 64, 0, None, (192, 256), True),  # three of four values
        ("FC-10", 10, 256, None, (246, 256), False),
        ("LOCAL3-2", 128, 36, None, (128, 256), True),
        ("DWCONV3", 256, 9, (4, 1, 9, 64), (0, 256), True),
        ("CONV1-4", 256, 4, (1, 4, 4, 64), (0, 256), True),
        ("DECONV2-4/2", 1024, 4, (1, 4, 16, 256), (0, 256), False),
        ("RELU", 256, 0, None, (0, 256), False),
        ("GAP", 4, 0, None, (252, 256), False),
        ("AVGPOOL(out=4)", 64, 0, None, (192, 256), False),
    ],
)
def test_kinds(text, neurons, weights, im2col, discarded, slides):
    found = told(f"INPUT[8x8x4] -> {text}")
    assert (found.neurons, found.weights_per_neuron, found.discarded) == (neurons, weights, discarded)
    assert found.im2col == im2col
    assert (bool(found.axes), bool(found.strides), bool(found.paddings)) == (slides,) * 3


ROUNDED = [
    (
        "INPUT[10x10x3] -> CONV3-8/2(padding=0)",
        "conv1: stride 2 does not fit input width 10, rounded down to 4",
        "(10 - 3 + 2*0)/2 + 1 = 4.5",
        "rounding down: 1 pixel at the far end stays behind the last window",
    ),
    (
        "INPUT[9x11x3] -> CONV3-8/3(padding=0)",
        "conv1: stride 3 does not fit input height 11, rounded down to 3",
        "(11 - 3 + 2*0)/3 + 1 = 3.67",
        "rounding down: 2 pixels at the far end stay behind the last window",
    ),
    (
        "INPUT[8x8x3] -> CONV3-8/2(padding=1)",
        "conv1: stride 2 does not fit input width 8, rounded down to 4",
        "(8 - 3 + 2*1)/2 + 1 = 4.5",
        "rounding down: only padding is left out",
    ),
    (
        "INPUT[12x3] -> POOL3/2(rounding=ceil)",
        "pool1: stride 2 does not fit input length 12, rounded up to 6",
        "(12 - 3 + 2*0)/2 + 1 = 5.5",
        "the last window hangs over the edge",
    ),
    (
        "INPUT[4x3] -> POOL1/3(rounding=ceil)",
        None,
        "",
        "",
    ),
    (
        "INPUT[5x3] -> POOL1/3(rounding=ceil)",
        "pool1: stride 3 does not fit input length 5, rounded down to 2",
        "(5 - 1 + 2*0)/3 + 1 = 2.33",
        "rounding down: 1 pixel at the far end stays behind the last window",
    ),
]


@pytest.mark.parametrize("text, message, label, note", ROUNDED, ids=[text for text, *_ in ROUNDED])
def test_rounded_strides(text, message, label, note):
    found = [each for each in diagnostics(text, rounding=None if "rounding" in text else "floor") if each.code.number == "CNN210"]
    if message is None:
        assert found == []
        return
    (said,) = found
    severity = "note" if "rounding" in text else "warning"  # the layer's own choice, or that of the options
    assert (said.severity, said.message, said.label, said.notes[0]) == (severity, message, label, note)


@pytest.mark.parametrize("size", [9, 10, 11])
def test_padding_that_covers_the_input_fits_every_stride(size):
    text = f"INPUT[{size}x{size}x3] -> CONV3-4/2(padding=same_upper) -> POOL1/3(padding=same_lower)"
    assert [each.code.number for each in diagnostics(text) if each.code.number.startswith("CNN2")] == []
    found = told(f"INPUT[{size}x8x4] -> CONV3-4/2(padding=same_upper)")
    assert [tuple(axis)[1:] for axis in found.axes] == [
        ("ceil(W/S)", f"ceil({size}/2)", -(-size // 2), True),
        ("ceil(W/S)", "ceil(8/2)", 4, True),
    ]
    assert set(found.strides) >= {1, 2, 3}


def test_a_repeated_step_is_named_once():
    (warning,) = [each for each in diagnostics("INPUT[35x3] -> [POOL2]*3", rounding="floor") if each.code.number == "CNN210"]
    assert warning.message == "pool1: stride 2 does not fit input length 35, rounded down to 17"
    assert warning.notes[1:] == ("pool2: stride 2 does not fit input length 17, rounded down to 8",)


def test_equal_layers_on_equal_inputs_are_told_once():
    text = "INPUT[10x10x3] -> { POOL3/2 | POOL3/2 } -> CONCAT"
    assert len([each for each in diagnostics(text, rounding="floor") if each.code.number == "CNN210"]) == 1


def test_the_stride_is_underlined_where_it_stands():
    (warning,) = diagnostics("INPUT[10x10x3] -> CONV3-8/2(padding=0)", rounding="floor")
    assert warning.place()[1:] == (1, 27)
    (warning,) = diagnostics("INPUT[5x5x3] -> POOL2", rounding="floor")
    assert warning.place()[1:] == (1, 17)


def test_strides_that_fit_are_not_told():
    assert diagnostics("INPUT[9x9x3] -> CONV3-8/2(padding=0) -> POOL2 -> FC-3", rounding="floor") == ()
    assert [row.output.size for row in analyzed("INPUT[9x9x3] -> CONV3-8/2(padding=0) -> POOL2").rows] == [(9, 9), (4, 4), (2, 2)]
