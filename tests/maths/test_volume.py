"""Volumes, and values as written in a spec."""

import pytest

from cnncalc.maths.volume import AXES, Dims, Sides, Volume, axis_name, dims_text, written


def test_volumes():
    volume = Volume((224, 224), 64)
    assert (volume.values, volume.sides, volume.rank, volume.text) == (3_211_264, (224, 224, 64), 2, "224x224x64")
    assert not volume.is_vector()
    assert Volume((1, 1), 9).is_vector()
    assert not Volume((1, 2), 9).is_vector()
    assert Volume((5,), 3).values == 15


def test_axes_have_names():
    assert [[axis_name(axis, rank) for axis in range(rank)] for rank in (1, 2, 3)] == [
        ["length"],
        ["width", "height"],
        ["width", "height", "time"],
    ]
    assert dims_text((1, 2, 3)) == "1x2x3"


WRITTEN = [
    (True, "true"),
    (3, "3"),
    (0.5, "0.5"),
    ("same", "same"),
    (Dims((1, 7)), "1x7"),
    (Dims((3, 3)), "3x3"),
    (Sides(((0, 1),)), "0:1"),
    (Sides(((1, 1), (2, 3))), "1x2:3"),
    (((0, 0),), "0"),
    (((1, 1), (1, 1)), "1"),
    ((3, 3), "3"),
    ((1, 7), "1x7"),
    (((0, 1), (0, 1)), "0:1"),
    (((0, 1), (1, 0)), "0:1x1:0"),
    (Sides(((2, 2), (2, 2))), "2"),
    (False, "false"),
    (Volume((7, 7), 512), "7x7x512"),
]


@pytest.mark.parametrize("value, text", WRITTEN)
def test_written(value, text):
    assert written(value) == text


BYTES = [("", 4), ("int64", 8), ("int32", 4), ("uint8", 1), ("bool", 1)]


@pytest.mark.parametrize("dtype, wanted", BYTES)
def test_the_dtype_of_a_volume_goes_before_that_of_the_network(dtype, wanted):
    assert Volume((2, 2), 3, dtype).number_bytes(4) == wanted
    assert Volume((2, 2), 3, dtype).number_bytes(2) == (wanted if dtype else 2)


def test_a_vector_has_no_axes():
    vector = Volume((), 9)
    assert (vector.values, vector.sides, vector.rank, vector.text, vector.dtype) == (9, (9,), 0, "9", "")
    assert vector.is_vector()
    assert [len(AXES[rank]) for rank in range(4)] == [0, 1, 2, 3]
