"""What the pattern language needs to know about layer kinds, from the layers themselves."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from cnncalc.layers import kinds
from cnncalc.layers.options import BadValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.layers.base import Shorthand

_SMALL = r"([a-z][a-z0-9_]*?)(\d+(?:x\d+)*)"  # compiled on first use: few specs have small letters
_CAPITALS = {"SAME": "same_upper"}  # TensorFlow's word: what is left over is padded behind
_SIZED = re.compile(r"([A-Z0-9_]*[A-Z])(\d+(?:x\d+)*)\Z")


class Kinds:
    """The vocabulary of the installed layer kinds. A kind is imported at its first use."""

    def kinds(self) -> frozenset[str]:
        """Return all kinds, including those of other packages, for the hints of errors."""
        return kinds.names() | kinds.added()

    def split(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of `CONV3`, or None if the word is not a kind of cnncalc itself."""
        return _split(word)

    def small(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of `conv3`, a kind of cnncalc itself in small letters; None for all other words."""
        if not word.islower():
            return None
        match = re.fullmatch(_SMALL, word)
        return _split(word.upper()) or (_split(match[1].upper() + match[2]) if match else None)

    def added(self, word: str) -> tuple[str, str] | None:
        """Return kind and size text of a word that begins with a kind of another package; None for all others.

        It searches the installed packages: only for a word that would be an error otherwise.
        """
        return _parts(word, kinds.added())

    def short(self, kind: str) -> Shorthand:
        """Return the short forms of a kind."""
        return kinds.find(kind).shorthand

    def merges(self, kind: str) -> bool:
        """Return whether the kind joins several volumes."""
        return kinds.find(kind).merges

    def sized(self, kind: str) -> Sequence[str]:
        """Return the options in whose place `like` can name a step with the wanted size; none for most kinds."""
        return kinds.find(kind).sized

    def transposes(self, kind: str) -> str:
        """Return the kind whose weight a layer can take transposed, or an empty text."""
        return kinds.find(kind).transposes

    def most(self, kind: str) -> int:
        """Return the most volumes that a kind joins; 0 without a bound."""
        return kinds.find(kind).most

    def option(self, kind: str, key: str) -> str | None:
        """Return the full name of an option or of its synonym."""
        return _options(kind).get(key)

    def options(self, kind: str) -> Sequence[str]:
        """Return the names of all options of a kind."""
        return [option.name for option in kinds.find(kind).options]

    def word(self, kind: str, option: str, capitals: str) -> str:
        """Return the value of an option that a word in capitals means, `valid` for VALID; empty if there is none."""
        text = _CAPITALS.get(capitals, capitals.lower())
        reader = next(each for each in kinds.find(kind).options if each.name == option)
        try:
            reader.read({"true": True, "false": False}.get(text, text))
        except BadValueError:
            return ""
        return text


@functools.cache
def _options(kind: str) -> dict[str, str]:
    options = kinds.find(kind).options
    return {synonym: option.name for option in options for synonym in option.synonyms} | {
        option.name: option.name for option in options
    }


@functools.lru_cache(4096)
def _split(word: str) -> tuple[str, str] | None:
    return _parts(word, kinds.names())


def _parts(word: str, names: frozenset[str]) -> tuple[str, str] | None:
    if word in names:
        return kinds.SYNONYMS.get(word, word), ""
    match = _SIZED.match(word)
    if match and match[1] in names:
        return kinds.SYNONYMS.get(match[1], match[1]), match[2]
    return None
