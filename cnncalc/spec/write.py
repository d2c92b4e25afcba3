"""A spec as YAML in the explicit `layers` form: its description, its layers, its expectations.

Texts are plain if every YAML reader reads them as the same text, and in double quotes otherwise: `no`, `1:30` and `0x3` are
words and sizes here, unlike in YAML 1.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.spec.document import Mapped, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnncalc.spec.document import Node

WIDEST = 120  # columns; a longer mapping is written line by line
_TRAPS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_NUMBER = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?\Z")
_SIZE = re.compile(r"[1-9]\d*(?:x\d+)+\Z")
_WORD = re.compile(r"[A-Za-z_][\w./+-]*\Z")
_LIST = re.compile(r"\[[a-z]+(?:, [a-z]+)*\]\Z")
_AMOUNT = re.compile(r"\d+(?:\.\d+)? ?[A-Za-z]+\Z")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


class Entry(NamedTuple):
    """One line of `layers`: a layer, or, with the kind `output`, a mark of a result."""

    kind: str
    """Lower case."""
    name: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """Hyperparameters as written in a spec."""
    sources: tuple[str, ...] = ()
    """The layers that it reads; empty for the layer before."""
    share: str = ""
    """The layer with the shared weights, or empty."""
    like: str = ""
    """The layer whose size it takes, or empty."""
    transpose: bool = False
    """Whether it takes the weight of `share` transposed."""


class Kept(NamedTuple):
    """An expectation to write: a figure and its value, or for `shapes` a mapping."""

    key: str
    value: str | tuple[tuple[str, str], ...] | Node


Written = tuple[str, str | tuple[tuple[str, str], ...]]
"""A key and its text, or its texts by name."""


def layers_text(
    head: Iterable[tuple[str, str]],
    entries: Iterable[Entry],
    expect: Sequence[Kept],
    ignored: Sequence[str] = (),
    values: Sequence[Written] = (),
) -> str:
    """Return the YAML of a spec: the keys of `head` (empty ones are left out), `layers`, its values, `ignore` and `expect`."""
    lines = [f"{key}: {top_level(text)}" for key, text in head if text]
    lines += ["layers:", *(f"  - {entry_text(entry)}" for entry in entries)]
    for key, texts in values:
        if isinstance(texts, str):
            lines.append(f"{key}: {top_level(texts)}")
        else:
            lines += [f"{key}:", *(f"  {scalar(name)}: {quoted(text)}" for name, text in texts)]
    if ignored:
        lines.append(f"ignore: [{', '.join(map(scalar, ignored))}]")
    if expect:
        lines += ["expect:", *(line for each in expect for line in _expectation(each))]
    return "\n".join(lines) + "\n"


def entry_text(entry: Entry) -> str:
    """Return `conv: {name: a, kernel: 3, filters: 16, from: stem}`, or just `relu`."""
    inside = [("name", scalar(entry.name))] if entry.name else []
    inside += [(key, text if _LIST.match(text) else scalar(text)) for key, text in entry.options]
    if entry.share:
        inside.append(("share", scalar(entry.share)))
    if entry.transpose:
        inside.append(("transpose", "true"))
    if entry.like:
        inside.append(("like", scalar(entry.like)))
    if entry.sources:
        names = ", ".join(map(scalar, entry.sources))
        inside.append(("from", names if len(entry.sources) == 1 else f"[{names}]"))
    return f"{entry.kind}: {{{', '.join(f'{key}: {text}' for key, text in inside)}}}" if inside else entry.kind


def scalar(text: str) -> str:
    """Return a text as written in a flow collection, `{name: text}`."""
    plain = _NUMBER.match(text) or _SIZE.match(text) or (_WORD.match(text) and text.lower() not in _TRAPS)
    return text if plain or text in {"true", "false"} else quoted(text)


def quoted(text: str) -> str:
    """Return a text in double quotes."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() or char == " ":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def top_level(text: str) -> str:
    """Return a text as written after a key at the start of a line."""
    if _SIZE.match(text):
        return text
    plain = (
        text[0].isalpha()
        and text.isprintable()
        and text == text.strip()
        and text.lower() not in _TRAPS
        and not any(sign in text for sign in (": ", " #"))
        and not text.endswith(":")
    )
    if plain:
        return text
    return _literal(text) if _is_block(text) else quoted(text)


def _is_block(text: str) -> bool:
    """Return whether a text has several lines and can be written as a block."""
    lines = text.removesuffix("\n").split("\n")
    return len(lines) > 1 and all(line.isprintable() for line in lines) and not text.startswith((" ", "\n")) and bool(lines[-1])


def _literal(text: str) -> str:
    sign = "|" if text.endswith("\n") else "|-"
    return "\n".join(
        [sign, *(f"  {line}".rstrip() if not line.strip() else f"  {line}" for line in text.removesuffix("\n").split("\n"))]
    )


def _expectation(kept: Kept) -> list[str]:
    """Return the lines of one expectation."""
    if isinstance(kept.value, str):
        return [f"  {kept.key}: {_value(kept.value)}"]
    if not isinstance(kept.value, tuple):
        return [f"  {kept.key}: {flow(kept.value)}"]
    inside = [f"{scalar(key)}: {_value(text)}" for key, text in kept.value]
    line = f"  {kept.key}: {{{', '.join(inside)}}}"
    return [line] if len(line) <= WIDEST else [f"  {kept.key}:", *(f"    {each}" for each in inside)]


def _value(text: str) -> str:
    """Return a figure, `58.1 MiB`."""
    return text if _AMOUNT.match(text) else scalar(text)


def flow(node: Node) -> str:
    """Return a node on one line."""
    if isinstance(node, Scalar):
        return _value(node.text)
    if isinstance(node, Mapped):
        return f"{{{', '.join(f'{scalar(key.text)}: {flow(value)}' for key, value in node)}}}"
    return f"[{', '.join(map(flow, node.items))}]"
