"""What we have to say about somebody's text. A diagnostic is data; `caret.py` and the reports draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cnncalc.text.source import Span

Severity = Literal["error", "warning", "note"]


class Code(NamedTuple):
    """The kind of a diagnostic, declared beside the code that emits it; `cnncalc explain` prints it.

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
    """One finding: a message that stands alone, the narrowest span, facts as notes, computed ways out as hints."""

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
    """A spec that cannot be used. `diagnostics` holds everything that was found, errors and warnings."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        """Return the diagnostics as the terminal shows them."""
        from cnncalc.text.caret import render  # drawing is not needed to raise

        return "\n\n".join(render(diagnostic) for diagnostic in self.diagnostics)


class Findings:
    """Collects diagnostics, each once."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, object], Diagnostic] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep the diagnostic unless the same was said of the same place."""
        self._found.setdefault((diagnostic.code.number, diagnostic.message, diagnostic.span), diagnostic)

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
        """Iterate in the order of finding."""
        return iter(self._found.values())

    @property
    def failed(self) -> bool:
        """Tell whether there is an error among them."""
        return any(diagnostic.severity == "error" for diagnostic in self)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return those without a place, then the others by the name of their source and the place in it."""
        return tuple(sorted(self, key=_order))

    def check(self) -> None:
        """Raise SpecError if there is an error."""
        if self.failed:
            raise SpecError(self.sorted())


def _order(diagnostic: Diagnostic) -> tuple[str, int, int]:
    """Return the name of the source, then the place in it; what has no place comes first."""
    if diagnostic.span is None:
        return ("", -1, 0)
    source, start, end = diagnostic.span.resolve()
    return (source.name, start, end)
