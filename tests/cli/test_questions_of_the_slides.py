"""Questions as the slides and notes put them: sizes without a number of filters, dilation 0 and 1, GB, the optimizers' copies."""

import pytest
from support import run

import cnncalc
from cnncalc.request.devices import device


def test_a_size_needs_no_number_of_filters():
    """Slides, "A closer look at spatial dimensions": 7x7 input, 3x3 filter, stride 1: 5x5; stride 2: 3x3."""
    for stride, side in ((1, 5), (2, 3)):
        found = run("conv", "7x7x1", "-f", "3", "-s", str(stride), "-p", "0")
        assert f"output      {side}x{side}x1 = {side * side} neurons" in found.stdout
        assert found.stderr.startswith("one filter: ")
    assert "one filter" not in run("conv", "7x7x1", "-k", "1", "-f", "3", "-p", "0").stderr


@pytest.mark.parametrize(("given", "ours"), [("0", "1"), ("0x1", "1x2"), ("0x0", "1x1")])
def test_the_dilation_0_of_the_notes(given, ours):
    """Notes, "Dilated convolutions": an ordinary filter has dilation 0, one gap between its cells is dilation 1."""
    found = run("conv", "5x5x1", "-k", "1", "-f", "3", "-d", given, "-p", "0")
    assert found.returncode == 2
    assert f"hint: the course notes count the cells left out: their dilation {given} is `dilation={ours}` here" in found.stderr
    assert run("conv", "5x5x1", "-k", "1", "-f", "3", "-d", ours, "-p", "0").returncode == 0


def test_the_dilation_1_of_the_notes():
    note = "dilation 1 is an ordinary kernel, the course notes' dilation 0; their dilation 1, gaps of one cell, is -d 2"
    assert note in run("conv", "5x1", "-k", "1", "-f", "3", "-d", "1", "-p", "0").stderr
    assert note in run("pool", "5x5x1", "-f", "3", "-s", "1", "-d", "1x1").stderr
    for dilation in ([], ["-d", "2"], ["-d", "1x2"]):
        assert note not in run("conv", "5x5x1", "-k", "1", "-f", "3", *dilation, "-p", "0").stderr
    assert "hint" not in run("conv", "5x1", "-k", "1", "-f", "3", "-d", "-1", "-p", "0").stderr


def test_gb_of_the_notes():
    """Notes: divided by 1024 for KB, MB and GB. 12 GB in powers of 1000 hold 140 images of VGG-16, 12 GiB hold 152."""
    found = run("fit", "vgg16", "--memory", "12GB", "--batch", "4")
    assert "by powers of 1024 the largest batch of training with momentum is 152, not 140" in found.stderr
    assert "powers of 1024" not in run("fit", "vgg16", "--memory", "12GiB", "--batch", "4").stderr
    assert device("12GB").binary == 12 * 2**30
    assert device("1.5 GB").binary == 3 * 2**29
    assert device("12GiB").binary == device("GTX 580").binary == device("7B").binary == 0


# the board specifications and data sheets of the cards of the notes' time, in GB of 1024^3 bytes
CARDS = {"Tesla K20": 5, "K20": 5, "K20X": 6, "Tesla K40": 12, "K40": 12, "Titan X": 12, "GTX Titan": 6, "GTX 980": 4, "GTX 580": 3}


@pytest.mark.parametrize(("name", "gib"), CARDS.items())
def test_cards_of_the_time(name, gib):
    assert device(name).bytes == gib * 2**30
    assert device(name).source


def test_the_reference_gtx_580():
    assert device("GTX 580 1.5GB").bytes == 3 * 2**29


def test_the_wide_zfnet():
    """Notes: ZFNet expanded the middle convolutional layers. Zeiler and Fergus 2013, table 2: 512, 1024, 512 maps (b)."""
    plain, wide = cnncalc.analyze("zfnet"), cnncalc.analyze("zfnet_wide")
    depths = [(row.name, row.output.depth) for row in wide.rows if row.name in {"conv1", "conv2", "conv3", "conv4", "conv5"}]
    assert depths == [("conv1", 96), ("conv2", 256), ("conv3", 512), ("conv4", 1024), ("conv5", 512)]
    # conv3 to conv5, and fc6 over 6x6x512
    more = 9 * (256 * 512 + 512 * 1024 + 1024 * 512 - 256 * 384 - 384 * 384 - 384 * 256) + (2048 - 1024) + 36 * 256 * 4096
    assert wide.totals.params - plain.totals.params == more


def test_both_editions_say_that_smaller_strides_work_better():
    assert "According to both editions of the notes, smaller strides work better in practice" in " ".join(
        run("explain", "CNN303").stdout.split()
    )
