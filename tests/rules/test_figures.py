"""The figures in the advice, computed in another way, and the hints, applied literally."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed, pattern

import cnncalc
from cnncalc.request.request import Request
from cnncalc.rules.lint import rules
from cnncalc.tasks import check
from cnncalc.tasks.check import lint
from cnncalc.text.diagnostic import SpecError


def advice(number, spec):
    return [found for found in lint(spec) if found.code.number == number]


def number(text):
    return int(text.replace(",", ""))


@pytest.mark.parametrize("channels", [1, 3, 16, 64])
def test_a_stack_of_three_has_27_where_one_kernel_has_49(channels):
    (found,) = advice("CNN310", f"INPUT[32x32x{channels}] -> CONV7-{channels} -> RELU -> FC-10")
    assert f"with {27 * channels**2:,} weights instead of {49 * channels**2:,}, 44.9 % less" in found.message


@pytest.mark.parametrize(
    "layer, depth",
    [
        ("CONV7-16", 16),
        ("CONV5-32", 192),
        ("CONV9-8", 8),
        ("CONV7-16(groups=4)", 16),
        ("DWCONV7", 24),
        ("CONV7-16(bias=false)", 16),
        ("CONV7-16(padding=3)", 16),
    ],
)
def test_the_stack_that_is_proposed_has_the_weights_and_the_field(layer, depth):
    head = f"INPUT[32x32x8] -> CONV3-{depth}"
    (found,) = advice("CNN310", f"{head} -> {layer} -> RELU -> FC-10")
    stack, one = map(number, re.search(r"with ([\d,]+) weights instead of ([\d,]+),", found.message).groups())
    before, large = analyzed(head), analyzed(f"{head} -> {layer}")
    small = analyzed(f"{head} -> {found.hints[0].strip('`')}")
    assert large.totals.weights - before.totals.weights == one
    assert small.totals.weights - before.totals.weights == stack
    assert small.result == large.result
    assert small.fields[-1] == large.fields[-1]
    more = number(re.search(r"hold ([\d,]+) more", found.notes[1])[1])
    assert small.totals.values - large.totals.values == more


@pytest.mark.parametrize("spec", ["vgg16", "alexnet", "zfnet", "cifar10"])
def test_what_a_global_pool_saves(spec):
    (found,) = advice("CNN314", spec)
    saved, left = map(number, re.search(r"saves ([\d,]+) weights: ([\d,]+) are left", found.hints[0]).groups())
    first = next(row for row in cnncalc.analyze(spec).rows if row.name == found.notes[0].split()[0])
    volume = first.typed.inputs[0]
    units = first.output.depth
    assert saved == volume.values * units - volume.depth * units
    assert left == volume.depth * units


def test_a_global_pool_where_the_hint_says():
    text = "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> {}FLATTEN -> DROPOUT -> FC-256 -> RELU -> FC-10"
    (found,) = advice("CNN314", text.format(""))
    assert "before flatten1" in found.hints[0]
    saved = number(re.search(r"saves ([\d,]+)", found.hints[0])[1])
    assert analyzed(text.format("")).totals.weights - analyzed(text.format("GAP -> ")).totals.weights == saved


def test_no_global_pool_before_a_reshape_that_does_not_take_it():
    (found,) = advice("CNN314", "INPUT[32x32x3] -> CONV3-16 -> RELU -> POOL2 -> RESHAPE(8x8x64) -> FC-256 -> RELU -> FC-10")
    assert found.hints == ()


def test_the_compromises_of_the_first_layer():
    text = "INPUT[224x224x3] -> {} -> RELU -> [CONV3-64 -> RELU]*2 -> POOL2 -> [CONV3-128 -> RELU]*3 -> POOL2 -> FC-10"
    (found,) = advice("CNN313", text.format("CONV3-64"))
    seen = 0
    for note in found.notes:
        match = re.match(r"`([^`]+)`.* make them ([\d,]+) values", note)
        if match:
            seen += 1
            assert analyzed(text.format(match[1]), rounding="floor").totals.values == number(match[2])
    assert seen == 2


def test_the_compromises_for_vgg16():
    """58.1 MiB become 15 with ZFNet's first layer, and 4.2 with AlexNet's."""
    (found,) = advice("CNN313", "vgg16")
    assert "15,237,608 values, 58.13 MiB" in found.notes[0]
    assert "as in ZFNet, would make them 3,927,528 values, 14.98 MiB" in found.notes[1]
    assert "as in AlexNet, would make them 1,094,376 values, 4.17 MiB" in found.notes[2]


@pytest.mark.parametrize("spec", ["resnet50", "vgg19", "googlenet", "mobilenet_v1"])
def test_the_smallest_input_at_which_no_layer_sees_beyond(spec):
    (found,) = advice("CNN315", spec)
    least = int(re.search(r"beyond an input of (\d+)x", found.hints[0])[1])
    sizes = [-int(-row.field.axes[0].size // 1) for row in cnncalc.analyze(spec).rows if not row.field.whole]
    assert max(sizes) == least
    assert found.notes[1].startswith(f"the largest field is {least}x{least}")
    larger = re.search(r"`input: (\S+)`", found.hints[0])[1]
    rows = cnncalc.analyze(spec, input=larger).rows
    assert all(row.field.whole or row.field.axes[0].size <= rows[0].output.size[0] for row in rows)


@pytest.mark.parametrize("side", range(20, 40))
def test_the_inputs_that_are_proposed_fit(side):
    spec = f"INPUT[{side}x{side}x3] -> [CONV3-16 -> RELU -> POOL2(rounding=floor)]*3 -> FC-10"
    found = advice("CNN301", spec)
    assert bool(found) == bool(side % 8)
    for proposed in re.findall(r"`input: (\d+)x", "".join(hint for each in found for hint in each.hints)):
        assert not advice("CNN301", spec.replace(f"INPUT[{side}x{side}", f"INPUT[{proposed}x{proposed}"))


@pytest.mark.parametrize("rule", ["CNN302", "CNN303", "CNN306", "CNN307", "CNN312"])
def test_what_is_proposed_for_a_layer_fits_and_ends_the_advice(rule):
    tried = 0
    for spec in next(each for each in rules() if each.ADVICE.number == rule).INVALID:
        (found,) = advice(rule, spec)
        source, at, _ = found.span.resolve()
        for layer in re.findall(r"`([A-Z][^`]*)`", " ".join(found.hints)):
            start, end = next(
                match.span()
                for match in re.finditer(r"[A-Z][A-Z0-9]+[^\s\]]*", source.text)
                if match.start() <= at < match.end() and not match[0].startswith("INPUT")
            )
            mended = source.text[:start] + layer + source.text[end:]
            analyzed(mended, rounding="floor" if "rounding=floor" in spec else None)
            assert not advice(rule, mended), mended
            tried += 1
    assert tried


# pixels that no window reads


def brute(volume, windows):
    """Return the number of pixels that no window of (kernel, stride, padding) reads, by marking each reading."""
    width, height = volume
    read = set()
    for kernel, stride, padding in windows:
        xs = [
            [x for x in range(start, start + kernel) if 0 <= x < width]
            for start in range(-padding, width + padding - kernel + 1, stride)
        ]
        ys = [
            [y for y in range(start, start + kernel) if 0 <= y < height]
            for start in range(-padding, height + padding - kernel + 1, stride)
        ]
        read |= {(x, y) for columns in xs for rows in ys for x in columns for y in rows}
    return width * height - len(read)


window = st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(0, 2))


@given(width=st.integers(5, 14), height=st.integers(5, 14), one=window)
def test_unread_pixels_of_one_layer(width, height, one):
    kernel, stride, padding = one
    spec = f"INPUT[{width}x{height}x1] -> CONV{kernel}-2/{stride}(padding={padding}, rounding=floor) -> RELU -> FC-3"
    told = advice("CNN312", spec)
    found = number(re.search(r"([\d,]+) of [\d,]+ pixels", told[0].message)[1]) if told else 0
    assert found == brute((width, height), [one])


@given(width=st.integers(5, 12), height=st.integers(5, 12), windows=st.lists(window, min_size=2, max_size=3))
def test_unread_pixels_of_several_layers(width, height, windows):
    branches = " | ".join(
        f"CONV{kernel}-2/{stride}(padding={padding}, rounding=floor) -> GAP" for kernel, stride, padding in windows
    )
    told = advice("CNN312", f"INPUT[{width}x{height}x1] -> {{ {branches} }} -> ADD -> FC-3")
    found = number(re.search(r"([\d,]+) of [\d,]+ pixels", told[0].message)[1]) if told else 0
    assert found == brute((width, height), windows)


def test_a_volume_that_is_a_result_is_read():
    assert not advice("CNN312", "INPUT[8x8x3] -> CONV3-4 -> { | CONV1-4/2(rounding=floor) -> OUTPUT(aux) } -> RELU")


# nothing crashes, even for odd networks


step = st.one_of(
    st.builds(
        "CONV{}-{}/{}(padding={})".format,
        st.integers(1, 7),
        st.integers(1, 8),
        st.integers(1, 3),
        st.sampled_from(["same", "0", "1", "0:2"]),
    ),
    st.builds("POOL{}/{}".format, st.integers(1, 5), st.integers(1, 4)),
    st.sampled_from(
        [
            "RELU",
            "BN",
            "IN",
            "LRN",
            "LN",
            "GN(1)",
            "GAP",
            "FC-5",
            "FLATTEN",
            "DROPOUT",
            "UPSAMPLE2",
            "DECONV3-4/2",
            "PAD(2)",
            "LOCAL3-2",
            "DWCONV5",
            "AVGPOOL(out=2)",
            "{ CONV3-4 | CONV1-4 } -> ADD",
            "{ BN | RELU } -> CONCAT",
        ]
    ),
)


@given(
    size=st.sampled_from(["16x16x3", "9x12x1", "40x2", "8x8x4x2", "1x1x5", "200x3x1"]), steps=st.lists(step, min_size=1, max_size=7)
)
def test_odd_networks(size, steps):
    spec = f"INPUT[{size}] -> {' -> '.join(steps)}"
    try:
        analyzed(spec, rounding="floor")
    except SpecError:
        return
    for found in check.advice(pattern(spec), Request(rounding="floor")):
        assert found.message
        assert found.code.number.startswith(("CNN3", "CNN210"))  # the rounding of the options is a warning


def test_large_sizes_take_no_time():
    assert lint("INPUT[1000000000x3] -> CONV3-2 -> POOL2 -> CONV1-2/4(rounding=floor) -> GAP -> FC-3") is not None
    assert lint("INPUT[1000000x3] -> CONV3-2 -> CONV400001-2(dilation=2) -> GAP -> FC-3") is not None


def test_hints_in_a_block_keep_its_parameters(tmp_path):
    """Pasted into the block, a hint serves all its calls."""
    spec = "input: 32x32x3\nrounding: floor\npattern: INPUT -> CONV3-16 -> RELU -> BODY(16, 1) -> BODY(32, 2) -> GAP -> FC-10\nblocks:\n"
    path = tmp_path / "block.yaml"
    path.write_text(spec + "  BODY(C, S): CONV3-(2*C)/S(bias=false) -> BN -> RELU\n")
    (found,) = [each for each in cnncalc.lint(path) if each.code.number == "CNN303"]
    assert found.hints == ("`CONV3-(2*C)(bias=false) -> POOL(S)` also makes 16x16x64 here",)
    before = [row.output for row in cnncalc.analyze(path).rows if row.name.endswith("relu1")]
    path.write_text(spec + "  BODY(C, S): CONV3-(2*C)(bias=false) -> POOL(S) -> BN -> RELU\n")
    assert [row.output for row in cnncalc.analyze(path).rows if row.name.endswith("relu1")] == before
