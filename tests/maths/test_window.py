"""Windows along one axis."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.maths.window import Axis, Window, ceil_positions, floor_positions, positions_text, ratio_text, transposed_size

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
    last = -axis.before + (positions - 1) * axis.stride + axis.extent  # the first pixel after the last window
    assert axis.unseen(size) == min(size, max(0, size - last))


@given(axes, st.integers(1, 60))
def test_law_transposed_sizes_are_undone(axis, size):
    larger = transposed_size(axis, size, 0)
    if larger >= 1:
        assert floor_positions(axis, larger) == size
        assert axis.leftover(larger) == 0


RATIOS = [(9, 2, "4.5"), (7, 3, "2.33"), (2, 3, "0.67"), (8, 4, "2"), (-1, 2, "-0.5"), (0, 3, "0"), (1, 200, "0.01"), (1, 201, "0")]
RATIOS += [
    (1, -2, "-0.5"),
    (-1, -2, "0.5"),
    (1, -1, "-1"),
    (-3, -1, "3"),
    (0, -3, "0"),
    (5, 1, "5"),
    (21, 20, "1.05"),
    (401, 100, "4.01"),
]


@pytest.mark.parametrize("a, b, text", RATIOS)
def test_ratios(a, b, text):
    assert ratio_text(a, b) == text


def test_positions_as_the_notes_write_them():
    assert positions_text(Axis(3, 2), 10) == "(10 - 3 + 2*0)/2 + 1 = 4.5"
    assert positions_text(Axis(3, 2, 2, 0, 1), 10) == "(10 - (2*(3 - 1) + 1) + 0 + 1)/2 + 1 = 4"


def placed(axis, size):
    """Return the first pixel of each window that fits into the padded input, one by one."""
    return [
        first
        for first in range(-axis.before, size + axis.after + 1)
        if (first + axis.before) % axis.stride == 0 and first + axis.extent <= size + axis.after
    ]


@given(axes, st.integers(1, 60))
def test_law_rounding_down_counts_the_windows_that_fit(axis, size):
    assert max(0, floor_positions(axis, size)) == len(placed(axis, size))


@given(axes, st.integers(1, 60))
def test_law_a_clipped_window_starts_inside_the_input_or_its_left_padding(axis, size):
    free, clipped = (ceil_positions(axis, size, clip=clip) for clip in (False, True))
    start = (free - 1) * axis.stride - axis.before  # of the last window
    assert clipped == (free if start < size else free - 1)


CLIPPED = [  # kernel, stride, padding, size: rounded up, and clipped
    (Axis(2, 2, 1, 1, 1), 4, 3, 3),
    (Axis(2, 2, 1, 1, 1), 3, 3, 2),
    (Axis(1, 2, 1, 0, 1), 4, 3, 2),
    (Axis(1, 2, 1, 2, 2), 3, 4, 3),
    (Axis(3, 2), 8, 4, 4),
]


@pytest.mark.parametrize("axis, size, free, clipped", CLIPPED)
def test_clipped(axis, size, free, clipped):
    assert (ceil_positions(axis, size, clip=False), ceil_positions(axis, size, clip=True)) == (free, clipped)


FORMULAS = [
    (Axis(3), "(W - F + 2*P)/S + 1"),
    (Axis(3, 2, 1, 1, 1), "(W - F + 2*P)/S + 1"),
    (Axis(3, 2, 1, 0, 1), "(W - F + Pl + Pr)/S + 1"),
    (Axis(3, 1, 2), "(W - (A*(F - 1) + 1) + 2*P)/S + 1"),
    (Axis(3, 1, 3, 1, 2), "(W - (A*(F - 1) + 1) + Pl + Pr)/S + 1"),
]


@pytest.mark.parametrize("axis, text", FORMULAS)
def test_formulas(axis, text):
    assert axis.formula() == text


@given(axes, st.integers(1, 60))
def test_law_the_two_formulas_are_one(axis, size):
    letters = {
        "W": size,
        "F": axis.kernel,
        "S": axis.stride,
        "A": axis.dilation,
        "P": axis.before,
        "Pl": axis.before,
        "Pr": axis.after,
    }
    assert eval(axis.formula(), letters) == eval(axis.filled(size))  # noqa: S307  our own formulas


@given(axes)
def test_law_the_extent_is_from_the_first_tap_to_the_last(axis):
    taps = range(0, axis.kernel * axis.dilation, axis.dilation)
    assert axis.extent == taps[-1] - taps[0] + 1


@given(axes, st.integers(1, 30), st.integers(0, 3))
def test_law_transposed_sizes_are_the_outputs_that_some_input_reaches(axis, size, extra):
    reached = {i * axis.stride + k * axis.dilation for i in range(size) for k in range(axis.kernel)}
    assert transposed_size(axis, size, extra) == max(reached) + 1 - axis.before - axis.after + extra


def test_an_axis_and_a_window_are_plain_unless_said_otherwise():
    assert Axis(5) == (5, 1, 1, 0, 0)
    assert Window((Axis(5),)) == ((Axis(5),), "windowed", "", ())
    assert not Window((Axis(5),)).slides
    assert Window((Axis(5),), rounding="strict").slides
