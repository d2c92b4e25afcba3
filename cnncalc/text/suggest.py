"""Suggestions for misspelt words, and words in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the most likely intended candidate, or None. Case is ignored."""
    import difflib  # only needed for errors

    by_folded: dict[str, str] = {}
    for candidate in candidates:
        by_folded.setdefault(candidate.casefold(), candidate)  # the first of equal ones
    cutoff = 0.6 if len(word) > 1 else 1.0  # a single letter resembles every short word
    found = difflib.get_close_matches(word[:100].casefold(), list(by_folded), n=1, cutoff=cutoff)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """Return a hint with the closest candidate, as a tuple of none or one."""
    found = closest(word, candidates)
    return (f"did you mean `{found}`?",) if found else ()


def many(count: int, word: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail
