"""Several devices: the two towers of AlexNet, parts of batches and of filters, and laws of both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import analyzed, run

import cnncalc
from cnncalc.analyses.several_devices import analyse, largest_batch, share

# Krizhevsky et al. 2012, figure 2: the volumes of one GPU; section 3.2: layer 3 takes input from all kernel maps of layer 2, the
# neurons of the fully-connected layers are connected to all neurons of the layer before
TOWER = [55 * 55 * 48, 55 * 55 * 48, 27 * 27 * 48, 27 * 27 * 128, 27 * 27 * 128, 13 * 13 * 128, 13 * 13 * 192, 13 * 13 * 192]
TOWER += [13 * 13 * 128, 6 * 6 * 128, 2048, 2048, 500]
IMAGE = 227 * 227 * 3
RECEIVED = {"conv3": 13 * 13 * 128, "fc6": 6 * 6 * 128, "fc7": 2048, "fc8": 2048}


def test_the_two_towers_of_alexnet():
    report = cnncalc.analyze("alexnet_grouped", batch=128, devices=2, split="filters", device="GTX 580")
    part, each = report.of(analyse), report.of(share)
    assert part.params == 60_965_224 // 2
    assert part.values == sum(TOWER) + IMAGE
    assert part.received == sum(RECEIVED.values())
    assert [report.rows[at].name for at in part.receivers] == list(RECEIVED)
    assert part.copied == ()
    assert each.textbook == 2 * (part.values + part.received) * 128 * 4 + 3 * part.params * 4
    assert each.exchanged == 2 * part.received * 128 * 4
    assert each.textbook < 3 * 2**30


def test_one_tower_reads_all_of_every_volume():
    """The AlexNet of the slides has no groups: its conv2, conv4 and conv5 need the other half as well."""
    report = cnncalc.analyze("alexnet", devices=2, split="filters")
    assert [report.rows[at].name for at in report.of(analyse).receivers] == [
        "conv2",
        "conv3",
        "conv4",
        "conv5",
        "fc6",
        "fc7",
        "fc8",
    ]


SMALL = [
    # filters that two devices do not divide are copied, and then their output is everywhere
    ("INPUT[8x8x3] -> CONV3-5 -> CONV3-4", 2, 3 * 9 * 5 + 5 + (5 * 9 * 4 + 4) // 2, ["conv1"], []),
    ("INPUT[8x8x3] -> CONV3-4 -> BN -> RELU -> POOL2 -> FC-2", 2, (27 * 4 + 4) // 2 + 4 + (64 * 2 + 2) // 2, [], ["fc2"]),
    ("INPUT[8x8x3] -> CONV3-4 -> DWCONV3 -> CONV1-4", 2, (108 + 4) // 2 + (36 + 4) // 2 + (16 + 4) // 2, [], ["conv3"]),
    ("INPUT[8x8x3] -> CONV3-4 -> CONV3-8(groups=2) -> GAP -> FC-10", 2, 56 + (18 * 8 + 8) // 2 + 45, [], ["fc3"]),
    (
        "INPUT[8x8x3] -> CONV3-4 -> { CONV3-4 | } -> ADD -> RELU -> FC-2",
        2,
        56 + 74 + (8 * 8 * 4 * 2 + 2) // 2,
        [],
        ["conv2", "fc1"],
    ),
    ("INPUT[8x8x3] -> CONV3-4 -> SHUFFLE(2) -> CONV1-4(groups=2)", 2, 56 + 8 // 2 + 2, [], ["shuffle1"]),
    ("INPUT[8x8x3] -> CONV3-4 -> MAX(depth) -> FC-2", 2, 56 + (64 * 2 + 2) // 2, [], ["max1"]),
    ("INPUT[8x8x3] -> CONV3-4 -> GLU -> FC-2", 2, 56 + (128 * 2 + 2) // 2, [], ["glu1"]),
    ("INPUT[8x8x3] -> CONV3-4 -> SLICE(0, depth=2) -> FC-2", 2, 56 + (128 * 2 + 2) // 2, [], ["slice1"]),
    ("INPUT[8x8x3] -> CONV3-4 -> LN -> FC-2", 2, 56 + 8 + (512 + 2) // 2, ["ln1"], ["ln1"]),
    ("INPUT[8x8x3] -> CONV3-4 -> FC-4 -> SOFTMAX", 2, 56 + (1024 + 4) // 2, [], ["fc2", "softmax2"]),
    ("INPUT[8x8x3] -> a=CONV3-3 -> CONV(share=a)", 3, 84 // 3, [], ["conv2"]),
]


@pytest.mark.parametrize(("text", "devices", "params", "copied", "receivers"), SMALL)
def test_small_networks(text, devices, params, copied, receivers):
    report = analyzed(text, devices=devices, split="filters")
    part = report.of(analyse)
    assert part.params == params
    assert [report.rows[at].name for at in part.copied] == copied
    assert [report.rows[at].name for at in part.receivers] == receivers


def test_two_readers_receive_a_volume_once():
    report = analyzed("INPUT[8x8x3] -> CONV3-4 -> { CONV3-4 | CONV1-4 } -> CONCAT", devices=2, split="filters")
    assert report.of(analyse).received == 8 * 8 * 2


@given(batch=st.integers(1, 300), devices=st.integers(1, 9), optimizer=st.sampled_from(["sgd", "adam", "adafactor", "adam8bit"]))
def test_one_device_has_everything_and_several_have_less(batch, devices, optimizer):
    text = "INPUT[16x16x3] -> CONV3-8 -> RELU -> POOL2 -> CONV3-16(groups=2) -> RELU -> FC-24"
    whole = analyzed(text, batch=batch, optimizer=optimizer)
    for split in ("batch", "filters"):
        part = analyzed(text, batch=batch, devices=devices, split=split, optimizer=optimizer)
        found, part_of = part.of(share), part.of(analyse)
        if devices == 1:
            assert found.textbook == whole.memory.textbook
            assert found.exchanged == 0
        assert found.textbook <= whole.memory.textbook
        assert part_of.params * devices >= whole.totals.params
        assert devices * part_of.values >= whole.totals.values
    images = analyzed(text, batch=batch, devices=devices).of(analyse).images
    assert (images - 1) * devices < batch <= images * devices


def test_data_parallel_peak_is_that_of_a_part_of_the_batch():
    report = cnncalc.analyze("resnet50", batch=256, devices=8)
    assert report.of(analyse).images == 32
    assert report.training.peak(32).at(32) == cnncalc.analyze("resnet50", batch=32).training_peak
    assert report.of(share).exchanged == 2 * 7 * 4 * 25_557_032 // 8


@pytest.mark.parametrize("split", ["batch", "filters"])
@pytest.mark.parametrize("devices", [1, 2, 4])
def test_the_largest_batch_fits_and_one_more_image_a_device_does_not(split, devices):
    memory = 3 * 2**30
    report = cnncalc.analyze("alexnet_grouped", devices=devices, split=split)
    batch = largest_batch(report, memory)
    assert report.at(batch=batch).of(share).textbook <= memory
    assert report.at(batch=batch + 1).of(share).textbook > memory


def test_no_device_is_large_enough():
    assert largest_batch(cnncalc.analyze("vgg16", devices=2), 2**30) == 0


def test_on_the_command_line():
    found = run(
        "analyze", "alexnet_grouped", "--batch", "128", "--device", "GTX 580", "--devices", "2", "--split", "filters"
    ).stdout
    assert "devices     2 x GTX 580, split by filters: 30,482,612 of 60,965,224 parameters each, for all 128 images" in found
    assert "29.6 MiB received by each, volumes and gradients of conv3, fc6, fc7, fc8 = 2*30,336*128*4" in found
    fit = run("fit", "alexnet_grouped", "--device", "GTX 580", "--devices", "2", "--split", "filters").stdout
    assert "On 2 devices, split by filters, the notes' sum fits a batch of 438; on one 220." in fit
    assert "devices" not in run("analyze", "alexnet_grouped").stdout


def test_in_json_and_as_a_limit():
    data = cnncalc.analyze("alexnet_grouped", batch=128, devices=2, split="filters").to_dict()["memory"]["devices"]
    assert (data["number"], data["params"], data["receivers"]) == (2, 30_482_612, ["conv3", "fc6", "fc7", "fc8"])
    assert "devices" not in cnncalc.analyze("alexnet_grouped").to_dict()["memory"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--devices", "0"], "devices is a number of devices from 1 to 10^18, not 0"),
        (["--devices", "2", "--split", "depth"], "split is one of batch, filters, not 'depth'"),
    ],
)
def test_bad_options(options, message):
    found = run("analyze", "lenet5", *options)
    assert found.returncode == 2
    assert message in found.stderr


@pytest.mark.parametrize(
    "batch, devices, held",
    [
        (6, 3, "2 of 6 images each, and all parameters"),
        (4, 3, "at most 2 of 4 images each, and all parameters"),
        (3, 1000, "1 image on each of 3, none on the others; all parameters on each"),
        (1, 2, "1 image on one, none on the others; all parameters on each"),
    ],
)
def test_batches_that_devices_do_not_divide(batch, devices, held):
    text = run("analyze", "lenet5", "--batch", str(batch), "--devices", str(devices)).stdout
    assert f"devices     {devices:,}, split by batch: {held}\n" in text


def test_frozen_parameters_have_no_gradients_to_add_up():
    report = cnncalc.analyze("vgg16", batch=2, devices=2, freeze=["conv1_1"])
    assert report.of(share).exchanged == (138_357_544 - 1792) * 4
