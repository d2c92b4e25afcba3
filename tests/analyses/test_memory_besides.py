"""What is beside the peaks: the work of the backward pass, im2col, augmented copies, devices, and what frameworks add."""

import pytest
from support import analyzed

import cnncalc
from cnncalc.analyses import framework_overhead as overhead
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
    """C*F*F*Wout*Hout values for one image: VGG-16's conv1_2 needs 110 MiB, whatever the batch."""
    for batch in (1, 64):
        found = cnncalc.analyze("vgg16", batch=batch).to_dict()["memory"]["miscellaneous"]
        assert (found["im2col"], found["im2col_at"]) == (64 * 3 * 3 * 224 * 224 * 4, "conv1_2")
    assert 64 * 3 * 3 * 224 * 224 * 4 / 2**20 == 110.25


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("INPUT[227x227x3] -> CONV11-96/4(padding=0)", 363 * 3025),  # the notes: X_col is [363 x 3025]
        ("INPUT[8x8x4] -> CONV1-2", 0),  # the input as it lies
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
        ("0GiB", "a device has some memory; '0GiB' is none"),
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
    assert device("12GB").note == "12 GB was taken as powers of 1000, 12,000,000,000 bytes; write GiB for powers of 1024"
    assert device("12GiB").note == device("H100").note == ""


def test_every_device_has_a_source_and_a_name_of_its_own():
    assert all(each.source and each.bytes for each in DEVICES)
    assert len({device(each.name) for each in DEVICES}) == len(DEVICES)
    assert {each.bytes // GIB for each in DEVICES if not each.flash} >= {3, 4, 6, 12}  # the notes: 3/4/6GB, the best ones 12GB


def test_three_grades():
    """Fits: with the most that was seen; does not fit: not even with the least; borderline: in between."""
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
