"""Exact integers with their formulas.

`(dim("F", 3) * dim("F", 3) * dim("D", 64)).grouped() * dim("K", 128)` is 73728, with the formula `(F*F*D)*K`, filled in
`(3*3*64)*128`. The number, the formula column and the documentation come from one object and cannot disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUM, _PRODUCT, _ATOM = range(3)  # binding strength


class Count:
    """An exact integer with its formula. Build it from `dim` and plain integers with `+ - *` and exact `//`."""

    __slots__ = ("_left", "_operator", "_right", "value")

    def __init__(self, value: int, operator: str = "", left: Count | str = "", right: Count | None = None) -> None:
        self.value: Final = value
        self._operator: Final = operator
        self._left: Final = left
        self._right: Final = right

    def __mul__(self, other: Count | int) -> Count:
        """Multiply."""
        other = count(other)
        return Count(self.value * other.value, "*", self, other)

    def __add__(self, other: Count | int) -> Count:
        """Add."""
        other = count(other)
        return Count(self.value + other.value, " + ", self, other)

    def __sub__(self, other: Count | int) -> Count:
        """Subtract."""
        other = count(other)
        return Count(self.value - other.value, " - ", self, other)

    def __floordiv__(self, other: Count | int) -> Count:
        """Divide; raise ArithmeticError unless exact, since a formula with a remainder would be wrong."""
        other = count(other)
        quotient, remainder = divmod(self.value, other.value)
        if remainder:
            message = f"{self.value} is not divisible by {other.value}"
            raise ArithmeticError(message)
        return Count(quotient, "/", self, other)

    def grouped(self) -> Count:
        """Return the same count in parentheses, as the notes write the weights of one filter."""
        return Count(self.value, "()", self)

    def __int__(self) -> int:
        """Return the number."""
        return self.value

    def __eq__(self, other: object) -> bool:
        """Compare the numbers."""
        return self.value == (other.value if isinstance(other, Count) else other)

    def __hash__(self) -> int:
        """Hash the number."""
        return hash(self.value)

    def __repr__(self) -> str:
        """Return `73728 = (F*F*D)*K = (3*3*64)*128`."""
        return f"{self.value} = {self.symbolic()} = {self.filled()}"

    def symbolic(self) -> str:
        """Return the formula with names, such as `(F*F*D)*K`."""
        return self._text(filled=False)[0]

    def filled(self) -> str:
        """Return the formula with numbers, such as `(3*3*64)*128`."""
        return self._text(filled=True)[0]

    def _text(self, *, filled: bool) -> tuple[str, int]:
        """Return the formula and the binding strength of its outermost operation."""
        left = self._left
        if isinstance(left, str):
            return (left if left and not filled else str(self.value)), _ATOM
        text, strength = left._text(filled=filled)  # noqa: SLF001  of the same class
        if self._right is None:
            return f"({text})", _ATOM
        other, other_strength = self._right._text(filled=filled)  # noqa: SLF001
        own = _SUM if self._operator in {" + ", " - "} else _PRODUCT
        text = text if strength >= own else f"({text})"
        other = other if other_strength > own or (other_strength == own and self._operator in {" + ", "*"}) else f"({other})"
        return f"{text}{self._operator}{other}", own


def count(value: Count | int) -> Count:
    """Return a plain number as a count without a name."""
    return value if isinstance(value, Count) else Count(value)


def dim(symbol: str, value: int) -> Count:
    """Return a named dimension: `dim("K", 96)`."""
    return Count(value, "", symbol)


def product(counts: Iterable[Count]) -> Count:
    """Return the product; 1 for no counts."""
    result: Count | None = None
    for each in counts:
        result = each if result is None else result * each
    return result if result is not None else ONE


def dims(symbol: str, values: tuple[int, ...]) -> Count:
    """Return the product of one dimension per axis: `F*F` for equal axes, else `Fw*Fh`, `Fw*Fh*Ft`."""
    if len(set(values)) == 1:
        return product(dim(symbol, value) for value in values)
    return product(dim(symbol + axis, value) for axis, value in zip("wht", values, strict=False))


def sides(values: tuple[int, ...], suffix: str = "") -> Count:
    """Return the product of the sides of a volume: `W*H`, `L` in 1-D, `W*H*T` in 3-D."""
    names = "L" if len(values) == 1 else "WHT"
    return product(dim(name + suffix, value) for name, value in zip(names, values, strict=False))


ZERO: Final = Count(0)
ONE: Final = Count(1)
