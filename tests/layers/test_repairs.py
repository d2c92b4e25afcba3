"""Every repair proposed by a misfit must work: each is read from the text of the hint and tried."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support import diagnostics, layer, told, volume

from cnncalc.layers.base import Misfit
from cnncalc.layers.repairs import all_paddings, all_strides, inputs, kernels, paddings, strides

WAY = re.compile(r"(stride|kernel|padding|input) ((?:[\d:x]+)(?: or [\d:x]+)*)")


def ways(hint):
    """Return [(what, value), …] of a hint."""
    found = [(what, value) for what, values in WAY.findall(hint) for value in values.split(" or ")]
    assert hint.endswith("or `--rounding floor`, fits"), hint
    rest = WAY.sub("", hint).replace("or `--rounding floor`, fits", "").strip(" ,")
    assert not rest, hint
    return found


def pattern(image, kind, options):
    inside = ", ".join(f"{key}={value}" for key, value in options.items())
    return f"INPUT[{image}] -> {kind}({inside})"


def errors(text):
    return [each for each in diagnostics(text) if each.severity == "error"]


def tried(image, kind, options):
    """Check each repair of a misfit; return their number."""
    (misfit,) = errors(pattern(image, kind, options))
    assert misfit.code.number == "CNN201"
    (hint,) = misfit.hints
    found = ways(hint)
    for what, value in found:
        if what == "input":
            mended = pattern(f"{value}x{image.rpartition('x')[2]}", kind, options)
        elif what == "kernel":  # the stride is unchanged, for a pool too
            mended = pattern(image, kind, {"stride": options["kernel"], **options, "kernel": value})
        else:
            mended = pattern(image, kind, {**options, what: value})
        assert not errors(mended), (what, value, hint)
    assert not errors(pattern(image, kind, {**options, "rounding": "floor"}))
    return len(found)


side = st.integers(3, 40)
per_axis = st.one_of(
    st.integers(1, 6).map(str), st.tuples(st.integers(1, 6), st.integers(1, 6)).map(lambda pair: f"{pair[0]}x{pair[1]}")
)
pads = st.one_of(
    st.sampled_from(["same", "valid", "0:1", "1:0", "2:1x0:1"]),
    st.integers(0, 3).map(str),
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda pair: f"{pair[0]}x{pair[1]}"),
)


@given(
    w=side,
    h=side,
    kernel=per_axis,
    stride=per_axis,
    padding=pads,
    dilation=per_axis,
    kind=st.sampled_from(["CONV", "LOCAL", "DWCONV"]),
)
def test_ways_out_of_convolutions(w, h, kernel, stride, padding, dilation, kind):
    options = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    if kind != "DWCONV":
        options["filters"] = 4
    found = errors(pattern(f"{w}x{h}x2", kind, options))
    assume(any(each.code.number == "CNN201" for each in found))
    assert tried(f"{w}x{h}x2", kind, options) >= 1


@given(
    w=side, h=side, kernel=per_axis, stride=st.none() | per_axis, padding=pads, kind=st.sampled_from(["POOL", "AVGPOOL", "L2POOL"])
)
def test_ways_out_of_pools(w, h, kernel, stride, padding, kind):
    options = {"kernel": kernel, "padding": padding} | ({"stride": stride} if stride else {})
    found = errors(pattern(f"{w}x{h}x2", kind, options))
    assume(any(each.code.number == "CNN201" for each in found))
    assert tried(f"{w}x{h}x2", kind, options) >= 1


@given(w=side, kernel=st.integers(1, 9), stride=st.integers(2, 9), padding=st.integers(0, 4))
def test_ways_out_in_one_dimension(w, kernel, stride, padding):
    options = {"kernel": kernel, "stride": stride, "padding": padding, "filters": 4}
    found = errors(pattern(f"{w}x2", "CONV", options))
    assume(any(each.code.number == "CNN201" for each in found))
    assert tried(f"{w}x2", "CONV", options) >= 1


@given(sides=st.tuples(side, side, side), kernel=st.integers(1, 4), stride=st.integers(2, 4))
def test_ways_out_in_three_dimensions(sides, kernel, stride):
    image = "x".join(map(str, (*sides, 1)))
    options = {"kernel": kernel, "stride": stride, "padding": 0, "filters": 1}
    found = errors(pattern(image, "CONV", options))
    assume(any(each.code.number == "CNN201" for each in found))
    assert tried(image, "CONV", options) >= 1


@given(w=side, h=side, kernel=st.integers(1, 9), stride=st.integers(2, 9), padding=st.integers(0, 4), data=st.data())
def test_the_nearest_ways_are_the_nearest(w, h, kernel, stride, padding, data):
    """No stride between the present one and the proposed ones fits."""
    options = {"kernel": kernel, "stride": stride, "padding": padding, "filters": 1}
    found = errors(pattern(f"{w}x{h}x1", "CONV", options))
    assume(any(each.code.number == "CNN201" for each in found))
    proposed = [int(value) for what, value in ways(found[0].hints[0]) if what == "stride"]
    below, above = max((v for v in proposed if v < stride), default=0), min((v for v in proposed if v > stride), default=stride)
    for value in (*range(below + 1, stride), *range(stride + 1, above)):
        assert errors(pattern(f"{w}x{h}x1", "CONV", {**options, "stride": value}))


@given(w=st.integers(1, 12), h=st.integers(1, 12), kernel=st.integers(2, 20), padding=st.integers(0, 3), dilation=st.integers(1, 3))
def test_ways_out_of_a_kernel_that_is_too_large(w, h, kernel, padding, dilation):
    options = {"kernel": kernel, "padding": padding, "dilation": dilation, "filters": 1}
    found = errors(pattern(f"{w}x{h}x1", "CONV", options))
    assume(found)
    assert found[0].code.number == "CNN202"
    (hint,) = found[0].hints
    most, least, axis, larger = re.fullmatch(
        r"a kernel of at most (\d+), padding of at least (\d+), or an input (width|height) of at least (\d+) fits", hint
    ).groups()
    at = 0 if axis == "width" else 1
    one = volume(f"{(w, h)[at]}x1")  # only the axis named in the hint
    for mended in ({"kernel": most}, {"padding": least}):
        inside = ", ".join(f"{key}={value}" for key, value in (options | mended).items())
        assert layer(f"CONV({inside})").infer((one,))
    inside = ", ".join(f"{key}={value}" for key, value in options.items())
    assert layer(f"CONV({inside})").infer((volume(f"{larger}x1"),))
    with pytest.raises(Misfit):  # and one less does not
        layer(f"CONV({inside})").infer((volume(f"{int(larger) - 1}x1"),))


@given(
    depth=st.integers(1, 64),
    filters=st.integers(1, 64),
    groups=st.integers(2, 70),
    kind=st.sampled_from(["CONV", "DECONV", "LOCAL"]),
)
def test_ways_out_of_groups(depth, filters, groups, kind):
    options = {"filters": filters, "groups": groups}
    found = errors(pattern(f"8x8x{depth}", kind, options))
    assume(found)
    assert found[0].code.number == "CNN203"
    for value in re.findall(r"\d+", found[0].hints[0]):
        assert not errors(pattern(f"8x8x{depth}", kind, {**options, "groups": value}))


@given(depth=st.integers(1, 64), groups=st.integers(2, 70), kind=st.sampled_from(["GN", "SHUFFLE"]))
def test_ways_out_of_groups_of_channels(depth, groups, kind):
    found = errors(pattern(f"8x8x{depth}", kind, {"groups": groups}))
    assume(found)
    for value in re.findall(r"\d+", found[0].hints[0]):
        assert not errors(pattern(f"8x8x{depth}", kind, {"groups": value}))


@given(depth=st.integers(2, 64), filters=st.integers(1, 200))
def test_ways_out_of_depthwise_filters(depth, filters):
    found = errors(pattern(f"8x8x{depth}", "DWCONV", {"filters": filters}))
    assume(found)
    for value in re.findall(r"\d+", found[0].hints[0]):
        assert not errors(pattern(f"8x8x{depth}", "DWCONV", {"filters": value}))


@given(kernel=st.integers(1, 9), padding=st.integers(1, 9))
def test_ways_out_of_pool_padding(kernel, padding):
    options = {"kernel": kernel, "padding": padding, "stride": 1}
    found = errors(pattern("12x12x1", "POOL", options))
    assume(found)
    assert found[0].code.number == "CNN204"
    largest = re.match(r"padding (\d+) is the largest", found[0].hints[0])[1]
    assert not errors(pattern("12x12x1", "POOL", {**options, "padding": largest}))
    assert errors(pattern("12x12x1", "POOL", {**options, "padding": int(largest) + 1}))


@given(stride=st.integers(1, 5), dilation=st.integers(1, 5), extra=st.integers(1, 9))
def test_ways_out_of_output_padding(stride, dilation, extra):
    options = {"filters": 1, "stride": stride, "dilation": dilation, "output_padding": extra}
    found = errors(pattern("4x4x1", "DECONV", options))
    assume(found)
    assert found[0].code.number == "CNN209"
    largest = re.match(r"output_padding (\d+) is the largest", found[0].hints[0])[1]
    assert not errors(pattern("4x4x1", "DECONV", {**options, "output_padding": largest}))
    assert errors(pattern("4x4x1", "DECONV", {**options, "output_padding": int(largest) + 1}))


@given(w=st.integers(1, 3), kernel=st.integers(1, 4), stride=st.integers(1, 3), before=st.integers(0, 9), after=st.integers(0, 9))
def test_ways_out_of_deconvolution_padding(w, kernel, stride, before, after):
    options = {"filters": 1, "kernel": kernel, "stride": stride, "padding": f"{before}:{after}"}
    found = errors(pattern(f"{w}x1", "DECONV", options))
    assume(found)
    assert found[0].code.number == "CNN202"
    largest = re.search(r"padding of at most (\d+) fits", found[0].hints[0])[1]
    assert not errors(pattern(f"{w}x1", "DECONV", {**options, "padding": largest}))


@given(w=st.integers(1, 8), h=st.integers(1, 8), d=st.integers(1, 8), a=st.integers(1, 8), b=st.integers(1, 8), c=st.integers(1, 8))
def test_ways_out_of_reshape(w, h, d, a, b, c):
    found = errors(f"INPUT[{w}x{h}x{d}] -> RESHAPE({a}x{b}x{c})")
    assume(found)
    for hint in found[0].hints:
        mended = re.match(r"(RESHAPE\(\S+\)) fits", hint)[1]
        assert not errors(f"INPUT[{w}x{h}x{d}] -> {mended}")


@given(w=side, f=st.integers(1, 9), s=st.integers(1, 9), p=st.integers(0, 4))
def test_all_strides_and_paddings_are_all(w, f, s, p):
    """The lists of `cnncalc conv` equal the results of a search."""
    assume(f <= w + 2 * p)
    one, image = layer(f"CONV{f}-1/{s}(padding={p}, rounding=floor)"), volume(f"{w}x1")
    slack = w - f + 2 * p
    assert all_strides(one, image) == [stride for stride in range(1, max(1, slack) + 1) if slack % stride == 0]
    assert all_paddings(one, image) == [pad for pad in range(f) if w - f + 2 * pad >= 0 and (w - f + 2 * pad) % s == 0]


def exact(sizes, f, steps, p):
    """Return whether a window covers all sizes exactly: (W - F + 2P)/S + 1 is a whole number of positions along each axis."""
    slacks = [size - f + 2 * p for size in sizes]
    return min(slacks) >= 0 and not any(slack % step for slack, step in zip(slacks, steps, strict=True))


def nearest(present, least, most, test):
    """Return the last value below and the first one above that pass."""
    below, above = (list(filter(test, each)) for each in (range(least, present), range(present + 1, most + 1)))
    return below[-1:] + above[:1]


@given(w=side, h=side, f=st.integers(1, 6), one=st.integers(1, 6), two=st.integers(1, 6), p=st.integers(0, 3))
@example(w=9, h=10, f=3, one=2, two=5, p=0)  # padding 4 is more than the smaller stride
@example(w=7, h=7, f=6, one=3, two=3, p=2)  # kernel 8 is larger than the input
def test_each_way_out_is_the_nearest_of_all(w, h, f, one, two, p):
    sizes, steps = (w, h), (one, two)
    assume(f <= min(sizes) + 2 * p)
    assume(not exact(sizes, f, steps, p))
    made, read = layer(f"CONV{f}-1/{one}x{two}(padding={p})"), volume(f"{w}x{h}x1")
    slacks = [size - f + 2 * p for size in sizes]
    assert strides(made, read) == nearest(max(steps), 1, max(1, *slacks), lambda value: exact(sizes, f, (value, value), p))
    assert kernels(made, read) == nearest(f, 1, max(sizes) + 1, lambda value: exact(sizes, value, steps, p))
    even = nearest(p, 0, p + max(steps), lambda value: exact(sizes, f, steps, value))
    more = tuple((p, p + -slack % step) for slack, step in zip(slacks, steps, strict=True))
    uneven = more[:1] if more[0] == more[1] else more
    assert paddings(made, read) == ([((value, value),) for value in even] or [uneven])
    smaller, larger = (
        tuple(size + sign * (sign * -slack % step) for size, slack, step in zip(sizes, slacks, steps, strict=True))
        for sign in (-1, 1)
    )
    wanted = [size for size in (smaller, larger) if min(size) > 0 and exact(size, f, steps, p)]
    assert [each.size for each in inputs(made, read)] == wanted


def test_repairs_are_searched_within_reach():
    """4099 is prime: as a stride it is 4096 away from 3, and 4097 from 2."""
    found = [strides(layer(f"CONV1-1/{stride}(padding=0)"), volume("4100x1")) for stride in (2, 3)]
    assert found == [[1], [1, 4099]]
    assert all_strides(layer("CONV1-1(padding=0)"), volume("8193x1"))[-1] == 4096


# whole messages


def test_the_message_of_a_misfit():
    assert told("INPUT[10x10x4] -> CONV3-8/2(padding=0)") == (
        "error[CNN201]: CONV stride 2 does not fit its input\n"
        " --> <pattern>:1:27\n"
        "  |\n"
        "1 | INPUT[10x10x4] -> CONV3-8/2(padding=0)\n"
        "  |                           ^ (10 - 3 + 2*0)/2 + 1 = 4.5\n"
        "  |\n"
        "  = note: the input is 10x10x4; its last column and row would never be seen\n"
        "  = note: the layer is conv1\n"
        "  = hint: stride 1 or 7, kernel 2 or 4, padding 0:1, input 9x9 or 11x11, or `--rounding floor`, fits"
    )


def test_the_message_names_where_the_input_comes_from():
    text = "name: toy\ninput: 20x20x4\npattern: >-\n  INPUT -> CONV3-4/1(padding=1) -> POOL2\n  -> CONV\nCONV: {filters: 8, kernel: 3, stride: 2, padding: 0}\n"
    assert told(text) == (
        "error[CNN201]: CONV stride 2 does not fit its input\n"
        " --> spec.yaml:6:39\n"
        "  |\n"
        "6 | CONV: {filters: 8, kernel: 3, stride: 2, padding: 0}\n"
        "  |                                       ^ (10 - 3 + 2*0)/2 + 1 = 4.5\n"
        "  |\n"
        "  = note: the input is 10x10x4, from pool1 (line 4); its last column and row would never be seen\n"
        "  = note: the layer is conv2\n"
        "  = hint: stride 1 or 7, kernel 2 or 4, padding 0:1, or `rounding: floor`, fits\n"
        "  = hint: an input of 18x18x4 or 22x22x4 fits the whole network"
    )
