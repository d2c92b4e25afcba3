"""Layers with fields larger than the image, the smallest image without any, and unaligned paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed

from cnncalc.analyses.unproductive import partings, smallest_input, unproductive


def told(text):
    """Return the names of the unproductive layers of a pattern, and the smallest input."""
    report = analyzed(text)
    fields = [row.field for row in report.rows]
    return [report.rows[at].name for at in unproductive(report.network, fields)], smallest_input(report.network, fields)


CASES = [
    # field 11 along both axes, the image is 8 high: the fourth layer (9) and the fifth (11) exceed it
    ("INPUT[32x8x3] -> [CONV3-16 -> RELU]*5 -> GAP -> FC-10", ["conv4", "conv5"], (11, 11)),
    ("INPUT[8x32x3] -> [CONV3-16 -> RELU]*5 -> GAP -> FC-10", ["conv4", "conv5"], (11, 11)),
    # a field as large as the image is not larger
    ("INPUT[9x9x3] -> [CONV3-4]*4", [], (9, 9)),
    ("INPUT[8x8x3] -> [CONV3-4]*4", ["conv4"], (9, 9)),
    # a layer without a window enlarges nothing, although its field is too large
    ("INPUT[4x4x3] -> CONV5-4 -> RELU -> BN -> CONV1-4 -> CROP(1) -> SHUFFLE(2)", ["conv1"], (5, 5)),
    # a layer that sees all of its input is not one of them
    ("INPUT[4x4x3] -> FC-4", [], None),
    ("INPUT[4x4x3] -> CONV3-4 -> GAP -> FC-4", [], (3, 3)),
    ("INPUT[4x4x3] -> CONV3-4 -> LRN(kernel=3, mode=within)", ["norm1"], (5, 5)),
    # each axis separately
    ("INPUT[9x4x3] -> CONV(kernel=9x5, filters=2)", ["conv1"], (9, 5)),
    ("INPUT[9x5x3] -> CONV(kernel=9x5, filters=2)", [], (9, 5)),
    ("INPUT[5x4x6x3] -> CONV(kernel=1x1x7, filters=2)", ["conv1"], (1, 1, 7)),
    # the smallest input also fits every stride: field 5, and an odd size
    ("INPUT[3x3x3] -> CONV3-4/2(padding=1) -> CONV3-4", ["conv2"], (7, 7)),
    ("INPUT[8x8x3] -> CONV3-4 -> POOL2 -> CONV3-4 -> POOL2 -> CONV3-4", ["pool2", "conv3"], (20, 20)),
    # after a transposed window, fields may have fractional sizes
    ("INPUT[2x2x3] -> DECONV4-4/2 -> CONV3-4", ["conv2"], (3, 3)),
]


@pytest.mark.parametrize("text, names, smallest", CASES, ids=[text for text, *_ in CASES])
def test_unproductive(text, names, smallest):
    found, size = told(text)
    assert found == names
    if smallest is not None:
        assert size == smallest


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.integers(4, 20))
def test_law_of_chains(kernels, side):
    """The field of n layers is 1 + the sum of (F - 1); a layer with F > 1 whose field exceeds the image is unproductive."""
    text = " -> ".join([f"INPUT[{side}x{side}x1]", *(f"CONV{kernel}-1" for kernel in kernels)])
    wanted, size = [], 1
    for at, kernel in enumerate(kernels, 1):
        size += kernel - 1
        if size > side and kernel > 1:
            wanted.append(f"conv{at}")
    assert told(text) == (wanted, (size, size))


@pytest.mark.parametrize("text", [text for text, _, smallest in CASES if smallest])
def test_at_the_smallest_input_no_layer_sees_beyond(text):
    _, size = told(text)
    _, _, rest = text.partition("]")
    depth = text[: text.index("]")].rpartition("x")[2]
    assert told(f"INPUT[{'x'.join(map(str, size))}x{depth}]{rest}")[0] == []


def test_no_input_at_which_a_fixed_volume_fits():
    assert told("INPUT[4x4x1] -> CONV7-1 -> RESHAPE(1x1x16)") == (["conv1"], None)


PARTINGS = [
    ("INPUT[16x16x2] -> { CONV3-2 | } -> ADD", []),
    ("INPUT[16x16x2] -> { CONV2-2 | } -> ADD", [("add1", (("1", "1"), ("1", "1")), (("0.5", "0.5"), ("0", "0")))]),
    (
        "INPUT[16x16x2] -> { CONV(kernel=2x3, filters=2) | } -> ADD",
        [("add1", (("1", "1"), ("1", "1")), (("0.5", "0"), ("0", "0")))],
    ),
    (
        "INPUT[16x16x2] -> { CONV9-2(padding=0) | POOL2 } -> CONCAT",
        [("concat1", (("1", "1"), ("2", "2")), (("4", "4"), ("0.5", "0.5")))],
    ),
    # only where paths part, not at every later layer
    (
        "INPUT[16x16x2] -> { CONV2-2 | } -> ADD -> { CONV3-2 | } -> ADD",
        [("add1", (("1", "1"), ("1", "1")), (("0.5", "0.5"), ("0", "0")))],
    ),
    # a neuron that sees all is aligned with every other
    ("INPUT[16x16x2] -> { CONV3-2 | GAP } -> MUL", []),
    (
        "INPUT[16x2] -> { DECONV4-2/2(padding=1) | UPSAMPLE2 } -> ADD",
        [],
    ),
]


@pytest.mark.parametrize("text, wanted", PARTINGS, ids=[text for text, _ in PARTINGS])
def test_partings(text, wanted):
    report = analyzed(text)
    found = partings(report.network, [row.field for row in report.rows])
    assert [(report.rows[each.at].name, each.strides, each.centres) for each in found] == wanted
