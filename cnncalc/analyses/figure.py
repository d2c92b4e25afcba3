"""What a figure is: a named number of a network, with its unit, its documentation, and how two of them compare."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.analyses.subject import Subject

Number: TypeAlias = int | Fraction
Unit = Literal["", "bytes", "pixels", "ratio"]
"""A count without a unit, bytes, pixels of the input, or an exact quotient."""


class Figure(NamedTuple):
    """A number that analyses declare in `FIGURES`, and that every reader finds by its name (`figures.py`)."""

    name: str
    """Its place in the JSON: `params` is under `totals`, `memory.training.peak` under `memory`."""
    unit: Unit
    doc: str
    """One noun phrase for the documentation."""
    total: Callable[[Subject], Number | None]
    """Returns the figure of the network; None where the request does not define it."""
    layers: Callable[[Subject], Sequence[Number]] | None = None
    """Returns the figure of each layer, where there is one: a column of tables."""
    better: Literal["less", "more", ""] = ""
    """Which of two networks is the better one by this figure."""
    synonyms: tuple[str, ...] = ()
    needs: str = ""
    """What a request lacks where the figure is None."""
    on_demand: bool = False
    """Whether only those who name it get it: it costs a search."""


def plain(value: Number) -> int | float:
    """Return a figure as JSON has it: an integer, or the nearest float of a quotient."""
    if isinstance(value, int):
        return value
    return value.numerator if value.denominator == 1 else float(value)


def shown(value: Number) -> str:
    """Return a figure as text, exact where it is an integer: `138,357,544`, `111.8`."""
    found = plain(value)
    return f"{found:,}" if isinstance(found, int) else f"{found:,.4g}"
