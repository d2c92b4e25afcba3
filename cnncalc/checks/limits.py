"""Limits on figures, in one language: `params>140M`, `macs>+5%`, and the bounds `params.max: 140M` of a spec."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from cnncalc.analyses.figure import WHOLE
from cnncalc.checks.amount import AMOUNT, UNITS, Amount, BadAmountError, amount
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cnncalc.analyses.figure import Bound, Figure, Number

Relation = Literal[">", "<", ">=", "<=", "==", "!="]
BOUNDS: Mapping[str, Relation] = {"max": ">", "min": "<", "": "!="}
"""The relation that breaks an expectation `figure`, `figure.max` or `figure.min`."""
_LIMIT = r"\s*([a-z0-9_.]+)\s*(>=|<=|==|!=|>|<)\s*([+-]?)\s*([0-9][0-9.]*)\s*([A-Za-z%]*)\s*"


class Limit(NamedTuple):
    """A condition that a figure must not meet: `macs>+5%`."""

    text: str
    figure: str
    relation: Relation
    amount: Amount
    sign: Literal["", "+", "-"] = ""
    """With a sign, the amount is a change from the base."""
    percent: bool = False
    """Whether the amount is a share of the base."""

    def broken(self, base: Number, value: Number) -> bool:
        """Return whether a figure breaks the limit."""
        if not self.sign and not self.percent and self.relation in {"==", "!="}:
            return self.amount.equals(value) == (self.relation == "==")
        return _holds(self._measure(base, value), self.relation, self._wanted())

    def decided(self, value: Number, bound: Bound) -> bool:
        """Return whether a bound of the figure is enough: every value that it allows breaks the limit, or none does.

        Only for amounts that are no changes from a base.
        """
        up = bound == "at least"
        if self.relation in {"==", "!="}:
            return self.amount.below(value) if up else self.amount.above(value)
        if (self.relation in {">", ">="}) == up:
            return self.broken(0, value)  # more of it stays broken
        return not self.broken(0, value)

    def _wanted(self) -> Fraction:
        exact = Fraction(self.amount.number * self.amount.unit, 10**self.amount.decimals)
        return -exact if self.sign == "-" else exact

    def _measure(self, base: Number, value: Number) -> Fraction | float:
        if WHOLE in {base, value}:
            return self._of_whole(base, value)
        found = Fraction(value - base if self.sign else value)
        if not self.percent:
            return found
        if base == 0:  # an increase from 0 exceeds any percentage
            return math.inf if found else found
        return found * 100 / base

    def _of_whole(self, base: Number, value: Number) -> Fraction | float:
        """Return the measure where a receptive field is the whole image, which is larger than any number of pixels."""
        if base == value:
            return Fraction(0 if self.sign else 100) if self.sign or self.percent else WHOLE
        if value == WHOLE:
            return WHOLE
        if not self.sign:
            return Fraction(0 if self.percent else value)
        return Fraction(-100) if self.percent else -WHOLE


def limit(text: str, figures: Mapping[str, Figure]) -> Limit:
    """Read `macs>+5%`, `params>140M` or `memory.forward>=+1MiB`; ValueError describes the error.

    With a sign, the amount is a change from the base, else the figure itself; `%` is a share of the base.
    """
    found = re.fullmatch(_LIMIT, text)
    if not found or not re.fullmatch(AMOUNT, found[4]):
        message = f"`{text[:80]}` is not a limit: write a figure, > or <, and an amount, such as macs>+5% or params>140M"
        if bound := re.fullmatch(r"\s*([a-z0-9_.]+)\.(max|min)\s*[:=]\s*(\S+)\s*", text[:80]):
            message += f"; here, {bound[1]}.{bound[2]}: {bound[3]} is `{bound[1]}{'>' if bound[2] == 'max' else '<'}{bound[3]}`"
        raise ValueError(message)
    name, relation, sign, number, unit = found.groups()
    figure = _figure(text, name, figures)
    percent = unit == "%"
    try:
        read = amount(number if percent else number + unit, "ratio" if percent else figure.unit)
    except BadAmountError:
        message = f"`{text[:80]}`: the unit is one of {', '.join(_units(figure))}, not `{unit}`"
        raise ValueError(message) from None
    return Limit(text.strip(), figure.name, _relation(relation), read, _sign(sign), percent)


def named(text: str) -> str:
    """Return the figure that a limit names; empty where the text is not a limit."""
    found = re.fullmatch(_LIMIT, text)
    return found[1] if found else ""


def _figure(text: str, name: str, figures: Mapping[str, Figure]) -> Figure:
    if name in figures:
        return figures[name]
    hint = did_you_mean(name, figures) or (f"figures are {', '.join(figures)}",)
    message = f"`{text[:80]}`: there is no figure `{name}`; {hint[0]}"
    raise ValueError(message)


def _units(figure: Figure) -> Collection[str]:
    return ["%", *(each for each in UNITS[figure.unit] if each)]


def _relation(text: str) -> Relation:
    return next(each for each in (">", "<", ">=", "<=", "==", "!=") if each == text)


def _sign(text: str) -> Literal["", "+", "-"]:
    return "-" if text == "-" else "+" if text else ""


def _holds(left: Fraction | float, relation: Relation, right: Fraction) -> bool:
    return {
        ">": left > right,
        "<": left < right,
        ">=": left >= right,
        "<=": left <= right,
        "==": left == right,
        "!=": left != right,
    }[relation]


def broken(limits: Sequence[Limit], base: Mapping[str, Number], other: Mapping[str, Number]) -> list[Limit]:
    """Return the limits that an analysis breaks in comparison with the base."""
    return [each for each in limits if each.broken(base[each.figure], other[each.figure])]
