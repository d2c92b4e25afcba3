"""What the pattern language needs to know about layer kinds; implemented in `graph/vocabulary.py`.

The protocols serve the type checker alone: nothing imports this module at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Short(Protocol):
    """The options that the short forms set; empty for a form that the kind lacks."""

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

    @property
    def second(self) -> str:
        """The bare value behind the first one: 6 in CLIP(0, 6)."""
        ...


class Vocabulary(Protocol):
    """What the language needs to know about layer kinds; implemented in `graph/vocabulary.py`."""

    def kinds(self) -> frozenset[str]:
        """Return all kinds, including those of other packages, for the hints of errors."""
        ...

    def split(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of `CONV3`, or None if the word is not a kind of cnncalc itself."""
        ...

    def small(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of `conv3`, a kind of cnncalc itself in small letters; None for all other words."""
        ...

    def added(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of a word that would be an error otherwise; None if no other package adds the kind."""
        ...

    def short(self, kind: str) -> Short:
        """Return the short forms of a kind."""
        ...

    def merges(self, kind: str) -> bool:
        """Return whether the kind joins several volumes."""
        ...

    def transposes(self, kind: str) -> str:
        """Return the kind whose weight a layer can take transposed, or an empty text."""
        ...

    def sized(self, kind: str) -> Sequence[str]:
        """Return the options in whose place `like` can name a step with the wanted size; none for most kinds."""
        ...

    def most(self, kind: str) -> int:
        """Return the most volumes that a kind joins; 0 without a bound."""
        ...

    def option(self, kind: str, key: str) -> str | None:
        """Return the full name of an option or of its synonym."""
        ...

    def options(self, kind: str) -> Sequence[str]:
        """Return the names of all options of a kind."""
        ...

    def word(self, kind: str, option: str, capitals: str) -> str:
        """Return the value of an option that a word in capitals means, `valid` for VALID; empty if there is none."""
        ...
