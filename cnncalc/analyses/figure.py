"""A figure: a named number of a network, with its unit, its documentation, and its comparison."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from cnncalc.layers.base import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from fractions import Fraction
    from typing import TypeAlias

    from cnncalc.analyses.subject import Subject

    Number: TypeAlias = int | Fraction | float
    """An exact number, or WHOLE."""

Bound = Literal["at least", "at most"]
Unit = Literal["", "bytes", "pixels", "ratio"]
"""A count without a unit, bytes, pixels of the input, or an exact quotient."""


WHOLE: Final = math.inf
"""The figure of a receptive field over the entire input, whatever its size: larger than any number of pixels."""


class Figure:
    """A number declared in the `FIGURES` of an analysis, and found by its name (`figures.py`).

    Those in `SEARCHES` take a search, and only readers that name them get them.
    """

    __slots__ = ("better", "bound", "doc", "layers", "name", "needs", "reads", "synonyms", "total", "unit")

    def __init__(
        self,
        name: str,
        unit: Unit,
        doc: str,
        total: Callable[[Subject], Number | None],
        layers: Callable[[Subject], Sequence[Number]] | None = None,
        better: Literal["less", "more", ""] = "",
        *,
        synonyms: tuple[str, ...] = (),
        needs: str = "",
        reads: tuple[str, ...] = FACTS,
        bound: Bound = "at least",
    ) -> None:
        self.name = name
        """Its place in the JSON: `params` is under `totals`, `memory.training.peak` under `memory`."""
        self.unit: Unit = unit
        self.doc = doc
        """One noun phrase for the documentation."""
        self.total = total
        """Returns the figure of the network; None if the request does not define it."""
        self.layers = layers
        """Returns the figure of each layer, a column of tables; None for figures of the whole network only."""
        self.better = better
        """Whether less or more of it is better; empty for neither."""
        self.synonyms = synonyms
        self.needs = needs
        """What the request lacks if the figure is None, for messages."""
        self.reads = reads
        """The facts of layers that it is made of: where a layer does not state one of them, the figure is a bound."""
        self.bound: Bound = bound
        """Which bound it then is."""

    def is_bound(self, unknown: Collection[str]) -> bool:
        """Return whether the figure is only a bound of a network whose layers leave these facts out."""
        return any(fact in unknown for fact in self.reads)

    def bounded(self, unknown: Collection[str], text: str) -> str:
        """Return the text of the figure: `at least 1,234` where it is a bound."""
        return f"{self.bound} {text}" if self.is_bound(unknown) else text


def plain(value: Number) -> int | float | None:
    """Return a figure as in JSON: an integer, or the nearest float of a quotient; null for WHOLE."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return None
    if value.denominator == 1:
        return value.numerator
    try:
        return float(value)
    except OverflowError:  # beyond the floats, an integer says it to 15 digits and more
        return round(value)


def shown(value: Number) -> str:
    """Return a figure as text, exact for integers: `138,357,544`, `111.8`, `whole`."""
    found = plain(value)
    if found is None:
        return "whole"
    return f"{found:,}" if isinstance(found, int) else f"{found:,.4g}"
