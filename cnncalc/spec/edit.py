"""Change a few places in the text of a spec; comments and layout are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.spec.document import Mapped, Scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cnncalc.spec.document import Node
    from cnncalc.text.source import Source


class Edit(NamedTuple):
    """A stretch of the text, and its replacement."""

    start: int
    end: int
    text: str


def edited(source: Source, edits: Iterable[Edit]) -> str:
    """Return the text with its edits, which must not overlap."""
    text = source.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def end_of(node: Node) -> tuple[int, int]:
    """Return line and column after the last character of a node; block collections end with their last child."""
    line, column = node.start
    opener = node.source.text[node.source.offset(line, column) :][:1]
    if isinstance(node, Scalar):
        return _scalar_end(node)
    if opener in {"[", "{"}:
        return node.end
    children = [value for _, value in node] if isinstance(node, Mapped) else node.items
    return end_of(children[-1]) if children else node.end


def _scalar_end(node: Scalar) -> tuple[int, int]:
    """Return the end of a text; a block text ends before the line of its end mark."""
    if node.style not in {"|", ">"} or node.end[1]:
        return node.end
    lines = node.source.text.split("\n")
    last = node.end[0] - 1
    while last > node.start[0] and not lines[last].strip():
        last -= 1
    return last, len(lines[last])


def without_key(key: Scalar, value: Node) -> Edit:
    """Return the edit that removes a key of a block mapping, with its whole lines."""
    source = key.source
    start = source.offset(key.start[0], 0)
    last = end_of(value)[0]
    end = source.starts[last + 1] if last + 1 < len(source.starts) else len(source.text)
    return Edit(start, end, "")


def without_entries(mapping: Mapped, names: Collection[str]) -> list[Edit]:
    """Return the edits that remove some, but not all, entries of a block or flow mapping."""
    source = mapping.source
    if source.text[source.offset(*mapping.start) :][:1] != "{":
        return [without_key(*mapping.items[name]) for name in names]
    items = list(mapping.items)
    removals: list[Edit] = []
    at = 0
    while at < len(items):
        last = at
        while last < len(items) and items[last] in names:
            last += 1
        if last > at:
            start = mapping.items[items[at]][0].start if last < len(items) else end_of(mapping.items[items[at - 1]][1])
            end = mapping.items[items[last]][0].start if last < len(items) else end_of(mapping.items[items[-1]][1])
            removals.append(Edit(source.offset(*start), source.offset(*end), ""))
        at = last + 1
    return removals
