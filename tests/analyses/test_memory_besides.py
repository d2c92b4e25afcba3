"""Figures other than peaks: the work of the backward pass, im2col, augmented copies, devices, and framework overhead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed

import cnncalc
from cnncalc.analyses import framework_overhead as overhead
from cnncalc.analyses.miscellaneous import im2col
from cnncalc.request.devices import DEVICES, Device, device

GIB = 2**30


def test_a_backward_pass_is_two_products_but_for_the_image():
    report = cnncalc.analyze("vgg16")
    first = report.totals.macs - sum(row.counts.macs.value for row in report.rows if row.name != "conv1_1")
    assert first == 86_704_128
    assert report.backward.macs == report.backward_macs == 2 * report.totals.macs - first
    rows = {row.name: back for row, back in zip(report.rows, report.backward.rows, strict=True)}
    assert (rows["conv1_1"].input_macs, rows["conv1_1"].weight_macs) == (0, first)
    assert rows["conv1_2"].input_macs == rows["conv1_2"].weight_macs == 1_849_688_064
    assert (rows["relu1_1"].macs, rows["relu1_1"].gradient_values) == (0, 3_211_264)


def test_the_sizes_of_all_gradients():
    report = cnncalc.analyze("vgg16")
    assert report.backward.gradient_params == report.totals.params
    assert report.backward.gradient_values == report.totals.values - report.image.values


def test_frozen_layers_need_no_gradient_of_their_weights():
    report = cnncalc.analyze("vgg16", freeze=["conv1_1", "conv2_1"])
    rows = {row.name: back for row, back in zip(report.rows, report.backward.rows, strict=True)}
    assert rows["conv1_1"].macs == rows["conv1_1"].gradient_values == 0
    assert rows["conv1_2"].input_macs == 0 < rows["conv1_2"].weight_macs
    assert rows["conv2_1"].weight_macs == 0 < rows["conv2_1"].input_macs
    assert report.backward_macs == report.backward.macs


def test_backward_work_in_the_json_and_csv():
    data = cnncalc.analyze("lenet5").to_dict()
    assert sum(layer["backward_macs"] for layer in data["layers"]) == data["totals"]["backward_macs"]
    assert all(layer["backward_macs"] == layer["input_gradient_macs"] + layer["weight_gradient_macs"] for layer in data["layers"])
    assert (
        sum(layer["gradient_params"] for layer in data["layers"]) == data["totals"]["gradient_params"] == data["totals"]["params"]
    )


def test_im2col():
    """C*F*F*Wout*Hout values for one image: VGG-16's conv1_2 needs 110 MiB for any batch."""
    for batch in (1, 64):
        found = cnncalc.analyze("vgg16", batch=batch).to_dict()["memory"]["miscellaneous"]
        assert (found["im2col"], found["im2col_at"]) == (64 * 3 * 3 * 224 * 224 * 4, "conv1_2")
    assert 64 * 3 * 3 * 224 * 224 * 4 / 2**20 == 110.25


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("INPUT[227x227x3] -> CONV11-96/4(padding=0)", 363 * 3025),  # the notes: X_col is [363 x 3025]
        ("INPUT[8x8x4] -> CONV1-2", 0),  # the input in place
        ("INPUT[8x8x4] -> CONV1-2/2(rounding=floor)", 4 * 16),
        ("INPUT[8x8x4] -> CONV3-8(groups=2)", 4 * 9 * 64),
        ("INPUT[8x8x4] -> POOL2 -> FC-3", 0),
    ],
)
def test_im2col_of_one_layer(text, values):
    found = analyzed(text).miscellaneous
    assert found.im2col == 4 * values
    assert (found.im2col_at is None) == (not values)


def test_augmented_copies():
    found = cnncalc.analyze("vgg16", batch=32, augmented=3)
    images = 32 * 224 * 224 * 3 * 4
    assert (found.miscellaneous.images, found.miscellaneous.augmented) == (images, 3 * images)
    assert found.training_peak == cnncalc.analyze("vgg16", batch=32).training_peak
    assert "3 augmented copies of the batch" in str(found)


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("12GiB", 12 * GIB),
        ("12 gib", 12 * GIB),
        ("12GB", 12 * 10**9),
        ("1.5GiB", 3 * GIB // 2),
        ("320KiB", 320 * 1024),
        ("123456B", 123456),
        ("99999999999999999999TiB", 99999999999999999999 * 2**40),
        ("RTX 4090", 24 * GIB),
        ("rtx4090", 24 * GIB),
        ("4090", 24 * GIB),
        ("geforce rtx 4090", 24 * GIB),
        ("titan x", 12 * GIB),
        ("A100-80GB", 80 * GIB),
        ("h200", 141 * GIB),
        ("STM32F746", 320 * 1024),
        ("arduino nano 33 ble", 256 * 1024),
        ("esp32", 520 * 1024),
    ],
)
def test_devices(text, bytes_):
    assert device(text).bytes == bytes_


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12", "a size needs a unit, '12' has none; write 12GiB, or 12B for bytes"),
        ("12G", "'12G' has no unit of memory; write GiB \\(powers of 1024\\) or GB \\(powers of 1000\\)"),
        ("12 apples", "'12 apples' has no unit of memory; units are KiB, MiB, GiB"),
        ("0GiB", "a device has at least 1 byte of memory, not '0GiB'"),
        ("RTX 4091", "no device is called 'RTX 4091'; did you mean `RTX 4090`?"),
        ("titn x", "no device is called 'titn x'; did you mean `GTX Titan X`?"),
        ("-3GiB", "no device is called '-3GiB'"),
        ("", "no device is called ''"),
    ],
)
def test_bad_devices(text, message):
    with pytest.raises(ValueError, match=message):
        device(text)


def test_gb_and_gib_are_told_apart():
    assert (
        device("12GB").note
        == "12 GB was read as powers of 1000, 12,000,000,000 bytes; write GiB for powers of 1024, as the course notes divide"
    )
    assert device("12GiB").note == device("H100").note == ""


def test_every_device_has_a_source_and_a_name_of_its_own():
    assert all(each.source and each.bytes for each in DEVICES)
    assert len({device(each.name) for each in DEVICES}) == len(DEVICES)
    assert {each.bytes // GIB for each in DEVICES if not each.flash} >= {3, 4, 6, 12}  # the notes: 3/4/6GB, the best ones 12GB


def test_three_grades():
    """Fits: with the largest overhead; does not fit: not even with the least; borderline: in between."""
    tensors, batch = 10 * GIB, 4
    low, high = overhead.framework_overhead(tensors, batch).total
    assert low == tensors + tensors // 100 + 300_000_000
    assert high == tensors + 45 * tensors // 100 + 2_000_000_000 + 4 * 60 * 2**20
    grades = {size: overhead.verdict(Device("", size), tensors, batch) for size in (low - 1, low, high - 1, high)}
    assert list(grades.values()) == ["does not fit", "borderline", "borderline", "fits"]


def test_the_batch_that_surely_fits():
    card = Device("", 12 * GIB)
    fixed, per_image = 1_700_000_000, 73_000_000
    batch = overhead.surely(card, fixed, per_image)
    assert overhead.verdict(card, fixed + per_image * batch, batch) == "fits"
    assert overhead.verdict(card, fixed + per_image * (batch + 1), batch + 1) == "borderline"


@given(st.integers(0, 10**8), st.integers(1, 10**7))
def test_law_of_the_batch_that_surely_fits(fixed, per_image):
    """In steps of 100 bytes, of which 45 % are whole bytes."""
    card, fixed, per_image = Device("", 12 * GIB), 100 * fixed, 100 * per_image
    batch = overhead.surely(card, fixed, per_image)
    if batch >= 0:
        assert overhead.verdict(card, fixed + per_image * batch, batch) == "fits"
    assert overhead.verdict(card, fixed + per_image * (batch + 1), batch + 1) != "fits"


def test_a_microcontroller_reads_parameters_from_flash():
    data = cnncalc.analyze("lenet5", dtype="int8", device="STM32F746").to_dict()["memory"]["device"]
    assert (data["bytes"], data["flash"]) == (327_680, 1_048_576)
    assert (data["inference"]["verdict"], data["training"]["verdict"]) == ("fits", "fits")
    assert cnncalc.analyze("lenet5", device="STM32F746").to_dict()["memory"]["device"]["training"]["verdict"] == "does not fit"
    assert (
        cnncalc.analyze("alexnet", dtype="int8", device="esp32").to_dict()["memory"]["device"]["inference"]["verdict"]
        == "does not fit"
    )


def test_estimates_are_never_part_of_the_exact_figures():
    with_, without = (cnncalc.analyze("vgg16", device=name).to_dict()["memory"] for name in ("12GiB", None))
    assert with_.pop("device")["training"]["verdict"] == "fits"
    assert with_ == without
    assert with_["framework_overhead"]["training"]["reserved"] == [without["training"]["peak"] * part // 100 for part in (8, 45)]


def test_the_timeline():
    data = cnncalc.analyze("vgg16", batch=2, timeline=True).to_dict()["memory"]["training"]
    timeline = data["timeline"]
    assert max(timeline["bytes"]) == data["peak"]
    assert len(timeline["bytes"]) == len(timeline["layers"]) == len(timeline["phases"])
    assert timeline["layers"][timeline["bytes"].index(data["peak"])] == data["at"]
    assert list(dict.fromkeys(timeline["phases"])) == ["forward", "loss", "backward", "step"]
    assert "timeline" not in cnncalc.analyze("vgg16").to_dict()["memory"]["training"]


# from the makers' data sheets: GiB of graphics cards, KiB of RAM and of flash of microcontrollers
CARDS = {
    1.5: ["GTX 580 1.5GB"],
    3: ["GTX 580", "GTX 780 Ti"],
    4: ["GTX 680", "GTX 980", "Jetson Nano"],
    5: ["Tesla K20"],
    6: ["GTX Titan", "GTX Titan Black", "Tesla K20X"],
    11: ["GTX 1080 Ti", "RTX 2080 Ti"],
    12: ["GTX Titan X", "Tesla K40", "RTX 3060"],
    16: ["Tesla P100", "Tesla V100 16GB", "Tesla T4"],
    24: ["RTX 3090", "RTX 4090", "L4"],
    32: ["Tesla V100 32GB", "RTX 5090"],
    40: ["A100 40GB"],
    48: ["L40S"],
    80: ["A100 80GB", "H100"],
    141: ["H200"],
    180: ["B200"],
}
BOARDS = {
    "Arduino Nano 33 BLE": (256, 1024),
    "STM32F412": (256, 1024),
    "STM32F746": (320, 1024),
    "STM32H743": (1024, 2048),
    "ESP32": (520, 4096),
    "Raspberry Pi Pico": (264, 2048),
}


def test_the_catalogue_is_that_of_the_data_sheets():
    cards = {each.name: each.bytes for each in DEVICES if not each.flash}
    assert cards == {name: gib * GIB for gib, names in CARDS.items() for name in names}
    boards = {each.name: (each.bytes, each.flash) for each in DEVICES if each.flash}
    assert boards == {name: (ram * 1024, flash * 1024) for name, (ram, flash) in BOARDS.items()}


@pytest.mark.parametrize(
    ("text", "size", "note"),
    [
        ("1.5GiB", 1_610_612_736, ""),
        (
            "0.5 GB",
            500_000_000,
            "0.5 GB was read as powers of 1000, 500,000,000 bytes; write GiB for powers of 1024, as the course notes divide",
        ),
        (
            "2 mb",
            2_000_000,
            "2 MB was read as powers of 1000, 2,000,000 bytes; write MiB for powers of 1024, as the course notes divide",
        ),
        ("3KB", 3000, "3 KB was read as powers of 1000, 3,000 bytes; write KiB for powers of 1024, as the course notes divide"),
        (
            "1tb",
            10**12,
            "1 TB was read as powers of 1000, 1,000,000,000,000 bytes; write TiB for powers of 1024, as the course notes divide",
        ),
        ("1TiB", 2**40, ""),
        ("7b", 7, ""),
        ("1.000000001KiB", 1024, ""),
    ],
)
def test_sizes(text, size, note):
    found = device(text)
    assert (found.bytes, found.note, found.flash) == (size, note, 0)


@pytest.mark.parametrize(
    ("tensors", "stored", "verdict"),
    [
        (0, 0, "fits"),
        (320 * 1024 - overhead.INTERPRETER[1], 0, "fits"),
        (320 * 1024 - overhead.INTERPRETER[1] + 1, 0, "borderline"),
        (320 * 1024 - overhead.INTERPRETER[0], 0, "borderline"),
        (320 * 1024 - overhead.INTERPRETER[0] + 1, 0, "does not fit"),
        (0, 1024 * 1024, "fits"),
        (0, 1024 * 1024 + 1, "does not fit"),
    ],
)
def test_the_grades_of_a_microcontroller(tensors, stored, verdict):
    assert overhead.verdict(device("STM32F746"), tensors, 1, stored) == verdict


def test_estimates():
    found = overhead.framework_overhead(1000, 3)
    assert (found.tensors, found.rounding) == (1000, 10)
    assert tuple(found.reserved) == (80, 450)
    assert tuple(found.context) == (300_000_000, 2_000_000_000)
    assert tuple(found.workspace) == (0, 3 * 60 * 2**20)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("INPUT[9x4] -> CONV3-6", 4 * 3 * 9),
        ("INPUT[9x4] -> LOCAL3-6", 0),  # different weights at each position
        ("INPUT[9x7x4] -> DECONV2-4/2", 0),
        ("INPUT[9x7x4] -> DWCONV3", 4 * 9 * 63),
        ("INPUT[9x7x4] -> CONV1-4(padding=1)", 4 * 11 * 9),
        ("INPUT[9x7x4] -> CONV(kernel=1x2, filters=3)", 4 * 2 * 63),
        ("INPUT[9x7x4] -> PRELU", 0),
        ("INPUT[5x6x7x4] -> CONV(kernel=1x2x3, filters=3)", 4 * 6 * 210),
        ("INPUT[9x7x4] -> CONV3-2 -> CONV3-9 -> CONV1-30", 4 * 9 * 63),  # the largest one
        ("INPUT[9x7x4] -> CONV3-4 -> CONV3-4", 4 * 9 * 63),
    ],
)
def test_im2col_of_other_layers(text, values):
    assert analyzed(text, dtype="float16").miscellaneous.im2col == 2 * values


def test_im2col_is_that_of_the_first_of_equal_layers():
    report = analyzed("INPUT[9x7x4] -> CONV3-4 -> CONV3-4")
    assert report.miscellaneous.im2col_at == 1


BACKWARD = [  # input_macs, weight_macs, gradient_values, gradient_params, layer by layer
    (
        "INPUT[4x4x2] -> CONV3-4 -> RELU -> FC-3",
        [(0, 0, 0, 0), (0, 1152, 64, 76), (0, 0, 64, 0), (192, 192, 3, 195)],
    ),
    (
        "INPUT[4x4x2] -> POOL2 -> CONV1-4(bias=false) -> CONV1-2(bias=false)",  # no trainable layer before the first one
        [(0, 0, 0, 0), (0, 0, 0, 0), (0, 32, 16, 8), (32, 32, 8, 8)],
    ),
    (
        "INPUT[4x4x2] -> a=CONV1-2(bias=false) -> CONV1-2(share=a, bias=false)",  # the work each time, the gradient once
        [(0, 0, 0, 0), (0, 64, 32, 4), (64, 64, 32, 0)],
    ),
]


@pytest.mark.parametrize(("text", "wanted"), BACKWARD)
def test_backward_work_layer_by_layer(text, wanted):
    report = analyzed(text)
    assert [tuple(row) for row in report.backward.rows] == wanted
    assert report.backward.macs == sum(row[0] + row[1] for row in wanted)
    assert report.backward.gradient_params == sum(row[3] for row in wanted)


def test_gradients_of_volumes_in_place_are_counted_once():
    report = analyzed("INPUT[4x4x2] -> CONV3-4 -> RELU -> FC-3")
    assert report.backward.gradient_values == 64 + 3


@pytest.mark.parametrize("layer", ["RELU", "FC-3", "CONV1-2", "POOL2", "DECONV2-2/2", "GAP"])
def test_what_needs_no_matrix_of_windows_has_none(layer):
    assert im2col(analyzed(f"INPUT[4x4x2] -> {layer}").network.typed[1]) == 0
