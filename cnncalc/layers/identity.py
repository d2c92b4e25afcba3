"""IDENTITY: passes its input on."""

from __future__ import annotations

from typing import final

from cnncalc.layers._elementwise import Elementwise
from cnncalc.layers.base import Example


@final
class Identity(Elementwise):
    """Passes its input on; a place for a name."""

    kind = "identity"
    summary = "passes its input on"
    operations = 0
    kept = "nothing"
    examples = (Example("14x14x256", "IDENTITY", "14x14x256"),)
