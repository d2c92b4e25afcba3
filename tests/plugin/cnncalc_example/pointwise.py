"""An analysis of another package: how much of a network works value by value."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.analyses.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.subject import Subject


def analyse(subject: Subject) -> Sequence[bool]:
    """Return for each layer whether every output depends on the input at its own place only."""
    return [bool(typed.inputs) and all(window is None for window in typed.windows) for typed in subject.network.typed]


def share(subject: Subject) -> Fraction:
    """Return the share of such layers."""
    found = subject.of(analyse)
    return Fraction(sum(found), len(found))


FIGURES = (
    Figure("pointwise_share", "ratio", "share of the layers that work value by value", share),
    Figure("pointwise_layers", "", "layers that work value by value", lambda subject: sum(subject.of(analyse))),
)
