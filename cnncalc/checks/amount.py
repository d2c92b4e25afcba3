"""Amounts in specs and limits: `138357544`, `15.47G`, `600 MiB`, `1.5`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.analyses.figure import Number, Unit

_COUNTS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
UNITS: Mapping[Unit, Mapping[str, int]] = {"": _COUNTS, "bytes": _BYTES, "pixels": {"": 1}, "ratio": _COUNTS}
"""The letters allowed after the digits, by the unit of the figure."""
_USUAL: Mapping[Unit, str] = {
    "": "an integer, or digits with K, M, G or T (powers of 1000)",
    "bytes": "a size such as 600 MiB, or bytes",
    "pixels": "an integer",
    "ratio": "a number, or digits with K, M, G or T (powers of 1000)",
}
AMOUNT = r"([0-9]{1,18})(?:\.([0-9]{1,9}))?\s*([A-Za-z]*)"
"""Digits, decimals and the letters of the unit."""


class BadAmountError(ValueError):
    """A text that is not an amount; `hints` correct it, if possible."""

    def __init__(self, message: str, hints: tuple[str, ...] = ()) -> None:
        self.hints = hints
        super().__init__(message)


class Amount(NamedTuple):
    """A number as written: number x unit / 10^decimals."""

    text: str
    number: int
    decimals: int
    unit: int

    def equals(self, value: Number) -> bool:
        """Return whether the value, rounded half up to the written digits, equals this amount."""
        if self.unit == 1 and not self.decimals and isinstance(value, int):
            return value == self.number
        scaled = 2 * value * 10**self.decimals
        return bool((scaled + self.unit) // (2 * self.unit) == self.number)

    def below(self, value: Number) -> bool:
        """Return whether this amount is less than the value."""
        return bool(self.number * self.unit < value * 10**self.decimals)

    def above(self, value: Number) -> bool:
        """Return whether this amount is more than the value."""
        return bool(self.number * self.unit > value * 10**self.decimals)

    def difference(self, value: Number) -> Number:
        """Return value - amount: exact, or rounded down where a unit stands for digits that nobody wrote."""
        if isinstance(value, int) and (self.unit > 1 or not self.decimals):
            return value - self.number * self.unit // int(10**self.decimals)
        return value - Fraction(self.number * self.unit, 10**self.decimals)

    def rounded(self, value: Number) -> str:
        """Return the value with as many decimals as this amount."""
        scaled = (2 * value * 10**self.decimals + self.unit) // (2 * self.unit)
        whole, part = divmod(scaled, 10**self.decimals)
        letters = self.text.lstrip("0123456789.")
        return f"{whole}.{part:0{self.decimals}d}{letters}" if self.decimals else f"{whole}{letters}"


def amount(text: str, unit: Unit) -> Amount:
    """Read an amount of a figure with this unit; BadAmountError names the valid forms."""
    found = re.fullmatch(AMOUNT, text.strip())
    if found and found[3] in UNITS[unit]:
        decimals = found[2] or ""
        return Amount(text.strip(), int(found[1] + decimals), len(decimals), UNITS[unit][found[3]])
    raise BadAmountError(_USUAL[unit], _hints(text, unit))


def _hints(text: str, unit: Unit) -> tuple[str, ...]:
    if unit == "bytes" and (found := re.search(r"([KMGT])B\s*\Z", text)):
        return (f"write {found[1]}iB for powers of 1024; {found[1]}B means powers of 1000 to some and of 1024 to others",)
    letters = re.fullmatch(AMOUNT, text.strip())
    if letters and letters[3].upper() in UNITS[unit]:
        return (f"write `{text.strip().removesuffix(letters[3]).strip()}{letters[3].upper()}`",)
    if "," in text:
        return (f"write `{text.replace(',', '')}`",)
    return ()


def usual(unit: Unit) -> str:
    """Return the valid forms of amounts of a unit."""
    return _USUAL[unit]
