"""Usual slips of the pen in a pattern, and what was meant, computed from the text. Loaded only after an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.pattern.lexer import Token
    from cnncalc.pattern.vocabulary import Vocabulary

_LONGEST = 60  # characters of a group that a hint repeats
_SIZE = re.compile(r"[\[(]?\s*\(?\s*(\d{1,18}(?:\s*[,xX×*]?\s*\d{1,18}){1,3})\s*\)?\s*[\])]?")
_OPTIONS = re.compile(r"\w+\s*=\s*[\w.:]+(?:\s*,\s*\w+\s*=\s*[\w.:]+)*")
_PARTNERS = {"]": "[", ")": "(", "}": "{"}


def hints(text: str, tokens: Sequence[Token], at: int, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return a hint for the token that no rule of the grammar takes; nothing where no slip is known."""
    return next(((each,) for slip in _SLIPS for each in slip(text, tokens, at, vocabulary)), ())


def input_size(text: str, start: int) -> tuple[str, ...]:
    """Return a hint for the sizes of an input that no `x` joins, `INPUT(32, 32, 3)`."""
    match = _SIZE.match(text, text.rfind("(", 0, start) + 1)
    sizes = re.findall(r"\d+", match[1]) if match else []
    return (f"write `INPUT[{'x'.join(sizes)}]`",) if len(sizes) > 1 else ()


def outside(text: str, layer: str, start: int) -> str:
    """Return the layer with the options that stand behind it without parentheses: `CONV3-16/2,padding=1`."""
    match = _OPTIONS.match(text, start)
    options = match[0] if match else ""
    body, bracket, inside = layer.partition("(")
    return f"{body}({inside[:-1] + ', ' if bracket else ''}{options})"


def _input_size(text: str, tokens: Sequence[Token], at: int, _: Vocabulary) -> Iterator[str]:
    """INPUT[32,32,3], INPUT[(32, 32, 3)], INPUT 32x32x3."""
    for start in range(at, max(at - 4, 0), -1):
        if tokens[start - 1].type == "]":
            return
        if tokens[start - 1].text == "INPUT":
            match = _SIZE.match(text, tokens[start].start)
            if match and len(sizes := re.findall(r"\d+", match[1])) > 1:
                yield f"write `INPUT[{'x'.join(sizes)}]`"


def _tuple(text: str, tokens: Sequence[Token], at: int, _: Vocabulary) -> Iterator[str]:
    """kernel=(3, 5)."""
    if tokens[at].type == "," and at >= 2 and tokens[at - 2].type in {"(", "["}:
        match = _SIZE.match(text, tokens[at - 2].start)
        if match:
            sizes = re.findall(r"\d+", match[1])
            yield f"write `{sizes[0] if len(set(sizes)) == 1 else 'x'.join(sizes)}`: width first"


def _signs(_text: str, tokens: Sequence[Token], at: int, vocabulary: Vocabulary) -> Iterator[str]:
    """CONV-3-16."""
    if at < 4 or tokens[at].type != "int":
        return
    kind, dash, size, other = tokens[at - 4 : at]
    split = vocabulary.split(kind.text)
    if (
        split
        and not split[1]
        and vocabulary.short(split[0]).size
        and dash.type == other.type == "-"
        and size.type in {"int", "dims"}
    ):
        yield f"write `{kind.text}{size.text}-{tokens[at].text}`: the size stands directly behind the kind"


def _repeated(text: str, tokens: Sequence[Token], at: int, _: Vocabulary) -> Iterator[str]:
    """[CONV3-16 -> RELU]x3, and 3*[CONV3-16 -> RELU]."""
    token = tokens[at]
    times = re.fullmatch(r"[xX×]?(\d*)", token.text)
    if times and at and tokens[at - 1].type in {"]", ")"} and token.type in {"name", "int", "strange"}:
        count = times[1] or (tokens[at + 1].text if tokens[at + 1].type == "int" else "3")
        yield f"write `{_group(text, tokens, at - 1)}*{count}`"
    if token.type == "int" and at + 3 < len(tokens) and tokens[at + 1].text in {"*", "x", "X", "×"}:
        yield f"write `{_step(text, tokens, at + 2)}*{token.text}`: the count stands behind"


def _group(text: str, tokens: Sequence[Token], at: int) -> str:
    """Return the group that a token closes."""
    depth = 0
    for start in range(at, -1, -1):
        depth += (tokens[start].type in _PARTNERS) - (tokens[start].type in _PARTNERS.values())
        if depth == 0:
            words = text[tokens[start].start : tokens[at].end]
            return words if len(words) <= _LONGEST else "[…]"
    return "[…]"


def _step(text: str, tokens: Sequence[Token], at: int) -> str:
    """Return the step that begins at a token: a group, or a layer with its options."""
    start = tokens[at].start
    layer = re.compile(r"[\w./-]+(?:\([^()]*\))?").match(text, start)
    words = layer[0] if layer else text[start : tokens[_closing(tokens, at)].end]
    return words if len(words) <= _LONGEST else "[…]"


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the token that ends the step at an index: the partner of a bracket, or the token itself."""
    depth = 0
    for end in range(at, len(tokens)):
        depth += (tokens[end].type in _PARTNERS.values()) - (tokens[end].type in _PARTNERS)
        if depth == 0:
            return end
    return at


def _unjoined(text: str, tokens: Sequence[Token], at: int, vocabulary: Vocabulary) -> Iterator[str]:
    """CONV3-16 RELU, and [CONV3-16] [RELU]."""
    token = tokens[at]
    before = re.search(r"[\w./(),=*^?\[\]-]+\s*\Z", text[: token.start])
    opens = token.type in {"[", "{"} or (token.type == "name" and vocabulary.split(token.text))
    if at and before and opens and tokens[at - 1].type in {"name", "int", "dims", ")", "]", "?"}:
        step = before[0].strip() if len(before[0]) <= _LONGEST else "…"
        yield f"write `{step} -> {_step(text, tokens, at)}`: `->` joins the steps"


_SLIPS = (_input_size, _tuple, _signs, _repeated, _unjoined)
