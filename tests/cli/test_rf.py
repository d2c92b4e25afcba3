"""`cnncalc rf`: the table, the picture of one neuron, bad names and places."""

import json

import pytest
from support import run

DILATED = "INPUT[30x20x1] -> CONV3-2(dilation=4) -> CONV3-2"


def lines(*arguments, **options):
    done = run("rf", *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_table():
    found = lines("vgg16")
    assert found[2].split() == ["layer", "kind", "output", "size", "stride", "offset", "of", "image"]
    rows = {line.split()[0]: line.split()[3:] for line in found[4:] if line}
    assert rows["pool5"] == ["212", "32", "-90", "90", "%"]
    assert rows["fc6"] == ["whole", "-", "-", "100", "%"]
    assert found[-1] == "No layer sees beyond the 224x224 image."


def test_unproductive_layers():
    assert lines("resnet50")[-1] == (
        "5 layers with windows see beyond the 224x224 image, from conv4_x/same4/body1/conv2 (235) on: they see nothing new; at 427x427 none does."
    )


def test_paths_that_are_not_aligned():
    found = lines("INPUT[16x16x2] -> { CONV2-2 | } -> ADD")
    assert found[-1] == (
        "Paths are not aligned at add1: its inputs (conv1, input) have centres at 0.5 and 0: the joined fields are shifted, the size is the hull."
    )
    found = lines("INPUT[16x16x2] -> { CONV9-2(padding=0) | POOL2 } -> CONCAT")
    assert "have strides of 1 and 2: the fields of a neuron drift apart" in found[-1]


def test_phases():
    found = lines("INPUT[8x1] -> DECONV3-1/2(padding=1)")
    assert found[5].split()[:7] == ["deconv1", "DECONV3-1/2", "p1", "15x1", "2", "1/2", "0"]
    assert found[-1].startswith("From deconv1 on, fields of different places or sizes alternate between neighbouring neurons")


def test_json():
    data = json.loads("\n".join(lines("mobilenet_v1", "--format", "json")))
    assert data["unproductive"] == ["sep12/dwconv1", "sep13/dwconv1"]
    assert data["smallest_input"] == [315, 315]
    assert data["not_aligned"] == []
    last = next(each for each in data["layers"] if each["name"] == "sep13/conv1")
    assert last["receptive_field"] == {
        "size": [315, 315],
        "stride": [32, 32],
        "offset": [-157, -157],
        "whole": False,
        "aligned": True,
        "phases": [1, 1],
        "seen": [224, 224],
    }


def test_the_picture_shows_the_holes_of_dilation():
    found = lines(DILATED, "conv2", "--at", "15,9")
    assert found[2:5] == [
        "sees     81 of 600 pixels (14 % of the image): 10..20 x 4..14 = 11x11",
        "field    10..20 x 4..14 = 11x11: the hull, padding included",
        "holes    40 pixels within these limits are not seen",
    ]
    row = "··" * 10 + "██" * 3 + "··" + "██" * 3 + "··" + "██" * 3 + "··" * 9
    empty = "··" * 30
    assert found[6:] == [*[empty] * 4, *[row] * 3, empty, *[row] * 3, empty, *[row] * 3, *[empty] * 5]


def test_ascii():
    found = lines(DILATED, "conv2", "--at", "15,9", env={"PYTHONIOENCODING": "ascii"})
    assert found[10] == ".." * 10 + "##" * 3 + ".." + "##" * 3 + ".." + "##" * 3 + ".." * 9


def test_half_blocks():
    """60 columns: a line is two rows."""
    found = lines("INPUT[60x4x1] -> CONV3-1", "conv1", "--at", "1,1")
    assert found[-2:] == ["███" + "·" * 57, "▀▀▀" + "·" * 57]


def test_a_picture_that_is_scaled_down():
    found = lines("vgg16", "pool5", "--at", "0,0")
    assert found[2] == "sees     14,884 of 50,176 pixels (30 % of the image): 0..121 x 0..121 = 122x122"
    assert found[5] == "█" * 40 + "▓" + "·" * 34
    assert found[-1] == "one character is 3x6 pixels"
    assert max(map(len, found)) <= 80


def test_other_numbers_of_axes():
    assert lines("m5", "pool2")[-2:] == ["·" * 39 + "░░" + "·" * 39, "one character is 400 pixels"]
    assert "frames 4..12 of 16 are seen; this is frame 8" in lines("INPUT[20x10x16x1] -> [CONV3-2]*4", "conv4")[-1]


def test_a_neuron_that_sees_nothing():
    assert lines("INPUT[4x1] -> DECONV1-1/3", "deconv1", "--at", "1")[-1].startswith("It sees no pixel of the image")


def test_one_neuron_as_json():
    data = json.loads("\n".join(lines(DILATED, "conv2", "--at", "0,0", "--format", "json")))
    assert data["at"] == [0, 0]
    assert data["hull"] == [[-5, 5], [-5, 5]]
    assert (data["pixels"], data["of"]) == (16, 600)  # 0, 1, 4 and 5 of each axis: padding is no pixel
    assert data["rows"][0] == {"at": [0], "runs": [[0, 2], [4, 6]]}


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["vgg16", "conv33"], "no layer is named `conv33`; did you mean `conv3_3`?"),
        (["vgg16", "zzz"], "`cnncalc analyze` shows the names"),
        (["vgg16", "conv3_1", "--at", "99,0"], "conv3_1 is 56x56x256: --at takes 2 numbers from 0 to 55,55, not `99,0`"),
        (["vgg16", "conv3_1", "--at", "1"], "--at takes 2 numbers from 0 to 55,55, not `1`"),
        (["vgg16", "conv3_1", "--at", "-1,0"], "--at takes 2 numbers"),
        (["vgg16", "conv3_1", "--at", "1,²"], "--at takes 2 numbers"),
        (["vgg16", "--at", "1,1"], "--at names a neuron of a layer"),
        (["nope"], "there is no file and no shipped spec `nope`"),
    ],
)
def test_bad_input(arguments, told):
    done = run("rf", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""
