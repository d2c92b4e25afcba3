"""Sheets of numbers: what is left out in little room, and how they are drawn as text."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.reports import sheet_text
from cnncalc.reports.sheet import BREAK, GAP, Cell, Grid, Sheet, chosen, narrowed, number, precise, some, total


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (1 / 3, "0.3333"),
        (-12345.678, "-1.235e+04"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (1e12, "1e+12"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


def test_lines_have_more_digits_than_grids():
    assert (number(2 / 3), precise(2 / 3)) == ("0.6667", "0.666667")
    assert total([1, -2, 0.5]) == "1 - 2 + 0.5"
    assert total([]) == "0"


@given(st.integers(-3, 0), st.integers(1, 60), st.data())
def test_the_window_is_among_the_chosen(low, size, data):
    high = low + size
    first = data.draw(st.integers(low, high - 1))
    last = data.draw(st.integers(first, high - 1))
    most = data.draw(st.integers(5, 20))
    found = chosen(low, high, range(first, last + 1), most)
    places = [at for at in found if at is not None]
    assert len(found) <= max(most, 5)
    assert places == sorted(set(places))
    assert all(low <= at < high for at in places)
    assert first in places
    if last - first + 1 <= most - 2 or size <= most:
        assert set(range(first, last + 1)) <= set(places)
    for before, after in itertools.pairwise(found):
        assert before is None or after is None or after == before + 1  # a gap wherever something is left out
    assert (found[0] is None) == (places[0] > low)
    assert (found[-1] is None) == (places[-1] < high - 1)


@given(st.integers(1, 100), st.data())
def test_some_are_the_first_the_last_and_those_around(count, data):
    at, most = data.draw(st.integers(0, count - 1)), data.draw(st.integers(6, 20))
    found = some(count, at, most)
    places = [each for each in found if each is not None]
    assert {0, at, count - 1} <= set(places) <= set(range(count))
    assert len(places) <= max(most, 3)


def grid(*rows, mark=None, title="g"):
    return Grid(
        title,
        [[Cell(word, "window" if mark == (y, x) else "") for x, word in enumerate(row.split())] for y, row in enumerate(rows)],
    )


def test_brackets_mark_the_window_and_share_a_column():
    marked = Grid("X", [[Cell("1", "window"), Cell("2", "window"), Cell("3")], [Cell("4"), Cell("5", "window"), Cell("60")]])
    assert sheet_text.block(marked, None) == ["X         ", "[ 1  2] 3 ", "  4[ 5]60 "]


def test_a_grid_wider_than_the_room_keeps_the_marked_column():
    wide = grid(" ".join(map(str, range(40))), mark=(0, 30))
    kept = [cell.text for cell in narrowed(wide, 30).rows[0]]
    assert kept[0] == kept[-1] == GAP.text
    assert "30" in kept
    assert max(map(len, sheet_text.lines(Sheet("t", [[wide]]), 30))) <= 30
    assert narrowed(grid("1 2 3"), 30).rows == grid("1 2 3").rows


def test_grids_stand_side_by_side_where_they_fit():
    one, other = grid("1 2", "3 4", title="a"), grid("5 6", title="b")
    assert sheet_text.lines(Sheet("t", [[one], [other], BREAK, "words"]), 40) == [
        "t",
        "",
        "a      b",
        " 1 2    5 6",
        " 3 4",
        "",
        "words",
    ]
    assert sheet_text.lines(Sheet("t", [[one], [other]]), 10) == ["t", "", "a", " 1 2", " 3 4", "", "b", " 5 6"]


def test_colours_replace_brackets_without_moving_anything():
    marked = Grid("X", [[Cell("1", "window"), Cell("2", "window"), Cell("3")]])
    painted = sheet_text.block(marked, lambda text, style: f"\x1b[{len(style)}m{text}\x1b[0m")
    assert painted == ["\x1b[5mX      \x1b[0m", " \x1b[6m1\x1b[0m\x1b[6m 2\x1b[0m 3 "]
