"""The layers of a translated network, and their text as a spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.census.values import Value


class Layers:
    """The layers so far, each with kind, name, options and sources."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, dict[str, object], list[str], str]] = []
        self.names: dict[str, int] = {}

    def add(self, kind: str, name: str, sources: Sequence[Value], share: str = "", **options: object) -> str:
        """Add a layer and return its name."""
        name = re.sub(r"\s", "_", name) or kind.lower()
        count = self.names[name] = self.names.get(name, 0) + 1
        if count > 1:
            name = f"{name}.{kind.lower()}{count}"
            self.names[name] = 1
        self.rows.append((kind, name, options, [each.layer for each in sources], share))
        return name

    def text(self, title: str, size: str) -> str:
        """Return the spec."""
        from cnncalc.spec.write import Entry, layers_text

        entries = []
        before = "input"
        for kind, name, options, sources, share in self.rows:
            said = tuple((key, str(value).lower() if isinstance(value, bool) else str(value)) for key, value in options.items())
            entries.append(Entry(kind.lower(), name, said, () if sources == [before] else tuple(sources), share))
            before = name
        head = [("name", title), ("input", size), ("rounding", "floor")]
        return layers_text(head, entries, ())
