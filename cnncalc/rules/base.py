"""What a rule is: a module with a code, examples, and a function that looks at a design.

A rule never names a layer kind: it reads what `design.py` makes of the layers' facts. It knows no positions either: a finding
names a layer and a field, and `lint.py` makes the diagnostic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Code, Severity


class Finding(NamedTuple):
    """What a rule has to say: about a layer, and about one of its fields if there is one to blame."""

    message: str
    site: Site
    field: str = ""
    label: str = ""
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    severity: Severity | None = None
    """Where it differs from the rule's own."""


class Rule(Protocol):
    """A module of this package. `SEVERITY` is "warning" where something is certainly wasted, "note" where tastes may differ."""

    @property
    def ADVICE(self) -> Code:  # noqa: N802  a constant of the module
        """Return its code: what, why, example, fix, source."""
        ...

    @property
    def SEVERITY(self) -> Severity:  # noqa: N802
        """Return how strongly it is meant."""
        ...

    @property
    def VALID(self) -> tuple[str, ...]:  # noqa: N802
        """Return specs on which it is silent."""
        ...

    @property
    def INVALID(self) -> tuple[str, ...]:  # noqa: N802
        """Return specs on which it speaks. The first is the one that the docs show."""
        ...

    def advise(self, design: Design) -> Iterator[Finding]:
        """Yield what there is to say of a design."""
        ...
