"""Counts with their formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.maths.count import ONE, ZERO, Count, count, dim, dims, product, sides

FORMULAS = [
    ((dim("F", 3) * dim("F", 3) * dim("D", 64)).grouped() * dim("K", 128), 73_728, "(F*F*D)*K", "(3*3*64)*128"),
    (dim("A", 2) + dim("B", 3) * dim("C", 4), 14, "A + B*C", "2 + 3*4"),
    ((dim("A", 2) + dim("B", 3)) * dim("C", 4), 20, "(A + B)*C", "(2 + 3)*4"),
    (dim("A", 9) - (dim("B", 3) - dim("C", 1)), 7, "A - (B - C)", "9 - (3 - 1)"),
    (dim("A", 8) // (dim("B", 4) // dim("C", 2)), 4, "A/(B/C)", "8/(4/2)"),
    (dim("A", 5) * 2 + 1, 11, "A*2 + 1", "5*2 + 1"),
    (dim("A", 2) + (dim("B", 3) + dim("C", 4)), 9, "A + B + C", "2 + 3 + 4"),
    (dim("A", 2) + (dim("B", 3) - dim("C", 4)), 1, "A + B - C", "2 + 3 - 4"),
    (dim("A", 2) * (dim("B", 3) * dim("C", 4)), 24, "A*B*C", "2*3*4"),
    (dim("A", 8) // (dim("B", 2) * dim("C", 2)), 2, "A/(B*C)", "8/(2*2)"),
    (dim("A", 8) // dim("B", 2) * dim("C", 3), 12, "A/B*C", "8/2*3"),
    (dim("A", 8) * (dim("B", 4) - dim("C", 3)), 8, "A*(B - C)", "8*(4 - 3)"),
    (dim("A", 8) - dim("B", 4) * dim("C", 2), 0, "A - B*C", "8 - 4*2"),
    ((dim("A", 8) - dim("B", 4)) - dim("C", 2), 2, "A - B - C", "8 - 4 - 2"),
    (dim("A", 3).grouped(), 3, "(A)", "(3)"),
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
    assert dim("K", 3) != Count(4)
    assert dim("K", 3) != 4
    assert {Count(3): "three"}[3] == "three"
    assert count(ONE) is ONE


def test_products():
    assert product([]) is ONE
    assert dims("F", (3, 3)).symbolic() == "F*F"
    assert dims("F", (1, 7)).symbolic() == "Fw*Fh"
    assert dims("F", (2, 3, 4)).symbolic() == "Fw*Fh*Ft"
    assert dims("F", (2, 3, 4)).value == 24
    assert dims("F", (3,)).symbolic() == "F"
    assert sides((2, 3), "'").symbolic() == "W'*H'"
    assert product([dim("A", 2), dim("B", 3)]).filled() == "2*3"
    assert [sides((2, 3, 4)[:rank]).symbolic() for rank in (1, 2, 3)] == ["L", "W*H", "W*H*T"]
