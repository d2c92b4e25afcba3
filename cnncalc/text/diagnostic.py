"""Findings about a text. A diagnostic is data; `caret.py` and the reports draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cnncalc.text.source import Span

Severity = Literal["error", "warning", "note"]


class Code(NamedTuple):
    """The kind of a diagnostic, declared next to the code that emits it and printed by `cnncalc explain`.

    Numbers: CNN0 the spec file, CNN1 patterns, CNN2 shapes and strides, CNN3 advice, CNN4 formats, CNN5 not counted.
    """

    number: str
    title: str
    what: str
    why: str
    example: str
    fix: str
    source: str = ""


class Diagnostic(NamedTuple):
    """One finding: a self-contained message, the narrowest span, facts as notes, computed fixes as hints."""

    code: Code
    severity: Severity
    message: str
    span: Span | None = None
    label: str = ""
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    def place(self) -> tuple[str, int, int] | None:
        """Return file, line and column of the span."""
        if self.span is None:
            return None
        source, start, _ = self.span.resolve()
        return (source.name, *source.position(start))


class SpecError(Exception):
    """An unusable spec. `diagnostics` holds all findings, errors and warnings."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        """Return the diagnostics as shown in a terminal."""
        from cnncalc.text.caret import render  # drawing is not needed to raise

        return "\n\n".join(render(diagnostic) for diagnostic in self.diagnostics)


class Findings:
    """A collection of diagnostics, each once."""

    __slots__ = ("_found", "_silent")

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, object], Diagnostic] = {}
        self._silent: frozenset[str] = frozenset()

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep the diagnostic unless there is an equal one for the same place, or its code is silenced."""
        if diagnostic.severity == "error" or diagnostic.code.number not in self._silent:
            self._found.setdefault((diagnostic.code.number, diagnostic.message, diagnostic.span), diagnostic)

    def silence(self, numbers: Iterable[str]) -> None:
        """Drop warnings and notes with these codes, those found so far included; errors stay."""
        self._silent = self._silent.union(numbers)
        self._found = {
            key: each for key, each in self._found.items() if each.severity == "error" or each.code.number not in self._silent
        }

    def error(
        self,
        code: Code,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        notes: tuple[str, ...] = (),
        hints: tuple[str, ...] = (),
    ) -> None:
        """Add an error."""
        self.add(Diagnostic(code, "error", message, span, label, notes, hints))

    def warning(
        self,
        code: Code,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        notes: tuple[str, ...] = (),
        hints: tuple[str, ...] = (),
    ) -> None:
        """Add a warning."""
        self.add(Diagnostic(code, "warning", message, span, label, notes, hints))

    def __iter__(self) -> Iterator[Diagnostic]:
        """Iterate in the order of addition."""
        return iter(self._found.values())

    @property
    def failed(self) -> bool:
        """Return whether there is an error."""
        return any(diagnostic.severity == "error" for diagnostic in self)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return diagnostics without a place first, then the others by the name of their source and the place in it."""
        return tuple(sorted(self, key=_order))

    def check(self) -> None:
        """Raise SpecError if there is an error."""
        if self.failed:
            raise SpecError(self.sorted())


def _order(diagnostic: Diagnostic) -> tuple[str, int, int]:
    """Return the name of the source and the place in it; diagnostics without a place come first."""
    if diagnostic.span is None:
        return ("", -1, 0)
    source, start, end = diagnostic.span.resolve()
    return (source.name, start, end)
