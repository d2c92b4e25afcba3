"""What the pattern language has to know of layer kinds; `graph/vocabulary.py` answers.

The protocols serve the type checker alone, so that nothing imports this module when the program runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Short(Protocol):
    """Which options the short forms set; empty where the kind has none."""

    @property
    def size(self) -> str:
        """`3` in CONV3-64/2."""
        ...

    @property
    def filters(self) -> str:
        """`64` in CONV3-64/2."""
        ...

    @property
    def stride(self) -> str:
        """`2` in CONV3-64/2."""
        ...

    @property
    def first(self) -> str:
        """The bare value in DROPOUT(0.5)."""
        ...


class Vocabulary(Protocol):
    """What the language has to know of layer kinds; `graph/vocabulary.py` answers."""

    def kinds(self) -> frozenset[str]:
        """Return all kinds, those of other packages too: for hints, on the way to an error."""
        ...

    def split(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of `CONV3`, or None when the word is no kind of cnncalc itself."""
        ...

    def added(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of a word that would be an error otherwise; None when no other package adds the kind."""
        ...

    def short(self, kind: str) -> Short:
        """Return the short forms of a kind."""
        ...

    def merges(self, kind: str) -> bool:
        """Tell whether the kind joins several volumes."""
        ...

    def option(self, kind: str, key: str) -> str | None:
        """Return the full name of an option or of its synonym."""
        ...

    def options(self, kind: str) -> Sequence[str]:
        """Return the names of all options of a kind."""
        ...
