"""Text to tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern import codes
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.source import Span

if TYPE_CHECKING:
    from cnncalc.text.source import Excerpt, Source

LONGEST_NUMBER = 18  # digits; more is a typing mistake or an attack: no machine can hold 10^18 values
MOST_TOKENS = 1_000_000  # more than any pattern of a possible network needs
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<arrow>->|→|⟶|–>|—>)
      | (?P<factors>(?=[\dx]*\.\d)\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)+)
      | (?P<decimal>\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+|\d+[eE][+-]?\d+)
      | (?P<sides>\d+(?:x\d+)*:\d+(?:[x:]\d+)*)
      | (?P<dims>\d+(?:x\d+)+)
      | (?P<int>\d+)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>[\[\](){}|*^?/+\-,=])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of the pattern. The `type` of a sign is the sign itself."""

    type: str
    text: str
    start: int
    end: int


def tokens(text: Source | Excerpt, *, strange: bool = False) -> list[Token]:
    """Return the tokens of a pattern, followed by an `end`. Raises SpecError at a character without a meaning.

    With `strange`, such a character is a token of that type: a step in the words of another framework may have some.
    """
    found: list[Token] = []
    at = 0
    pattern = text.text
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None:
            if not strange:
                raise meaningless(text, at)
            found.append(Token("strange", pattern[at], at, at + 1))
            at += 1
            continue
        kind = match.lastgroup or ""
        if kind != "space":
            piece = match.group()
            found.append(Token(piece if kind == "sign" else kind, piece, at, match.end()))
            if kind in _NUMBERS:
                _check_digits(text, found[-1])
            if len(found) > MOST_TOKENS:
                message = f"a pattern may have at most {MOST_TOKENS:,} words and signs"
                raise SpecError([Diagnostic(codes.BAD_COUNT, "error", message, Span(text, at, match.end()))])
        at = match.end()
    found.append(Token("end", "", at, at))
    return found


_NUMBERS = {"int", "dims", "factors", "sides", "decimal"}


def _check_digits(text: Source | Excerpt, token: Token) -> None:
    if len(token.text) > LONGEST_NUMBER and any(len(number) > LONGEST_NUMBER for number in re.split(r"\D+", token.text)):
        message = f"a number may have at most {LONGEST_NUMBER} digits"
        raise SpecError(
            [Diagnostic(codes.SYNTAX, "error", message, Span(text, token.start, token.end), label=f"{len(token.text)} digits")]
        )


def meaningless(text: Source | Excerpt, at: int) -> SpecError:
    """Return the error for a character without a meaning."""
    char = text.text[at]
    hints = {
        ">": "steps are joined by `->`",
        "×": "sizes are written with the letter x: 3x5",
        "–": "this is a dash; use the hyphen -",
    }
    hint = (hints[char],) if char in hints else ()
    if word := re.compile("['\"](\\w+)['\"]").match(text.text, at):
        hint = (f"words stand without quotes: `{word[1]}`",)
    return SpecError(
        [
            Diagnostic(
                codes.SYNTAX, "error", f"the character `{char}` means nothing in a pattern", Span(text, at, at + 1), hints=hint
            )
        ]
    )
