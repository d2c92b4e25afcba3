"""Values as people type them: `1 2 3; 4 5 6`.

Blanks or commas separate the numbers of a row, `;` (or a new line) the rows, `/` the frames of a 3-D volume, `|` (or an empty
line) the channels, and `||` the images of a batch or the filters of a bank. Rows are y and columns x, as on paper. The order is
that of PyTorch's and cuDNN's arrays, N x depth x (time) x height x width, and nested brackets are read so: `[[1, 2], [3, 4]]`.
Axes of size 1 need no sign. `1:6` and `1..6` are ranges with both ends, `1/9` is a fraction, and `reshape(1:9, (3, 3))` fills an
array column by column, as Julia does.
"""

from __future__ import annotations

import re
from contextlib import suppress
from math import inf, isfinite, prod
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from cnncalc.forward import codes
from cnncalc.maths.volume import dims_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.text.source import Source, Span
from cnncalc.text.suggest import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.text.diagnostic import Code
    from cnncalc.text.source import Excerpt

FILES = (".npy", ".npz")
MOST = 1_000_000
"""Numbers in one text."""
_DEEPEST = 16  # brackets
_LONGEST_WORD = 40
_LONGEST_HINT = 200  # characters of values in a hint
_MOST_FOUND = 8  # errors of one kind
_NUMBER = r"[-+]?(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_PLAIN = re.compile(_NUMBER)
_FRACTION = re.compile(f"({_NUMBER})/({_NUMBER})")
_RANGE = re.compile(rf"({_NUMBER})(?::|\.\.)({_NUMBER})(?::({_NUMBER}))?(?:\.\.\.)?")
_NOT_FINITE = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_RESHAPE = re.compile(r"\s*(?:KnetArray\(\s*)?reshape\((?P<values>\s*\[[^\[\]]*\]\s*|[^\[\](),]+),(?P<dims>[\d\s,()]*)$")
_BEGINS = re.compile(r"\s*(?:[\[(]|KnetArray\(|reshape\(|[-+\u2212]?(?:[0-9]|\.[0-9]|nan\b|inf\b))", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<head>\w{0,99}\[[^\[\]\n:]{0,99}:[^\[\]\n]{0,99}\][ \t]{0,9}=)"
    r"|(?P<sign>\|\||\||;|(?<![^\s])/(?![^\s]))|(?P<open>[\[(])|(?P<close>[\])])"
    r"|(?P<break>[ \t\r]*\n[\s]*)|(?P<blank>[^\S\n]+|,)|(?P<word>[^\s,;|\[\]()]+)"
)
_LEVELS = {"||": 0, "|": 1, "/": 2, ";": 3}
_PARTS: tuple[str, ...] = ("number", "row", "slice", "group")
"""The parts of a text, from the innermost to the outermost."""
_PARTS_OF_FRAMES: tuple[str, ...] = ("number", "row", "frame", "slice", "group")


def is_typed(text: str) -> bool:
    """Return whether a word of the command line holds values, not the name of a file."""
    return _BEGINS.match(text) is not None and not text.endswith(FILES) and not _is_file(text)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a name
        return False


class Values(NamedTuple):
    """Numbers in the shape in which they were typed, the outermost part first; parts of one item are left out."""

    numbers: Sequence[float]
    shape: tuple[int, ...]
    span: Span
    """The text."""
    in_one_row: bool = False
    """Whether nothing divides the numbers."""


def values(text: Source | Excerpt, start: int = 0) -> Values:
    """Return the numbers of a text, from `start` on.

    Raises SpecError for words that are no numbers, and for parts of different sizes.
    """
    span = Span(text, start, len(text.text))
    if found := _RESHAPE.match(text.text, start):
        return _by_columns(text, found, span)
    reader = _Reader(text, start)
    tree = reader.read()
    reader.findings.check()
    shape = _shape(tree, text)
    numbers = list(_flat(tree))
    if not numbers:
        refuse(codes.TYPED, "there are no numbers in the text", span)
    return Values(numbers, squeezed(shape), span, shape[-1] == len(numbers) > 1)


def typed(word: str, name: str, start: int = 0) -> Values:
    """Return the numbers of a word of the command line; `name` is what the diagnostics call it, such as `--array`."""
    return values(Source(name, word), start)


def refuse(code: Code, message: str, span: Span, notes: tuple[str, ...] = (), hints: tuple[str, ...] = ()) -> NoReturn:
    """Raise SpecError for a stretch of the text."""
    raise SpecError([Diagnostic(code, "error", message, span, notes=notes, hints=hints)])


# reading


class _Part(NamedTuple):
    """A row of numbers, or a part that consists of others."""

    items: Sequence[float] | Sequence[_Part]
    start: int
    end: int


class _Reader:
    """Reads one text: runs of numbers or of brackets, with signs between them."""

    def __init__(self, text: Source | Excerpt, start: int) -> None:
        self.text = text
        self.findings = Findings()
        self.tokens = list(_TOKEN.finditer(text.text, start))
        self.at = 0
        self.count = 0
        for found in re.compile(r"[,;|]\s*,|;\s*;|,\s*[;|]").finditer(text.text, start):
            self.findings.error(codes.TYPED, f"there is no number within `{found[0]}`", Span(text, *found.span()))

    def read(self) -> _Part:
        tree = self.group(0)
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.refuse(token, f"`{token[0]}` closes nothing")
        return tree

    def group(self, depth: int) -> _Part:
        """Return everything up to the next closing bracket: parts within parts, by the signs between them."""
        rows: list[tuple[int, _Part]] = []  # each run, and the level of the sign before it
        level, run, lists = 0, list[float](), list[_Part]()
        first = end = self.tokens[self.at].start() if self.at < len(self.tokens) else len(self.text.text)

        def finish() -> None:
            nonlocal run, lists
            if run and lists:
                self.findings.error(codes.TYPED, "numbers stand beside brackets", Span(self.text, first, end))
            if len(lists) == 1:
                rows.append((level, lists[0]))
            elif run or lists:
                rows.append((level, _Part(lists or run, first, end)))
            run, lists = [], []

        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.lastgroup == "close":
                break
            self.at += 1
            between = self.level(token, empty=not run and not lists)
            if token.lastgroup == "break" and depth and not run:  # within a list of lists
                between = None
            if between is not None:
                before = len(rows)
                finish()
                level = min(between, level) if len(rows) == before else between
                continue
            if token.lastgroup in {"blank", "break"}:
                continue
            if not run and not lists:
                first = token.start()
            if token.lastgroup == "open":
                lists.append(self.bracket(token, depth))
                end = lists[-1].end
            else:
                run += self.numbers(token)
                end = token.end()
        finish()
        return _nested(rows, 0, first, end)

    def level(self, token: re.Match[str], *, empty: bool) -> int | None:
        """Return the level that a token divides at; None for numbers, brackets and blanks."""
        if token.lastgroup == "sign":
            return _LEVELS[token[0]]
        if token.lastgroup == "head":
            return _LEVELS["|"]
        if token.lastgroup != "break":
            return None
        lines = token[0].count("\n")
        return _LEVELS["|"] if lines > 1 and not empty else _LEVELS[";"]

    def bracket(self, token: re.Match[str], depth: int) -> _Part:
        if depth == _DEEPEST:
            refuse(codes.TYPED, f"brackets are nested more than {_DEEPEST} deep", Span(self.text, *token.span()))
        part = self.group(depth + 1)
        if self.at == len(self.tokens):
            self.refuse(token, f"`{token[0]}` is never closed")
            return part
        closing = self.tokens[self.at]
        if (token[0], closing[0]) not in {("[", "]"), ("(", ")")}:
            self.refuse(closing, f"`{token[0]}` is closed by `{closing[0]}`")
        self.at += 1
        return part._replace(start=token.start(), end=closing.end())

    def numbers(self, token: re.Match[str]) -> Sequence[float]:
        """Return the numbers of a word: one, a fraction, or a range."""
        word = token[0]
        try:
            found = _numbers(word)
        except _BadWordError as error:
            self.bad(token, error)
            return [0.0]
        self.count += len(found)
        if self.count > MOST:
            message = f"a text holds at most {MOST:,} numbers"
            refuse(codes.TYPED, message, Span(self.text, *token.span()), hints=("`--array x.npy` reads larger arrays",))
        return found

    def bad(self, token: re.Match[str], error: _BadWordError) -> None:
        """Report a word, with the number that it looks like."""
        plain = token[0].replace("\u2212", "-").rstrip("fF")
        hints: tuple[str, ...] = ()
        if plain != token[0]:
            with suppress(_BadWordError):
                _numbers(plain)
                hints = (f"`{plain}` is a number",)
        if len(list(self.findings)) < _MOST_FOUND:
            self.findings.error(error.code, str(error), Span(self.text, *token.span()), hints=hints)

    def refuse(self, token: re.Match[str], message: str) -> None:
        self.findings.error(codes.TYPED, message, Span(self.text, *token.span()))


class _BadWordError(ValueError):
    """A word that is no number."""

    def __init__(self, word: str, what: str, code: Code = codes.TYPED) -> None:
        super().__init__(f"`{word[:_LONGEST_WORD]}` {what}")
        self.code = code


def _numbers(word: str) -> Sequence[float]:
    """Return the numbers of a word. Raises _BadWordError."""
    if _PLAIN.fullmatch(word):
        return [_finite(word, float(word))]
    if found := _FRACTION.fullmatch(word):
        over, under = float(found[1]), float(found[2])
        return [_finite(word, over / under if under else inf)]
    if found := _RANGE.fullmatch(word):
        return _range(word, [part for part in found.groups() if part is not None])
    if _NOT_FINITE.fullmatch(word):
        _finite(word, inf)
    raise _BadWordError(word, "is no number")


def _finite(word: str, value: float) -> float:
    if not isfinite(value):
        raise _BadWordError(word, "is no finite number", codes.NOT_NUMBERS)
    return value


def _range(word: str, parts: Sequence[str]) -> Sequence[float]:
    """Return a range with both ends: `1:6`, or `1:2:9` with the step in the middle, as Julia and Matlab write it."""
    from decimal import Decimal  # 0:0.1:1 has 0.3, not 0.30000000000000004

    first, *middle, end = (Decimal(part) if _finite(word, float(part)) else Decimal(0) for part in parts)
    step = middle[0] if middle else Decimal(1)
    if not step:
        raise _BadWordError(word, "is no range: its step is 0")
    steps = (end - first) / step
    if steps < 0:
        raise _BadWordError(word, f"is empty: {parts[0]} to {parts[-1]} in steps of {step}")
    if steps >= MOST:
        raise _BadWordError(word, f"has more than {MOST:,} numbers")
    return [float(first + at * step) for at in range(int(steps) + 1)]


def _nested(rows: Sequence[tuple[int, _Part]], level: int, start: int, end: int) -> _Part:
    """Return runs as parts within parts: each level divides at its own sign and at those above it."""
    if level == len(_LEVELS):
        return rows[0][1] if rows else _Part([], start, end)
    parts: list[list[tuple[int, _Part]]] = []
    for at, (sign, part) in enumerate(rows):
        if not at or sign <= level:
            parts.append([])
        parts[-1].append((sign, part))
    return _Part([_nested(each, level + 1, each[0][1].start, each[-1][1].end) for each in parts], start, end)


def _flat(tree: _Part) -> Iterator[float]:
    for item in tree.items:
        if isinstance(item, _Part):
            yield from _flat(item)
        else:
            yield item


def _shape(tree: _Part, text: Source | Excerpt) -> tuple[int, ...]:
    """Return the number of items at each depth. Raises SpecError where parts of one depth differ."""
    levels = [[tree]]
    while below := [item for part in levels[-1] for item in part.items if isinstance(item, _Part)]:
        if len(below) != sum(len(part.items) for part in levels[-1]):
            odd = next(part for part in levels[-1] if not part.items or not isinstance(part.items[0], _Part))
            refuse(codes.RAGGED, "some numbers stand in more brackets than others", Span(text, odd.start, odd.end))
        levels.append(below)
    findings = Findings()
    for depth, parts in enumerate(levels):
        size = len(parts[0].items)
        what, inner = _names(levels, depth, text)
        for at, part in enumerate(parts[1:], 2):
            if len(part.items) != size and len(list(findings)) < _MOST_FOUND:
                has = f"{what} {at} has {many(len(part.items), inner)}"
                message = f"the values do not make a rectangle: {has}, {what} 1 has {size:,}"
                findings.error(codes.RAGGED, message, Span(text, part.start, part.end))
        findings.check()
    return tuple(len(parts[0].items) for parts in levels)


def _names(levels: Sequence[Sequence[_Part]], depth: int, text: Source | Excerpt) -> tuple[str, str]:
    """Return what a part of one level is called, and what its items are."""
    below = len(levels) - depth - 1
    if len(levels) == len(_LEVELS) + 1:  # without brackets: each level has its sign
        names = _PARTS_OF_FRAMES
        if not re.search(r"\s/\s", text.text):
            names, below = _PARTS, below - (below > 1)
    else:
        names = _PARTS
        below = sum(any(len(part.items) != 1 for part in level) for level in levels[depth + 1 :])
    return names[min(below + 1, len(names) - 1)], names[min(below, len(names) - 1)]


def _by_columns(text: Source | Excerpt, found: re.Match[str], span: Span) -> Values:
    """Return `reshape(1:9, (3, 3, 1, 1))`: the first axis changes fastest, and is the rows of what is printed.

    The dimensions are those of Julia's arrays: rows, columns, time in 3-D, channels, images or filters.
    """
    begin, end = found.span("values")
    inner = _Reader(text, begin)
    inner.tokens = [token for token in inner.tokens if token.end() <= end]
    tree = inner.read()
    inner.findings.check()
    numbers = list(_flat(tree))
    dims = tuple(int(word) for word in re.findall(r"\d+", found["dims"])[:_DEEPEST])
    if prod(dims) != len(numbers):
        message = f"{dims_text(dims)} holds {prod(dims):,} numbers, here are {len(numbers):,}"
        refuse(codes.UNFIT, message, Span(text, begin, end))
    rows, columns, *others = (*dims, 1, 1)[: max(2, len(dims))]
    array = np.array(numbers).reshape((*others[::-1], columns, rows)).swapaxes(-1, -2)
    return Values(array.ravel().tolist(), squeezed(array.shape), span)


def squeezed(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape without its sides of 1."""
    return tuple(side for side in shape if side != 1)
