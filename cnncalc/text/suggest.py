"""Suggestions for misspelt words, and words in messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 100  # characters of a word that are compared
_MOST = 8  # words of a family that are listed
_SHORTEST = 3  # letters of a beginning that leads to longer words
_CHANGE, _SLIP = 4, 3  # the costs of a change, and of a slip of the fingers


def likely(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are probably meant, all equally likely, in natural order. Case is ignored.

    An equal word first, then the words that begin with the given one (`vgg` for vgg11 to vgg19), then the words at the smallest
    edit distance, where two neighbours in the wrong order count once (`vgg61` for vgg16), then a word that the given one begins
    with (`batch_size` for batch).
    """
    wanted = word[:_LONGEST].casefold()
    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(candidate.casefold(), candidate)  # the first of equal ones
    if wanted in folded:
        return (folded[wanted],)
    found = _begun(wanted, folded) or _nearest(wanted, folded) or _contained(wanted, folded)
    return tuple(sorted((folded[each] for each in found), key=_natural))


def _begun(word: str, candidates: Iterable[str]) -> list[str]:
    """Return the candidates that begin with the word; the shortest alone where it begins the others."""
    found = [each for each in candidates if each.startswith(word)] if len(word) >= _SHORTEST else []
    return [root] if (root := min(found, key=len, default="")) and all(each.startswith(root) for each in found) else found


def _contained(word: str, candidates: Iterable[str]) -> list[str]:
    """Return the longest candidate that begins the word."""
    found = [each for each in candidates if len(each) > _SHORTEST and word.startswith(each)]
    return [max(found, key=len)] if found else []


def _nearest(word: str, candidates: Iterable[str]) -> list[str]:
    """Return the candidates at the smallest distance, of those the ones with the longest common beginning."""
    most = (len(word) + 1) // 3 * _CHANGE
    near: dict[str, int] = {}
    for each in candidates:
        if abs(len(each) - len(word)) * _SLIP <= most and (distance := _distance(word, each)) <= most:
            near[each] = distance
    least = min(near.values(), default=0)
    found = [each for each, distance in near.items() if distance == least]
    begins = {each: _common(word, each) for each in found}
    longest = max(begins.values(), default=0)
    return [each for each in found if begins[each] == longest]


def _common(left: str, right: str) -> int:
    """Return the length of the common beginning."""
    return next((at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), min(len(left), len(right)))


def _distance(left: str, right: str) -> int:
    """Return the cost of the insertions, deletions, replacements and swaps of neighbours that turn one word into the other.

    A swap and a doubled letter are slips of the fingers, and cost less.
    Source: Damerau 1964, "A technique for computer detection and correction of spelling errors" (optimal string alignment).
    """
    before: list[int] = []
    row = [_CHANGE * at for at in range(len(right) + 1)]
    for at, letter in enumerate(left, 1):
        older, before, row = before, row, [_CHANGE * at]
        for to, other in enumerate(right, 1):
            drop = _SLIP if at > 1 and letter == left[at - 2] else _CHANGE
            cost = min(row[to - 1] + _CHANGE, before[to] + drop, before[to - 1] + _CHANGE * (letter != other))
            if at > 1 and to > 1 and letter == right[to - 2] and other == left[at - 2]:
                cost = min(cost, older[to - 2] + _SLIP)
            row.append(cost)
    return row[-1]


def _natural(word: str) -> tuple[tuple[str, int], ...]:
    """Return a key that sorts b2 before b10."""
    return tuple((text, int(digits or -1)) for text, digits in re.findall(r"(\D*)([0-9]{0,18})", word.casefold()))


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the only most likely candidate, or None where there is none or several are equally likely."""
    found = likely(word, candidates)
    return found[0] if len(found) == 1 else None


def did_you_mean(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """Return a hint with the most likely candidates, as a tuple of none or one."""
    found = likely(word, candidates)
    return (asked(found),) if found else ()


def asked(words: tuple[str, ...]) -> str:
    """Return `did you mean a, b or c?`; of a large family the first words, and the number of the others."""
    more = len(words) - _MOST
    shown = [f"`{each}`" for each in words]
    return f"did you mean {listed([*shown[:_MOST], f'{more} others'] if more > 1 else shown, 'or')}?"


def many(count: int, word: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail
