"""The protocol of rules: a rule is a module with a code, examples, and a function over a design.

A rule names no layer kinds: it reads the layers' facts through `design.py`. It handles no positions in the text either: a
finding refers to a layer and a field, and `lint.py` makes the diagnostic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.rules.design import Design, Site
    from cnncalc.text.diagnostic import Code, Severity


class Finding(NamedTuple):
    """The finding of a rule: about a layer, and about one of its fields where the field is the cause."""

    message: str
    site: Site
    field: str = ""
    label: str = ""
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    severity: Severity | None = None
    """The severity, where it differs from the rule's own."""


class Rule(Protocol):
    """A module of this package. `SEVERITY` is "warning" for certain waste, and "note" for matters of taste."""

    @property
    def ADVICE(self) -> Code:  # noqa: N802  a constant of the module
        """Return the code of the rule: what, why, example, fix, source."""
        ...

    @property
    def SEVERITY(self) -> Severity:  # noqa: N802
        """Return the severity of the findings."""
        ...

    @property
    def VALID(self) -> tuple[str, ...]:  # noqa: N802
        """Return specs without findings."""
        ...

    @property
    def INVALID(self) -> tuple[str, ...]:  # noqa: N802
        """Return specs with findings. The docs show the first one."""
        ...

    def advise(self, design: Design) -> Iterator[Finding]:
        """Yield the findings in a design."""
        ...
