"""The exact pixels in a neuron's field, compared with a walk over explicit sets of places."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import analyzed, diagnostics

from cnncalc.analyses.receptive_pixels import MOST_BOXES, bits_from, joined, places_of, receptive_pixels, runs


def slides(kernel, stride, padding, dilation=1):
    return lambda n: {n * stride - padding + k * dilation for k in range(kernel)}


def spreads(kernel, stride, padding, dilation=1):
    """Input i reaches the outputs i*stride - padding + k*dilation."""
    return lambda n: {(n + padding - k * dilation) // stride for k in range(kernel) if (n + padding - k * dilation) % stride == 0}


@st.composite
def layers(draw):
    """Return the text of a layer over two axes, and the inputs of its neurons along each axis."""
    kind = draw(st.sampled_from(["CONV", "POOL", "DECONV", "RELU", "UPSAMPLE"]))
    if kind == "RELU":
        return "RELU", (lambda n: {n}, lambda n: {n})
    if kind == "UPSAMPLE":
        scale = [draw(st.integers(1, 3)) for _ in range(2)]
        return f"UPSAMPLE{scale[0]}x{scale[1]}", tuple(map(nearest, scale))
    kernel, stride = ([draw(st.integers(1, most)) for _ in range(2)] for most in (4, 3))
    padding = [draw(st.integers(0, size // 2)) for size in kernel]
    dilation = [draw(st.integers(1, 3 if kind != "POOL" else 1)) for _ in range(2)]
    text = f"{kind}(kernel={kernel[0]}x{kernel[1]}, stride={stride[0]}x{stride[1]}, padding={padding[0]}x{padding[1]}"
    if kind != "POOL":
        text += f", dilation={dilation[0]}x{dilation[1]}, filters=1"
    reads = spreads if kind == "DECONV" else slides
    rounding = "" if kind == "DECONV" else ", rounding=floor"
    return f"{text}{rounding})", tuple(map(reads, kernel, stride, padding, dilation))


def nearest(scale):
    return lambda n: {n // scale}


def walked(rows, chain, neuron):
    """Return the pixels of a chain: at each layer, only places inside the volume are followed."""
    found = set(itertools.product(*({n} for n in neuron)))
    for row, (_, reads) in zip(reversed(rows[:-1]), reversed(chain), strict=True):
        size = row.output.size
        found = {
            place
            for n in found
            for place in itertools.product(*(read(at) for read, at in zip(reads, n, strict=True)))
            if all(0 <= at < side for at, side in zip(place, size, strict=True))
        }
    return found


def pixels(found):
    return {(at, *place) for place, mask in found.rows().items() for at in places_of(mask)}


@given(st.lists(layers(), min_size=1, max_size=4), st.data())
def test_chains(chain, data):
    text = " -> ".join(["INPUT[14x11x1]", *(each for each, _ in chain)])
    assume(not any(each.severity == "error" for each in diagnostics(text)))
    report = analyzed(text)
    neuron = tuple(data.draw(st.integers(0, side - 1)) for side in report.rows[-1].output.size)
    found = receptive_pixels(report.network, len(chain), neuron)
    wanted = walked(report.rows, chain, neuron)
    assert pixels(found) == wanted
    assert found.size == (14, 11)
    assert found.number == len(wanted)
    hull = tuple((min(axis), max(axis)) for axis in zip(*wanted, strict=True))
    assert found.hull() == hull


@pytest.mark.parametrize("kernels", [(3, 5), (1, 7)])
@pytest.mark.parametrize("neuron", [(0, 0), (4, 3), (9, 8)])
def test_branches_see_what_any_of_them_sees(kernels, neuron):
    branches = " | ".join(f"CONV(kernel={k}x1, filters=1)" for k in kernels)
    report = analyzed(f"INPUT[10x9x1] -> {{ {branches} | CONV(kernel=1x3, filters=1, dilation=2) }} -> CONCAT")
    found = pixels(receptive_pixels(report.network, len(report.rows) - 1, neuron))
    x, y = neuron
    wanted = {(at, y) for k in kernels for at in range(x - k // 2, x + k // 2 + 1)} | {(x, y - 2), (x, y), (x, y + 2)}
    assert found == {(at, row) for at, row in wanted if 0 <= at < 10 and 0 <= row < 9}


@pytest.mark.parametrize(
    "text, neuron, wanted",
    [
        ("INPUT[5x4x2] -> FC-3", (0, 0), 20),
        ("INPUT[5x4x2] -> CONV3-2 -> GAP", (0, 0), 20),
        ("INPUT[5x4x2] -> { | GAP } -> MUL", (1, 1), 20),
        ("INPUT[5x4x2] -> { GAP -> CONV1-2 | CONV3-2 } -> MUL", (0, 0), 20),
        ("INPUT[5x4x2] -> LRN -> BN", (2, 1), 1),
        ("INPUT[5x1] -> AVGPOOL(out=3)", (1,), 3),  # pixels 1, 2 and 3
        ("INPUT[6x1] -> PAD(2, mode=reflect) -> CONV3-1(padding=0)", (0,), 3),  # pixels 2, 1 and 0
        ("INPUT[6x1] -> PAD(2) -> CONV3-1(padding=0)", (0,), 1),
        ("INPUT[6x1] -> CROP(2) -> CONV3-1", (0,), 2),
        ("INPUT[5x6x7x1] -> CONV(kernel=1x2x3, filters=1, padding=0)", (0, 0, 0), 6),
    ],
)
def test_number(text, neuron, wanted):
    report = analyzed(text)
    assert receptive_pixels(report.network, len(report.rows) - 1, neuron).number == wanted


def test_no_pixel_at_all():
    report = analyzed("INPUT[4x1] -> DECONV1-1/2(output_padding=1)")
    found = receptive_pixels(report.network, 1, (1,))
    assert (found.number, found.hull(), found.boxes) == (0, (), ())


def test_the_image_itself():
    report = analyzed("INPUT[4x3x1] -> RELU")
    assert receptive_pixels(report.network, 0, (3, 1)).boxes == ((8, 2),)


@given(st.lists(st.tuples(st.integers(1, 63), st.integers(1, 63)), max_size=8))
def test_joined_boxes_hold_the_same_places(boxes):
    assert places(joined(boxes)) == places(boxes)
    assert len(joined(boxes)) <= len(boxes)


def test_many_boxes_become_one_for_each_row():
    boxes = [(1 << at | 1 << (97 - at), 1 << at) for at in range(MOST_BOXES + 20)]
    found = joined(boxes)
    assert places(found) == places(boxes)
    assert len({rows for _, rows in found}) == len(found) <= len(boxes)


MANY = range(MOST_BOXES + 6)


def test_rows_with_equal_pixels_are_one_of_many_boxes():
    """Boxes on a diagonal cannot be merged; one of the rows is in all of them."""
    pairs = [(1 << at, 3 << 2 * at) for at in MANY]
    assert set(joined(pairs)) == set(pairs)
    crossed = [(1 << at, 1 << at | 1 << 99) for at in MANY]
    assert joined(crossed[:MOST_BOXES]) == crossed[:MOST_BOXES]
    assert set(joined(crossed)) == {((1 << len(MANY)) - 1, 1 << 99), *((1 << at, 1 << at) for at in MANY)}


def test_many_boxes_of_three_axes():
    boxes = [(1 << at, 3 << 2 * at, 5) for at in MANY]
    found = joined(boxes)
    assert set(found) == {(1 << at, 3 << 2 * at, when) for at in MANY for when in (1, 4)}
    assert places(found) == places(boxes)


def test_many_boxes_with_equal_rows():
    boxes = [(1 << at | 1 << (at + 1), 1 << (at % 7)) for at in range(0, 3 * MOST_BOXES, 3)]
    found = joined(boxes)
    assert places(found) == places(boxes)
    assert len(found) <= 7


def places(boxes):
    return {place for box in boxes for place in itertools.product(*map(places_of, box))}


@given(st.integers(0, 2**40))
def test_bits(mask):
    wanted = [at for at in range(41) if mask >> at & 1]
    assert places_of(mask) == wanted
    assert [at for first, end in runs(mask) for at in range(first, end)] == wanted
    ends = [end for _, end in runs(mask)]
    assert all(first > end for (first, _), end in zip(runs(mask)[1:], ends[:-1], strict=True)), "neighbouring runs are one"
    if mask:
        assert bits_from(mask) == wanted[0]
