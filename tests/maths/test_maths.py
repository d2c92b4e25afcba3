"""Counts that remember their formula, volumes, windows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.maths.count import ONE, ZERO, Count, count, dim, dims, product, sides
from cnncalc.maths.volume import Dims, Sides, Volume, written
from cnncalc.maths.window import Axis, ceil_positions, floor_positions, positions_text, ratio_text, transposed_size

FORMULAS = [
    ((dim("F", 3) * dim("F", 3) * dim("D", 64)).grouped() * dim("K", 128), 73_728, "(F*F*D)*K", "(3*3*64)*128"),
    (dim("A", 2) + dim("B", 3) * dim("C", 4), 14, "A + B*C", "2 + 3*4"),
    ((dim("A", 2) + dim("B", 3)) * dim("C", 4), 20, "(A + B)*C", "(2 + 3)*4"),
    (dim("A", 9) - (dim("B", 3) - dim("C", 1)), 7, "A - (B - C)", "9 - (3 - 1)"),
    (dim("A", 8) // (dim("B", 4) // dim("C", 2)), 4, "A/(B/C)", "8/(4/2)"),
    (dim("A", 5) * 2 + 1, 11, "A*2 + 1", "5*2 + 1"),
]


@pytest.mark.parametrize("made, value, symbolic, filled", FORMULAS)
def test_formulas(made, value, symbolic, filled):
    assert (made.value, made.symbolic(), made.filled()) == (value, symbolic, filled)
    assert repr(made) == f"{value} = {symbolic} = {filled}"


counts = st.recursive(
    st.integers(0, 99).map(lambda value: dim("x", value)) | st.integers(0, 99).map(Count),
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1])
        | st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1])
        | st.tuples(inner, inner).map(lambda pair: pair[0] - pair[1])
        | inner.map(Count.grouped)
    ),
    max_leaves=8,
)


@given(counts)
def test_law_the_formula_comes_to_the_number(made):
    assert eval(made.filled()) == made.value  # noqa: S307  our own formula


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_law_division_is_exact_or_refused(a, b):
    if a % b:
        with pytest.raises(ArithmeticError):
            dim("a", a) // b
    else:
        assert (dim("a", a) // b).value == a // b


def test_counts_compare_and_hash_as_their_numbers():
    assert dim("K", 3) == Count(3) == 3
    assert len({dim("K", 3), Count(3), dim("F", 3)}) == 1
    assert int(count(5)) == 5
    assert (ZERO.value, ONE.value) == (0, 1)


def test_products():
    assert product([]) is ONE
    assert dims("F", (3, 3)).symbolic() == "F*F"
    assert dims("F", (1, 7)).symbolic() == "Fw*Fh"
    assert [sides((2, 3, 4)[:rank]).symbolic() for rank in (1, 2, 3)] == ["L", "W*H", "W*H*T"]


def test_volumes():
    volume = Volume((224, 224), 64)
    assert (volume.values, volume.sides, volume.rank, volume.text) == (3_211_264, (224, 224, 64), 2, "224x224x64")
    assert not volume.is_vector()
    assert Volume((1, 1), 9).is_vector()


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
    (Volume((7, 7), 512), "7x7x512"),
]


@pytest.mark.parametrize("value, text", WRITTEN)
def test_written(value, text):
    assert written(value) == text


axes = st.builds(Axis, st.integers(1, 9), st.integers(1, 5), st.integers(1, 3), st.integers(0, 4), st.integers(0, 4))


@given(axes, st.integers(1, 60))
def test_law_the_formula_of_an_axis_comes_to_its_positions(axis, size):
    exact = eval(axis.filled(size))  # noqa: S307  our own formula
    assert math.floor(exact) == floor_positions(axis, size)
    assert math.ceil(exact) == ceil_positions(axis, size, clip=False)
    assert (axis.leftover(size) == 0) == (exact == int(exact))


@given(axes, st.integers(1, 60))
def test_law_unseen_pixels_are_those_that_no_window_holds(axis, size):
    positions = floor_positions(axis, size)
    if positions < 1:
        return
    last = -axis.before + (positions - 1) * axis.stride + axis.extent  # the first pixel behind the last window
    assert axis.unseen(size) == min(size, max(0, size - last))


@given(axes, st.integers(1, 60))
def test_law_transposed_sizes_are_undone(axis, size):
    larger = transposed_size(axis, size, 0)
    if larger >= 1:
        assert floor_positions(axis, larger) == size
        assert axis.leftover(larger) == 0


RATIOS = [(9, 2, "4.5"), (7, 3, "2.33"), (2, 3, "0.67"), (8, 4, "2"), (-1, 2, "-0.5"), (0, 3, "0"), (1, 200, "0.01"), (1, 201, "0")]


@pytest.mark.parametrize("a, b, text", RATIOS)
def test_ratios(a, b, text):
    assert ratio_text(a, b) == text


def test_positions_as_the_notes_write_them():
    assert positions_text(Axis(3, 2), 10) == "(10 - 3 + 2*0)/2 + 1 = 4.5"
    assert positions_text(Axis(3, 2, 2, 0, 1), 10) == "(10 - (2*(3 - 1) + 1) + 0 + 1)/2 + 1 = 4"
