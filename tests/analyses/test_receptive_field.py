"""Receptive fields compared with a walk over the dependencies, and with published figures."""

import re
from fractions import Fraction
from math import prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import analyzed, diagnostics, graph
from two_windows import two_windows

from cnncalc.analyses.figures import table
from cnncalc.analyses.receptive_field import deciding, receptive_fields, seen
from cnncalc.maths.paths import hull

# the walk: neurons are numbered along one axis, without bounds; the inputs of a layer follow from its definition


def slides(size, stride, padding, dilation=1):
    return lambda n: {n * stride - padding + k * dilation for k in range(size)}


def spreads(size, stride, padding, dilation=1):
    """Input i reaches the outputs i*stride - padding + k*dilation."""
    return lambda n: {(n + padding - k * dilation) // stride for k in range(size) if (n + padding - k * dilation) % stride == 0}


def pixels(reads, neuron):
    """Return the pixels of the image that a neuron after some layers depends on, in the order of the layers."""
    found = {neuron}
    for read in reversed(reads):
        found = {pixel for n in found for pixel in read(n)}
    return found


@st.composite
def layers(draw, kinds=("conv", "pool", "deconv", "relu")):
    """Return the text of a layer and the inputs of its neurons."""
    kind = draw(st.sampled_from(kinds))
    size, stride, dilation = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    if kind == "conv":
        padding = draw(st.integers(0, 3))
        return f"CONV{size}-1/{stride}(padding={padding}, dilation={dilation}, rounding=floor)", slides(
            size, stride, padding, dilation
        )
    if kind == "pool":
        padding = draw(st.integers(0, size // 2))
        return f"POOL{size}/{stride}(padding={padding}, rounding=floor)", slides(size, stride, padding)
    if kind == "deconv":
        padding = draw(st.integers(0, 2))
        return f"DECONV{size}-1/{stride}(padding={padding}, dilation={dilation})", spreads(size, stride, padding, dilation)
    return "RELU", lambda n: {n}


def field_of(row, neuron):
    """Return the pixels [first, end) of a neuron's field in the analysis, or None."""
    span = hull(path.at(neuron) for path in row.field.along(0))
    return span if span is None or span[0] < span[1] else None


def walked(chains, neuron):
    found = set().union(*(pixels(reads, neuron) for reads in chains))
    return (min(found), max(found) + 1) if found else None


def check(text, chains, neurons=12):
    """Compare the fields of the last layer with the walk, neuron by neuron."""
    if any(each.severity == "error" for each in diagnostics(text)):
        return False
    row = analyzed(text).rows[-1]
    if row.field.whole:
        return False
    count = min(neurons, row.output.size[0])
    assert [field_of(row, n) for n in range(count)] == [walked(chains, n) for n in range(count)]
    return True


@given(st.lists(layers(kinds=("conv", "pool", "relu")), min_size=1, max_size=6))
def test_chains_of_sliding_windows(chain):
    assume(check("INPUT[400x1] -> " + " -> ".join(text for text, _ in chain), [[read for _, read in chain]]))


@given(st.lists(layers(), min_size=1, max_size=5))
def test_chains_with_transposed_windows(chain):
    assume(check("INPUT[60x1] -> " + " -> ".join(text for text, _ in chain), [[read for _, read in chain]]))


@given(st.lists(layers(kinds=("conv", "pool", "relu")), min_size=1, max_size=5))
def test_one_size_one_stride_one_offset_say_it_all(chain):
    """Araujo, Norris and Sim 2019, equations 2 and 3: neuron n sees [o + n*j, o + n*j + r)."""
    text = "INPUT[400x1] -> " + " -> ".join(each for each, _ in chain)
    assume(not any(each.severity == "error" for each in diagnostics(text)))
    row = analyzed(text).rows[-1]
    (axis,) = row.field.axes
    for n in range(min(8, row.output.size[0])):
        first = axis.offset + n * axis.stride
        assert walked([[read for _, read in chain]], n) == (first, first + axis.size)


@given(
    st.lists(layers(kinds=("conv", "pool")), max_size=2),
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=2, max_size=3),
    st.lists(layers(kinds=("conv", "pool")), max_size=2),
)
def test_branches_of_one_stride(before, branches, after):
    """Windows of odd size that preserve the volume, side by side."""
    texts = " | ".join(f"CONV{2 * half + 1}-1(dilation={d})" for half, d in branches)
    chains = [
        [*(read for _, read in before), slides(2 * half + 1, 1, half * d, d), *(read for _, read in after)] for half, d in branches
    ]
    text = " -> ".join(["INPUT[300x1]", *(each for each, _ in before), f"{{ {texts} }} -> ADD", *(each for each, _ in after)])
    assume(check(text, chains))


@given(st.integers(1, 3), st.integers(0, 3), st.lists(layers(kinds=("conv",)), max_size=1))
def test_branches_of_different_strides(power, half, after):
    """A branch with a smaller volume in between, and a branch without."""
    stride = 2**power
    kernel = 2 * half + 1
    text = f"INPUT[64x1] -> {{ CONV{kernel}-1 | POOL{stride} -> DECONV{stride}-1/{stride} }} -> ADD" + "".join(
        f" -> {each}" for each, _ in after
    )
    chains = [
        [slides(kernel, 1, half), *(read for _, read in after)],
        [slides(stride, stride, 0), spreads(stride, stride, 0), *(read for _, read in after)],
    ]
    assume(check(text, chains, neurons=20))


@given(layers(kinds=("conv", "pool")), layers(kinds=("conv", "pool")))
def test_axes_are_independent(one, other):
    """Along each axis, a 2-D layer has the field of its 1-D layer."""
    fields = []
    for text in (f"INPUT[200x1] -> {one[0]} -> {other[0]}", f"INPUT[200x200x1] -> {one[0]} -> {other[0]}"):
        assume(not any(each.severity == "error" for each in diagnostics(text)))
        fields.append(analyzed(text).rows[-1].field.axes)
    assert fields[1] == fields[0] * 2


PUBLISHED = [  # Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019, table
    ("vgg16", "pool5", 212, 32),
    ("alexnet_owt", "pool3", 195, 32),
]


@pytest.mark.parametrize("name, layer, size, stride", PUBLISHED)
def test_published(name, layer, size, stride):
    import cnncalc

    rows = {row.name: row for row in cnncalc.analyze(name).rows}
    if layer not in rows:
        layer = [row.name for row in rows.values() if not row.field.whole][-1]
    assert [(axis.size, axis.stride) for axis in rows[layer].field.axes] == [(size, stride)] * 2


KNOWN = [
    # two 3x3 layers see 5x5, three see 7x7: CS231n course notes, "Prefer a stack of small filter CONV"
    ("INPUT[32x32x3] -> CONV3-4 -> CONV3-4", (5, 1, -2)),
    ("INPUT[32x32x3] -> CONV3-4 -> CONV3-4 -> CONV3-4", (7, 1, -3)),
    # dilation 1, 2, 4 grows to 15: Yu and Koltun 2015, figure 1, of 3x3 kernels
    ("INPUT[64x64x3] -> CONV3-4 -> CONV3-4(dilation=2) -> CONV3-4(dilation=4)", (15, 1, -7)),
    ("INPUT[227x227x3] -> CONV11-96/4(padding=0)", (11, 4, 0)),
    ("INPUT[8x8x3] -> RELU -> BN -> DROPOUT(0.5)", (1, 1, 0)),
    ("INPUT[8x8x3] -> PAD(1) -> CONV3-4(padding=0)", (3, 1, -1)),
    ("INPUT[8x8x3] -> CROP(1)", (1, 1, 1)),
    # padding 0:1 and not 1:1 at an even size: TensorFlow's field begins at the first pixel
    ("INPUT[224x224x3] -> CONV3-4/2(padding=same_upper)", (3, 2, 0)),
    ("INPUT[225x225x3] -> CONV3-4/2(padding=same_upper)", (3, 2, -1)),
    ("INPUT[224x224x3] -> CONV3-4/2(padding=same_lower)", (3, 2, -1)),
]


@pytest.mark.parametrize("text, wanted", KNOWN)
def test_known(text, wanted):
    assert [tuple(axis) for axis in analyzed(text).rows[-1].field.axes] == [wanted, wanted]


@pytest.mark.parametrize("last", ["FC-3", "GAP", "GMP", "FLATTEN", "GN(1)", "IN", "LN(volume)", "AVGPOOL(out=1)"])
def test_what_sees_everything(last):
    row = analyzed(f"INPUT[8x8x4] -> CONV3-4 -> {last}").rows[-1]
    assert row.field.whole
    assert [axis.size for axis in row.field.axes] == [8, 8]


WINDOWS = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 3), st.integers(0, 3))


@given(WINDOWS, WINDOWS, st.integers(0, 3), st.integers(1, 3))
def test_each_input_of_a_layer_has_its_own_window(one, other, half, dilation):
    """The field is the hull of the paths through both inputs, each after the window over that input."""
    text, read = f"CONV{2 * half + 1}-1(dilation={dilation})", slides(2 * half + 1, 1, half * dilation, dilation)
    network = two_windows(graph(f"INPUT[60x1] -> {{ {text} | }} -> ADD"), one, other)
    at = len(network.nodes) - 1
    fields = receptive_fields(network)[at]
    chains = [[read, slides(*one[:2], one[3], one[2])], [slides(*other[:2], other[3], other[2])]]
    for neuron in range(min(12, network.typed[at].output.size[0])):
        span = hull(path.at(neuron) for path in fields.along(0))
        assert (span if span is None or span[0] < span[1] else None) == walked(chains, neuron)


# the published figures of chains with transposed windows, and of different axes


def published(text):
    """Return size, stride and offset of the last layer along each axis, as in the JSON."""
    field = analyzed(text).to_dict()["layers"][-1]["receptive_field"]
    return [
        tuple(Fraction(each).limit_denominator(1000) for each in axis)
        for axis in zip(field["size"], field["stride"], field["offset"], strict=True)
    ], field


def step(text):
    """Return the step of a layer's window from one neuron to the next, in inputs."""
    kind, stride = re.match(r"([A-Z]+)\d*(?:-1)?(?:/(\d+))?", text).groups()
    return Fraction(1, int(stride or 1)) if kind == "DECONV" else Fraction(int(stride or 1))


@given(st.lists(layers(), min_size=1, max_size=5))
def test_published_figures_behind_transposed_windows(chain):
    """The stride is the product of all strides, reciprocals for transposed windows; size and offset come from the walk."""
    text = "INPUT[40x1] -> " + " -> ".join(each for each, _ in chain)
    assume(not any(each.severity == "error" for each in diagnostics(text)))
    row = analyzed(text).rows[-1]
    assume(not row.field.whole)
    spans = [walked([[read for _, read in chain]], neuron) for neuron in range(row.output.size[0])]
    reached = [span for span in spans if span]
    assume(reached)
    ((size, stride, offset),), field = published(text)
    assert stride == prod(step(each) for each, _ in chain)
    assert size == max(end - first for first, end in reached)
    assert offset == reached[0][0]
    (seen,) = field["seen"]
    assert seen == max(max(0, min(end, 40) - max(first, 0)) for first, end in reached)


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("INPUT[16x16x1] -> POOL2 -> DECONV2-1/2", (2, 1, 0)),
        ("INPUT[16x16x1] -> DECONV2-1/2", (1, Fraction(1, 2), 0)),
        ("INPUT[16x16x1] -> DECONV3-1/2(padding=1)", (2, Fraction(1, 2), 0)),
        ("INPUT[16x16x1] -> POOL4 -> DECONV2-1/2 -> CONV3-1(padding=0)", (8, 2, 0)),
        ("INPUT[16x16x1] -> CONV3-1/3(padding=1) -> UPSAMPLE(scale=2)", (3, Fraction(3, 2), -1)),
        ("INPUT[16x16x1] -> UPSAMPLE2(mode=bilinear)", (2, Fraction(1, 2), -1)),
        ("INPUT[16x16x1] -> POOL2 -> UPSAMPLE(size=16, mode=bilinear, align_corners=true)", (4, 1, 0)),
        ("INPUT[16x16x1] -> AVGPOOL(out=8)", (2, 2, 0)),
        ("INPUT[16x16x1] -> AVGPOOL(out=6)", (4, Fraction(8, 3), 0)),
        ("INPUT[16x16x1] -> PAD(3) -> POOL2", (2, 2, -3)),
    ],
)
def test_published_strides(text, wanted):
    assert published(text)[0] == [wanted, wanted]


def test_neighbours_behind_a_transposed_window_take_turns():
    row = analyzed("INPUT[8x1] -> DECONV3-1/2(padding=1)").rows[-1]
    assert row.field.phases == (2,)
    assert [field_of(row, n) for n in range(4)] == [(0, 1), (0, 2), (1, 2), (1, 3)]


@st.composite
def windows(draw):
    """Return the options of a window along one axis."""
    size = draw(st.integers(1, 4))
    return size, draw(st.integers(1, 3)), draw(st.integers(0, size // 2)), draw(st.integers(1, 2))


@given(st.lists(st.tuples(st.sampled_from(["CONV", "DECONV"]), windows(), windows()), min_size=1, max_size=3))
def test_each_axis_has_its_own_window(chain):
    def text(axes):
        steps = []
        for kind, *sides in chain:
            kernel, stride, padding, dilation = ("x".join(str(sides[at][part]) for at in axes) for part in range(4))
            rounding = ", rounding=floor" * (kind == "CONV")
            steps.append(f"{kind}(kernel={kernel}, filters=1, stride={stride}, padding={padding}, dilation={dilation}{rounding})")
        return " -> ".join([f"INPUT[{'x'.join('30' for _ in axes)}x1]", *steps])

    assume(not any(each.severity == "error" for axes in ((0,), (1,)) for each in diagnostics(text(axes))))
    assert published(text((0, 1)))[0] == published(text((0,)))[0] + published(text((1,)))[0]


MERGED = [
    # the same centre and stride: aligned, the hull is the larger one
    ("INPUT[16x16x1] -> { CONV3-1 | CONV5-1 } -> ADD", (5, 1, -2), True),
    ("INPUT[16x16x1] -> { CONV5-1 | } -> ADD -> CONV3-1", (7, 1, -3), True),
    # a shift of one pixel, and of a half
    ("INPUT[16x16x1] -> { CONV3-1(padding=0) | CROP(2:0) } -> ADD", (3, 1, 0), False),
    ("INPUT[16x16x1] -> { CONV2-1 | } -> ADD", (2, 1, 0), False),
    # three inputs, the first as wide as any
    ("INPUT[16x16x1] -> { CONV5-1 | CONV3-1 | } -> ADD", (5, 1, -2), True),
    # unaligned fields stay unaligned
    ("INPUT[16x16x1] -> { CONV2-1 | } -> ADD -> CONV3-1", (4, 1, -1), False),
    # 1x1xD is spread over all
    ("INPUT[16x16x1] -> { CONV3-1 | GAP } -> MUL", (16, 0, 0), True),
    # different strides: the last of 4 neurons sees from 3 (on the fine path) to 13 (on the coarse one)
    ("INPUT[16x16x1] -> { CONV13-1(padding=0) | POOL4 } -> ADD", (13, 4, 0), False),
]


@pytest.mark.parametrize("text, wanted, aligned", MERGED)
def test_merges(text, wanted, aligned):
    axes, field = published(text)
    assert axes == [wanted, wanted]
    assert field["aligned"] == aligned


@pytest.mark.parametrize(
    "text, seen",
    [
        ("INPUT[9x7x1] -> CONV3-1", [3, 3]),
        ("INPUT[9x9x1] -> CONV5-1/4(padding=2)", [5, 5]),
        ("INPUT[4x3x1] -> CONV9-1", [4, 3]),
        ("INPUT[9x9x1] -> CONV9-1/8(padding=4)", [5, 5]),  # two neurons, each at a border
        ("INPUT[9x7x1] -> CONV3-1 -> GAP", [9, 7]),
        ("INPUT[6x1] -> CONV(kernel=5, filters=1, stride=5, padding=3:0, rounding=floor)", [2]),  # a second neuron would see 4
        ("INPUT[9x7x1] -> DECONV3-1/2", [2, 2]),
        ("INPUT[9x7x1] -> PAD(3) -> CROP(3)", [1, 1]),
        ("INPUT[9x7x1] -> { CONV3-1 | CONV5-1 } -> ADD", [5, 5]),
        ("INPUT[9x7x1] -> { CONV3-1 | GAP } -> MUL", [9, 7]),
    ],
)
def test_pixels_seen_by_the_best_placed_neuron(text, seen):
    assert published(text)[1]["seen"] == seen


STRIDES = [  # a published stride is the distance between fields of neighbouring neurons, also after transposed windows
    ("INPUT[16x16x1] -> POOL2 -> DECONV2-1/2", 1),
    ("INPUT[16x16x1] -> POOL4/4 -> DECONV2-1/2", 2),
    ("INPUT[16x16x1] -> POOL2 -> POOL2 -> DECONV2-1/2 -> CONV1-1", 2),
    ("INPUT[16x16x1] -> DECONV3-1/3 -> POOL3/3", 1),
]


@pytest.mark.parametrize("text, stride", STRIDES)
def test_published_strides_of_chains(text, stride):
    assert [axis.stride for axis in analyzed(text).rows[-1].field.axes] == [stride, stride]


@pytest.mark.parametrize(
    "text, at, side",
    [
        ("INPUT[9x7x1] -> CONV3-2 -> CONV3-2", 2, 5),  # the last layer itself
        ("INPUT[9x7x1] -> CONV3-2 -> CONV(kernel=1x5, filters=2) -> FC-3", 2, 7),
        ("INPUT[9x7x1] -> CONV3-2 -> GAP -> CONV1-2 -> FC-3", 1, 3),
        ("INPUT[9x7x1] -> FC-3", 0, 1),
        ("INPUT[9x1] -> CONV5-2 -> POOL3 -> FC-3", 2, 7),
        ("INPUT[4x4x1] -> DECONV2-2/2(padding=0) -> FC-3", 1, 1),
        ("INPUT[4x4x1] -> DECONV2-2/2(padding=0) -> CONV2-2(padding=0) -> FC-3", 2, 2),  # 1.5 pixels at most
        ("{ INPUT[9x9x1] -> CONV3-2 | INPUT[9x9x1] -> CONV7-2 -> CONV3-2 } -> CONCAT -> FC-3", 5, 3),
        ("{ INPUT[9x9x1] -> CONV3-2 -> GAP | INPUT[9x9x1] -> CONV7-2 -> GAP } -> CONCAT", 1, 3),
    ],
)
def test_the_figure_is_that_of_the_last_layer_that_does_not_see_the_whole_first_input(text, at, side):
    report = analyzed(text)
    assert deciding(report.network, report.fields) == at
    assert table()["receptive_field"].total(report) == side


@pytest.mark.parametrize(
    "text, pixels",
    [
        ("INPUT[9x7x1] -> CONV3-1 -> CONV5-1", (7, 7)),
        ("INPUT[9x5x1] -> CONV3-1 -> CONV5-1", (7, 5)),
        ("INPUT[9x1] -> CONV3-1 -> CROP(0:8)", (2,)),  # only the first neuron is left, with one pixel in the padding
        ("INPUT[9x1] -> CONV3-1 -> CROP(8:0)", (2,)),
        ("INPUT[9x9x1] -> CONV3-1 -> CROP(0:8x0:0)", (2, 3)),
        ("INPUT[9x9x1] -> CONV3-1 -> CROP(0:8)", (2, 2)),
        ("INPUT[9x1] -> CONV5-1 -> CROP(7:1)", (4,)),
        ("INPUT[2x1] -> CONV7-1", (2,)),
        ("INPUT[6x1] -> CONV3-1/5(padding=1, rounding=floor)", (2,)),  # pixels 0 and 1, or 4 and 5
        ("INPUT[7x1] -> CONV3-1/3(padding=1)", (3,)),
        ("INPUT[9x5x1] -> CONV3-1 -> GAP", (9, 5)),
        ("INPUT[4x1] -> DECONV1-1/2(output_padding=1) -> CROP(7:0)", (0,)),  # a neuron that sees nothing
        ("INPUT[4x1] -> DECONV2-1/2 -> CONV2-1(padding=0)", (2,)),
        ("INPUT[4x1] -> UPSAMPLE3 -> CONV3-1", (2,)),
        ("INPUT[5x1] -> AVGPOOL(out=3)", (3,)),
    ],
)
def test_the_best_placed_neuron_of_small_outputs(text, pixels):
    report = analyzed(text)
    assert seen(report.fields[-1], report.image, report.result) == pixels


@pytest.mark.parametrize("at, pixels", [(1, (3, 3)), (2, (0, 0)), (3, (0, 0)), (4, (3, 3))])
def test_no_pixel_of_an_input_that_a_layer_does_not_depend_on(at, pixels):
    network = graph("{ INPUT[9x9x1] -> CONV3-2 | INPUT[9x9x1] -> CONV7-2 } -> ADD")
    fields = receptive_fields(network, 0)[at]
    assert seen(fields, network.typed[0].output, network.typed[at].output) == pixels


def test_a_layer_that_sees_nothing():
    (field,) = analyzed("INPUT[1x1] -> DECONV1-1/2(output_padding=1) -> CROP(1:0)").fields[-1].axes
    assert (field.size, field.offset) == (0, 0)


@pytest.mark.parametrize(
    "text, sizes, offsets",
    [
        # neuron n sees pixel n, and pixels 0 to 4 like every other neuron: all 8 at the far end
        ("INPUT[8x8x4] -> { | CONV5-4/8(padding=0, rounding=floor) } -> MUL", [8, 8], [0, 0]),
        ("INPUT[8x6x4] -> { | CONV5-4/8(padding=0, rounding=floor) } -> MUL", [8, 6], [0, 0]),
        ("INPUT[8x8x4] -> { CONV5-4/8(padding=0, rounding=floor) | CONV3-4 } -> MUL", [9, 9], [-1, -1]),
        # only the width is spread
        ("INPUT[8x1x4] -> { | CONV5-4/8(padding=0:0x2:2, rounding=floor) } -> MUL", [8, 5], [0, -2]),
    ],
)
def test_one_value_that_is_spread_has_one_field_for_all_neurons(text, sizes, offsets):
    fields = analyzed(text).fields[-1]
    assert [axis.size for axis in fields.axes] == sizes
    assert [axis.offset for axis in fields.axes] == offsets
    assert not fields.aligned
