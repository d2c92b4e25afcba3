"""`cnncalc verify --shift`: how much of each layer changes when the image moves."""

import json

import numpy as np
import pytest

from cnncalc.forward.differences import moved

POOLS = "INPUT[8x1] -> POOL -> POOL"


def test_pools_do_not_change_where_the_largest_value_stays_in_its_window(cli):
    """Knet tutorial, Pooling: "invariant to small translations of the input"."""
    status, out, err = cli("verify", POOLS, "--array", "0 0 9 0 5 0 0 0", "--shift", "1")
    assert (status, err) == (0, "")
    assert out == (
        "INPUT[8x1] -> POOL -> POOL · the image, and the image moved by 1 right\n\n"
        "layer         output  values  changed\n"
        "-----  -----  ------  ------  -------  ----\n"
        "input  INPUT  8x1          8        4  50 %\n"
        "pool1  POOL2  4x1          4        0   0 %\n"
        "pool2  POOL2  2x1          2        0   0 %\n"
    )


def test_they_change_where_it_leaves_its_window(cli):
    words = ("verify", POOLS, "--array", "0 0 0 9 0 5 0 0", "--shift", "1", "--format", "json")
    found = json.loads(cli(*words)[1])
    assert found["shift"] == [1]
    assert [layer["changed"] for layer in found["layers"]] == [4, 3, 2]


def test_a_convolution_moves_with_its_image(cli):
    """A global maximum sees the same values, unless they leave the image."""
    net = "INPUT[9x9x1] -> CONV3-2(bias=false) -> GMP"
    image = "; ".join(" ".join("7" if (x, y) == (4, 4) else "0" for x in range(9)) for y in range(9))
    found = json.loads(cli("verify", net, "--array", image, "--shift", "-1x2", "--format", "json")[1])
    assert [layer["changed"] > 0 for layer in found["layers"]] == [True, True, False]


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        ("8", "the input 8x1 cannot be moved by 8 pixels"),
        ("1x1", "the input 8x1 cannot be moved by 1x1 pixels"),
        ("one", "--shift is a number of pixels such as 1, or one for each axis, 1x-2, not 'one'"),
        ("99999999999", "--shift is a number of pixels"),
    ],
)
def test_shifts_that_cannot_be(cli, shift, said):
    status, out, err = cli("verify", POOLS, "--shift", shift)
    assert (status, out) == (2, "")
    assert said in err


def test_it_goes_with_no_other_listing(cli):
    assert "it cannot be combined with" in cli("verify", POOLS, "--shift", "1", "--print")[2]


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (-2, 1), (0, -1)])
def test_zeros_enter(shift):
    image = np.arange(1.0, 13).reshape(1, 3, 4, 1)
    found = moved(image, shift)
    for y in range(3):
        for x in range(4):
            from_x, from_y = x - shift[0], y - shift[1]
            inside = 0 <= from_x < 4 and 0 <= from_y < 3
            assert found[0, y, x, 0] == (image[0, from_y, from_x, 0] if inside else 0)
