"""Ways out of a misfit are tried on the whole network; those that only move the error say so."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed, diagnostics

from cnncalc.text.diagnostic import SpecError


def hints(text, **overrides):
    """Return the hints of the first error."""
    return next(each for each in diagnostics(text, **overrides) if each.severity == "error").hints


README = "INPUT[32x32x3] -> [CONV5-16/2 -> RELU -> POOL2]*2 -> FC-10"


def test_the_readme():
    """Each of "padding 2:3, input 31x31 or 33x33, stride 31" alone fits the first layer, and leads to the next error."""
    assert hints(README) == ("stride 1, or `--rounding floor`, fits", "an input of 27x27x3 or 43x43x3 fits the whole network")


def test_images_that_fit_come_from_the_whole_network():
    """384 or 416 for 400 with five pools of stride 2, as in YOLO."""
    assert hints("INPUT[400x400x3] -> [CONV3-8 -> POOL2]*5")[-1] == "an input of 384x384x3 or 416x416x3 fits the whole network"
    assert hints("INPUT[230x200x3] -> [POOL2]*5")[-1] == "an input of 224x192x3 or 256x224x3 fits the whole network"
    assert hints("{ INPUT[9x9x3] | INPUT[9x9x1] } -> CONCAT -> POOL2")[-1] == "inputs of 8x8 or 10x10 fits the whole network"


def test_a_way_that_moves_the_error_says_where_to():
    found = hints("INPUT[8x8x4] -> CONV3-4 -> POOL3 -> POOL3 -> CONV9-4(padding=0)")
    assert any("moves the error to" in hint for hint in found)
    assert not any(hint.endswith(" fits") for hint in found)


def test_unet():
    """Of an odd size the way up is one pixel smaller: the output padding mends it, and an even size does."""
    assert hints("INPUT[33x33x3] -> skip=CONV3-16 -> POOL2(rounding=floor) -> DECONV2-16/2 -> CONCAT(skip)") == (
        "`output_padding=1` in deconv2, DECONV2-16/2, fits",
        "`CROP(0:1)` at the end of input 2 fits",
        "an input of 32x32x3 or 34x34x3 fits the whole network",
    )


def test_unet_along_one_axis():
    found = hints("INPUT[33x32x3] -> skip=CONV3-16 -> POOL2(rounding=floor) -> DECONV2-16/2 -> RELU -> CONCAT(skip)")
    assert found[0] == "`output_padding=1x0` in deconv2, DECONV2-16/2, fits"
    assert found[1] == "`CROP(0:1x0)` at the end of input 2 fits"


def test_a_step_that_serves_several_layers_is_changed_in_all():
    text = "pattern: INPUT -> [UP]*2 -> GAP\ninput: 9x9x8\nblocks:\n  UP: '{ POOL2(rounding=floor) -> DECONV2-8/2 | } -> ADD'\n"
    assert hints(text)[0] == "`output_padding=1` in up1/deconv1, DECONV2-8/2, fits"


@pytest.mark.parametrize(
    "text, hint",
    [
        ("INPUT[32x32x8] -> { CONV3-8(padding=0) | } -> ADD", "`padding=same` in conv1 fits"),
        ("INPUT[32x32x8] -> { CONV3-8 -> POOL2 | } -> ADD", "a stride of 2 in input 2, or `UPSAMPLE2` in input 1, makes them meet"),
        (
            "INPUT[32x32x8] -> { CONV3-4 | } -> ADD",
            "`CONV1-4` at the end of input 2, or `CONV1-8` at the end of input 1, makes the",
        ),
    ],
)
def test_merges(text, hint):
    assert hints(text)[0].startswith(hint)


def test_a_window_larger_than_its_input_deep_in_a_network():
    text = "INPUT[28x28x1] -> CONV5-6(padding=0) -> POOL2 -> CONV5-16(padding=0) -> POOL2 -> CONV5-120(padding=0)"
    assert hints(text)[-1] == "an input of 32x32x1 fits the whole network"


def test_independent_errors_do_not_hide_each_other():
    first, second = (
        each.hints for each in diagnostics("INPUT[9x9x4] -> { POOL2 | CONV3-4(groups=3) } -> CONCAT -> FC-3") if each.hints
    )
    assert first
    assert second


CHANGES = re.compile(r"(stride|kernel|padding) ([^,]+?)(?:,| fits)")


@given(
    size=st.integers(6, 40),
    steps=st.lists(st.sampled_from(["POOL2", "POOL3", "CONV3-2", "CONV4-2/3(padding=0)", "RELU"]), min_size=1, max_size=4),
    kernel=st.integers(1, 6),
    stride=st.integers(2, 5),
)
def test_what_fits_makes_the_whole_network_fit(size, steps, kernel, stride):
    rest = " -> ".join(steps)

    def with_first(**options):
        inside = ", ".join(f"{name}={value}" for name, value in options.items())
        return f"INPUT[{size}x{size}x3] -> CONV({inside}) -> {rest}"

    first = {"kernel": kernel, "filters": 2, "stride": stride, "padding": 0}
    found = [each for each in diagnostics(with_first(**first)) if each.severity == "error"]
    if not found or found[0].code.number != "CNN201" or "the layer is conv1" not in found[0].notes:
        return
    for hint in found[0].hints:
        if "moves the error" in hint:
            continue
        for sides in re.findall(r"(\d+)x\1x3", hint):
            assert analyzed(f"INPUT[{sides}x{sides}x3] -> CONV(kernel={kernel}, filters=2, stride={stride}, padding=0) -> {rest}")
        for name, values in CHANGES.findall(hint):
            for value in values.split(" or "):
                assert analyzed(with_first(**(first | {name: value})))


def test_hints_of_large_networks_stay_cheap():
    with pytest.raises(SpecError) as caught:
        analyzed("INPUT[9x9x3] -> [CONV3-3 -> RELU]*5000 -> POOL2")
    assert "fits" in caught.value.diagnostics[0].hints[0]


def test_a_named_step_gives_the_size_of_a_crop():
    text = "INPUT[33x33x3] -> skip=CONV3-16 -> POOL2(rounding=floor) -> up=DECONV2-16/2 -> CONCAT(skip)"
    assert hints(text)[1] == "`CROP(0:1)` (or `CROP(like=up)`) at the end of input 2 fits"
    mended = (
        "INPUT[33x33x3] -> skip=CONV3-16 -> POOL2(rounding=floor) -> up=DECONV2-16/2 -> { | CROP(like=up, from=skip) } -> CONCAT"
    )
    assert analyzed(mended).rows[-1].output.text == "32x32x32"
