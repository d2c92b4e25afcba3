"""Texts from foreign files, made safe for a terminal."""

from __future__ import annotations

import re

_CONTROLS = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"


def printable(text: str) -> str:
    """Return a text with `?` for each control character, line break, bidirectional control and lone surrogate."""
    return text if text.isprintable() else re.sub(_CONTROLS, "?", text)
