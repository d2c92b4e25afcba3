"""Layers in the small letters of the VGG paper's table 1, as the slides print it: `conv3-64`, `maxpool`, `soft-max`."""

import pytest
from support import analyzed, codes, labels, told

SAME = [
    ("conv3-64", "CONV3-64"),
    ("maxpool", "POOL2"),
    ("max-pool", "POOL2"),
    ("soft-max", "SOFTMAX"),
    ("softmax", "SOFTMAX"),
    ("relu", "RELU"),
    ("relu6", "RELU6"),
    ("fc-10", "FC-10"),
    ("lrn", "LRN"),
    ("avgpool2", "AVGPOOL2"),
    ("l2pool2", "L2POOL2"),
    ("conv1x7-4", "CONV1x7-4"),
    ("conv3-4/1", "CONV3-4"),
    ("[conv3-4 -> relu]*2 -> maxpool", "CONV3-4 RELU CONV3-4 RELU POOL2"),
    ("conv3-4 - relu - maxpool - soft-max", "CONV3-4 RELU POOL2 SOFTMAX"),
    ("conv3-4, relu, maxpool?", "CONV3-4 RELU POOL2"),
    ("{ conv3-4 | conv1-4 } -> add", "CONV3-4 CONV1-4 ADD"),
]


@pytest.mark.parametrize(("text", "wanted"), SAME)
def test_small_letters(text, wanted):
    assert " ".join(row.label for row in analyzed(f"INPUT[8x8x4] -> {text}").rows[1:]) == wanted


def test_a_column_of_the_table():
    """Configuration A of Simonyan and Zisserman 2014, table 1, as printed; 133 million parameters in table 2."""
    text = (
        "INPUT[224x224x3] -> conv3-64 -> maxpool -> conv3-128 -> maxpool -> conv3-256 -> conv3-256 -> maxpool -> conv3-512 -> conv3-512"
        " -> maxpool -> conv3-512 -> conv3-512 -> maxpool -> FC-4096 -> FC-4096 -> FC-1000 -> soft-max"
    )
    assert analyzed(text).totals.params == 132_863_336


def test_what_stays_as_it_is():
    """Names of steps and blocks, parameters, and the calls of other frameworks."""
    assert labels("INPUT[8x8x4] -> conv1=CONV3-4 -> relu1=RELU -> CONCAT(conv1)") == ["CONV3-4", "RELU", "CONCAT"]
    assert "`POOL3/2`" in told("INPUT[8x8x4] -> maxpool(3, stride=2)")
    assert codes("INPUT[8x8x4] -> soft - max") != []
    assert "CNN103" in codes("INPUT[8x8x4] -> convolve3-64")
    blocks = "input: 8x8x4\npattern: WIDE(8)\nblocks: {WIDE(exp): CONV3-exp -> RELU}\n"
    assert labels(blocks) == ["CONV3-8", "RELU"]
    own = "input: 8x8x4\npattern: relu -> RELU\nblocks: {relu: CONV3-4}\n"
    assert labels(own) == ["CONV3-4", "RELU"]
