"""Values as people type them: what they read as, what they are placed in, and what is wrong with them."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import layer, volume

from cnncalc.forward.typed_arrays import images, stored
from cnncalc.forward.typed_values import MOST, is_typed, typed
from cnncalc.forward.value_text import number, text_of
from cnncalc.layers import kinds
from cnncalc.layers.base import How
from cnncalc.text.diagnostic import SpecError

READ = {
    "7": ((), [7]),
    "1 2 3": ((3,), [1, 2, 3]),
    "1,2,3": ((3,), [1, 2, 3]),
    "[1, 2, 3]": ((3,), [1, 2, 3]),
    "[1 2 3]": ((3,), [1, 2, 3]),
    "(1, 2, 3)": ((3,), [1, 2, 3]),
    "-1 +2 .5 3. 1e3 -2.5E-1": ((6,), [-1, 2, 0.5, 3, 1000, -0.25]),
    "1/4 -3/2": ((2,), [0.25, -1.5]),
    "1:6": ((6,), [1, 2, 3, 4, 5, 6]),
    "1..6": ((6,), [1, 2, 3, 4, 5, 6]),
    "[1.0:6.0...]": ((6,), [1, 2, 3, 4, 5, 6]),
    "0:0.1:0.3": ((4,), [0, 0.1, 0.2, 0.3]),
    "3:-1:1": ((3,), [3, 2, 1]),
    "2:2": ((), [2]),
    "0 1:3 9": ((5,), [0, 1, 2, 3, 9]),
    "1 2 3; 4 5 6": ((2, 3), [1, 2, 3, 4, 5, 6]),
    "1 2 3;\n4 5 6;": ((2, 3), [1, 2, 3, 4, 5, 6]),
    "1 2 3\n4 5 6\n": ((2, 3), [1, 2, 3, 4, 5, 6]),
    "[1 2; 3 4]": ((2, 2), [1, 2, 3, 4]),
    "[[1,2],[3,4]]": ((2, 2), [1, 2, 3, 4]),
    "[[1, 2],\n [3, 4],\n [5, 6]]": ((3, 2), [1, 2, 3, 4, 5, 6]),
    "[1 2\n 3 4]": ((2, 2), [1, 2, 3, 4]),
    "1; 2; 3": ((3,), [1, 2, 3]),
    "1 2; 3 4 | 5 6; 7 8": ((2, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8]),
    "1 2\n3 4\n\n5 6\n7 8\n": ((2, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8]),
    "[[[1,2],[3,4]],[[5,6],[7,8]]]": ((2, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8]),
    "[[[1 2]\n  [3 4]]\n\n [[5 6]\n  [7 8]]]": ((2, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8]),  # as NumPy prints it
    "[1 2; 3 4] | [5 6; 7 8]": ((2, 2, 2), [1, 2, 3, 4, 5, 6, 7, 8]),
    "1 2 / 3 4 / 5 6": ((3, 2), [1, 2, 3, 4, 5, 6]),
    "1 | 2 || 3 | 4 || 5 | 6": ((3, 2), [1, 2, 3, 4, 5, 6]),
    "[:, :, 1, 1] =\n 1.0  3.0\n 2.0  4.0\n\n[:, :, 2, 1] =\n 5.0  7.0\n 6.0  8.0": ((2, 2, 2), [1, 3, 2, 4, 5, 7, 6, 8]),
    "pool1[:,:,0,0] =\n 1 2\n 3 4": ((2, 2), [1, 2, 3, 4]),
    "reshape([1.0:9.0...], (3,3,1,1))": ((3, 3), [1, 4, 7, 2, 5, 8, 3, 6, 9]),
    "KnetArray(reshape([1.0:4.0...], (2,2,1,1)))": ((2, 2), [1, 3, 2, 4]),
    "reshape(1:6, 2, 3)": ((2, 3), [1, 3, 5, 2, 4, 6]),
    "reshape(1:3, (3,1))": ((3,), [1, 2, 3]),
    "reshape([1, 2, 3, 4, 5, 6, 7, 8], (2, 2, 2))": ((2, 2, 2), [1, 3, 2, 4, 5, 7, 6, 8]),
}


@pytest.mark.parametrize("text", READ, ids=[repr(text) for text in READ])
def test_read(text):
    found = typed(text, "--array")
    assert (found.shape, list(found.numbers)) == READ[text]


ROUND = [
    ("1 two 3", "`two` is no number", "two"),
    ("1-2 3", "`1-2` is no number", "1-2"),
    ("2x2", "`2x2` is no number", "2x2"),
    ("1 2/ 3", "`2/` is no number", "2/"),
    ("1 nan", "`nan` is no finite number", "nan"),
    ("[1, -Inf]", "`-Inf` is no finite number", "-Inf"),
    ("1e999", "`1e999` is no finite number", "1e999"),
    ("1/0", "`1/0` is no finite number", "1/0"),
    ("1:1e999", "`1:1e999` is no finite number", "1:1e999"),
    ("5:1", "`5:1` is empty: 5 to 1 in steps of 1", "5:1"),
    ("1:0:5", "`1:0:5` is no range: its step is 0", "1:0:5"),
    ("1:1e9", "`1:1e9` has more than 1,000,000 numbers", "1:1e9"),
    ("1,,2", "there is no number within `,,`", ",,"),
    ("1 2;; 3 4", "there is no number within `;;`", ";;"),
    ("[1 2", "`[` is never closed", "["),
    ("1 2]", "`]` closes nothing", "]"),
    ("[1 2)", "`[` is closed by `)`", ")"),
    ("1 [2 3]", "numbers stand beside brackets", "1 [2 3]"),
    ("[" * 40 + "1", "brackets are nested more than 16 deep", "["),
    ("[]", "there are no numbers in the text", "[]"),
    ("1 2 3; 4 5", "the values do not make a rectangle: row 2 has 2 numbers, row 1 has 3", "4 5"),
    ("1 2; 3 4 | 5 6", "the values do not make a rectangle: slice 2 has 1 row, slice 1 has 2", "5 6"),
    ("1 2 / 3 4 | 5 6", "the values do not make a rectangle: slice 2 has 1 frame, slice 1 has 2", "5 6"),
    ("1 | 2 || 3", "the values do not make a rectangle: group 2 has 1 slice, group 1 has 2", "3"),
    ("[[1, 2], [3]]", "the values do not make a rectangle: row 2 has 1 number, row 1 has 2", "3"),
    ("[[1, 2], [[3, 4]]]", "some numbers stand in more brackets than others", "1,2"),
    ("reshape(1:8, (3,3))", "3x3 holds 9 numbers, here are 8", "1:8"),
]


@pytest.mark.parametrize(("text", "message", "words"), ROUND, ids=[text[:20] for text, _, _ in ROUND])
def test_refused(text, message, words):
    with pytest.raises(SpecError) as caught:
        typed(text, "--array")
    (found,) = caught.value.diagnostics
    assert found.message == message
    assert found.span.words().replace(", ", ",") == words.replace(", ", ",")


def test_all_wrong_words_at_once():
    with pytest.raises(SpecError) as caught:
        typed("1 a 2; b 3 \u22124", "--array")
    assert [each.message for each in caught.value.diagnostics] == [
        "`a` is no number",
        "`b` is no number",
        "`\u22124` is no number",
    ]
    assert caught.value.diagnostics[2].hints == ("`-4` is a number",)


def test_a_caret_points_into_the_text():
    with pytest.raises(SpecError) as caught:
        typed("1 2 3; 4 5", "--array")
    assert str(caught.value) == (
        "error[CNN451]: the values do not make a rectangle: row 2 has 2 numbers, row 1 has 3\n"
        " --> --array:1:8\n"
        "  |\n"
        "1 | 1 2 3; 4 5\n"
        "  |        ^^^\n"
        "  |\n"
        "  = help: cnncalc explain CNN451"
    )


LONG = 100_000
HOSTILE = [
    "reshape(" + " " * LONG,
    "reshape(1," + ")" * LONG + "x",
    "reshape([1]" + " " * LONG + ";",
    "[" + ":" * LONG,
    "[" + ":," * LONG + "]",
    "a" * LONG,
    "9" * LONG,
    "1e" + "9" * LONG,
    "0:1e-" + "9" * LONG + ":1",
    "1:1e-999999:1e300",
    "1e300:1e300:1e-400",
    ", " * LONG,
    "1;" * LONG + "x",
    "1 " * LONG + "| 2",
    "[1]" * LONG + "[",
]


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:12] for text in HOSTILE])
def test_hostile_texts_are_refused_at_once(text):
    start = time.process_time()
    with pytest.raises(SpecError):
        typed(text, "--array")
    assert time.process_time() - start < 10


def test_too_many_numbers():
    half = f"1:{MOST // 2 + 1}"
    with pytest.raises(SpecError, match="a text holds at most 1,000,000 numbers"):
        typed(f"{half} {half}", "--array")


@pytest.mark.parametrize("text", ["1 2", "-1", ".5", "[1]", "reshape(1:4, (2,2))", " 1", "nan", "1.5e3 x"])
def test_values_are_told_from_names_of_files(text):
    assert is_typed(text)


@pytest.mark.parametrize("text", ["x.npy", "1.npy", "2024/x.npz", "one", "./1", "nanogram", "", "x" * 5000])
def test_names_of_files_are_told_from_values(text):
    assert not is_typed(text)


def test_a_file_with_the_name_of_a_number_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_typed("12")
    (tmp_path / "12").write_bytes(b"")
    assert not is_typed("12")


IMAGES = [  # the volume, the text, and the array: N x (time) x height x width x depth
    ("3x1", "1 2 3", [[[1], [2], [3]]]),
    ("3x1", "1; 2; 3", [[[1], [2], [3]]]),
    ("3x1", "1 2 3 | 4 5 6", [[[1], [2], [3]], [[4], [5], [6]]]),
    ("3x1", "1 2 3; 4 5 6", [[[1], [2], [3]], [[4], [5], [6]]]),
    ("2x2", "1 2 | 3 4", [[[1, 3], [2, 4]]]),
    ("2x2", "1 2; 3 4", [[[1, 3], [2, 4]]]),
    ("3x2x1", "1 2 3; 4 5 6", [[[[1], [2], [3]], [[4], [5], [6]]]]),
    ("2x1x2", "1 2 | 3 4", [[[[1, 3], [2, 4]]]]),
    ("2x2x2", "1 2; 3 4 | 5 6; 7 8", [[[[1, 5], [2, 6]], [[3, 7], [4, 8]]]]),
    ("2x2x1", "1 2; 3 4 | 5 6; 7 8", [[[[1], [2]], [[3], [4]]], [[[5], [6]], [[7], [8]]]]),
    ("2x2x1", "1 2; 3 4 || 5 6; 7 8", [[[[1], [2]], [[3], [4]]], [[[5], [6]], [[7], [8]]]]),
    ("1x1x3", "1 2 3", [[[[1, 2, 3]]]]),
    ("1x1x3", "1 | 2 | 3", [[[[1, 2, 3]]]]),
    ("1x1x3", "1 2 3; 4 5 6", [[[[1, 2, 3]]], [[[4, 5, 6]]]]),
    ("2x1x2x1", "1 2 / 3 4", [[[[[1], [2]]], [[[3], [4]]]]]),
    ("1x1x1", "5", [[[[5]]]]),
]


@pytest.mark.parametrize(("size", "text", "wanted"), IMAGES)
def test_images(size, text, wanted):
    found = images(typed(text, "--array"), volume(size), "float64")
    assert found.tolist() == wanted
    assert found.flags.c_contiguous


WEIGHTS = [  # the input, the shape that is stored, the text, and the array
    ("7x1", (3, 1, 1), "1 2 3", [[[1]], [[2]], [[3]]]),
    ("7x2", (3, 2, 1), "1 2 3 | 4 5 6", [[[1], [4]], [[2], [5]], [[3], [6]]]),
    ("7x1", (3, 1, 2), "1 2 3 || 4 5 6", [[[1, 4]], [[2, 5]], [[3, 6]]]),
    ("7x1", (3, 1, 2), "1 2 3 | 4 5 6", [[[1, 4]], [[2, 5]], [[3, 6]]]),
    ("5x5x1", (2, 2, 1, 1), "1 2; 3 4", [[[[1]], [[2]]], [[[3]], [[4]]]]),
    ("5x5x2", (1, 1, 2, 2), "1 | 2 || 3 | 4", [[[[1, 3], [2, 4]]]]),
    ("5x5x2", (1, 1, 2, 2), "1 2; 3 4", [[[[1, 3], [2, 4]]]]),
    ("3x1", (3, 2), "1 3 5; 2 4 6", [[1, 2], [3, 4], [5, 6]]),  # a row for each unit
    ("3x1", (3, 2), "1 3 5 | 2 4 6", [[1, 2], [3, 4], [5, 6]]),
    ("2x2x1", (4, 1), "1 2; 3 4", [[1], [2], [3], [4]]),  # the weights of a unit as a picture
    ("2x2x2", (8, 1), "1 2; 3 4 | 5 6; 7 8", [[1], [5], [2], [6], [3], [7], [4], [8]]),
    ("5x5x4", (4,), "1 2 3 4", [1, 2, 3, 4]),
    ("5x5x4", (1,), "7", [7]),
]


@pytest.mark.parametrize(("size", "shape", "text", "wanted"), WEIGHTS)
def test_weights(size, shape, text, wanted):
    found = stored(typed(text, "--weights"), "conv1/weight", shape, volume(size), "float64")
    assert found.tolist() == wanted


UNFIT = [
    ("4x4x1", "1:15", "the volume 4x4x1 needs 16 numbers, here are 15", ("it is typed as 4 rows of 4 numbers",), ()),
    ("4x4x3", "1", "the volume 4x4x3 needs 48 numbers, here is 1", ("it is typed as 3 slices of 4 rows of 4 numbers",), ()),
    ("3x1", "1 2", "the volume 3x1 needs 3 numbers, here are 2", (), ()),
    (
        "2x2x1",
        "1:4",
        "the volume 2x2x1 needs 2 rows of 2 numbers, here are 4 numbers",
        (),
        ('row by row they are "1 2; 3 4"', 'column by column, as Julia and Matlab count, "1 3; 2 4"'),
    ),
    (
        "3x2x1",
        "1 2; 3 4; 5 6",
        "the volume 3x2x1 needs 2 rows of 3 numbers, here are 3 rows of 2 numbers",
        (),
        ('row by row they are "1 2 3; 4 5 6"',),
    ),
    (
        "3x1",
        "1:6",
        "the volume 3x1 needs 3 numbers for each image, here are 6 numbers",
        (),
        ('row by row they are "1 2 3 || 4 5 6"',),
    ),
    (
        "1x2x3",
        "[[[1,2,3]],[[4,5,6]]]",
        "the volume 1x2x3 needs 3 slices of 2 numbers, here are 2 rows of 3 numbers",
        ("the depth is the last axis of an .npy file; typed values have one slice after the other",),
        ('row by row they are "1; 2 | 3; 4 | 5; 6"',),
    ),
]


@pytest.mark.parametrize(("size", "text", "message", "notes", "hints"), UNFIT)
def test_values_that_do_not_fit(size, text, message, notes, hints):
    with pytest.raises(SpecError) as caught:
        images(typed(text, "--array"), volume(size), "float32")
    (found,) = caught.value.diagnostics
    assert (found.code.number, found.message, found.notes, found.hints) == ("CNN452", message, notes, hints)


@pytest.mark.parametrize(("size", "text"), [(size, text) for size, text, _, _, hints in UNFIT if hints])
def test_the_proposed_texts_fit(size, text):
    with pytest.raises(SpecError) as caught:
        images(typed(text, "--array"), volume(size), "float32")
    for hint in caught.value.diagnostics[0].hints:
        images(typed(hint.split('"')[1], "--array"), volume(size), "float32")


def test_weights_that_do_not_fit():
    with pytest.raises(SpecError, match=r"fc1/weight needs 2 rows of 3 numbers, here are 3 rows of 2 numbers"):
        stored(typed("1 2; 3 4; 5 6", "--weights"), "fc1/weight", (3, 2), volume("3x1"), "float32")
    with pytest.raises(SpecError, match=r"conv1/weight needs 18 numbers, here are 9"):
        stored(typed("1:9", "--weights"), "conv1/weight", (3, 3, 1, 2), volume("5x5x1"), "float32")


def test_numbers_beyond_the_type_are_refused():
    with pytest.raises(SpecError, match="the text holds values beyond the largest float32"):
        images(typed("1e39", "--array"), volume("1x1"), "float32")
    assert images(typed("1e39", "--array"), volume("1x1"), "float64").item() == 1e39


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (22.0, "float32", "22"),
        (-0.0, "float64", "0"),
        (0.880221, "float32", "0.880221"),
        (1 / 3, "float32", "0.33333334"),
        (1 / 3, "float64", "0.3333333333333333"),
        (1e-7, "float64", "1e-07"),
        (123456789.0, "float64", "123456789"),
        (1e16, "float64", "1e+16"),
        (float("nan"), "float32", "nan"),
        (float("-inf"), "float32", "-inf"),
    ],
)
def test_numbers_as_text(value, dtype, text):
    assert number(value, dtype) == text


def test_numbers_with_fewer_digits():
    assert [number(value, "float64", 3) for value in (1 / 3, -1e-9, 12345.0, -0.0)] == ["0.333", "-1e-09", "1.23e+04", "0"]


FLOATS = {
    "float32": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
}


@st.composite
def arrays(draw):
    dtype = draw(st.sampled_from(["float32", "float64"]))
    shape = draw(st.tuples(*[st.integers(1, 3)] * 4))
    numbers = draw(st.lists(FLOATS[dtype], min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    return np.array(numbers, dtype=dtype).reshape(shape)


@given(arrays())
@settings(max_examples=200)
def test_a_text_reads_as_the_array_that_it_was_written_from(array):
    batch, depth, height, width = array.shape
    found = images(typed(text_of(array), "--array"), volume(f"{width}x{height}x{depth}"), str(array.dtype))
    np.testing.assert_array_equal(found, np.moveaxis(array, 1, -1))
    assert found.shape[0] == batch


@given(st.text(alphabet="0123456789.+-eE:;,|/[]() \nnaifx=\u2212\u00d7", max_size=40))
@settings(max_examples=500)
def test_any_text_is_read_or_refused(text):
    try:
        found = typed(text, "--array")
    except SpecError:
        return
    assert all(np.isfinite(found.numbers))
    assert np.prod(found.shape, dtype=int) == len(found.numbers)


EXAMPLES = [
    pytest.param(example, id=f"{example.label} of {example.inputs}")
    for name in sorted(kinds.names() - kinds.SYNONYMS.keys() - {"INPUT"})
    for example in kinds.find(name).examples
    if example.values
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_every_kind_can_be_typed(example):
    """`cnncalc explain` prints them in the same form."""
    made, sizes = layer(example.label), tuple(map(volume, example.inputs.split()))
    inputs = tuple(
        images(typed(text.strip(), "--array"), size, "float64")
        for text, size in zip(example.values.inputs.split("&"), sizes, strict=True)
    )
    texts = dict(example.values.weights or {})
    weights = {
        tensor.name: stored(typed(texts[tensor.name], "--weights"), tensor.name, tensor.shape, sizes[tensor.input], "float64")
        for tensor in made.weights(sizes)
        if tensor.name in texts
    }
    wanted = images(typed(example.values.output, "--array"), volume(example.output), "float64")
    np.testing.assert_allclose(made.forward(inputs, weights, How()), wanted, rtol=1e-6, atol=1e-8)
