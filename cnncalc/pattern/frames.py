"""The meaning of names during the expansion of a pattern: variables, kind defaults, switches, values of expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import Dims, Factors, Sides, Words
from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern import codes
from cnncalc.pattern.syntax import Binary, Int, Literal, Name, Negative, Value, value_text
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnncalc.pattern.syntax import LayerAtom
    from cnncalc.text.diagnostic import Code
    from cnncalc.text.source import Span

LARGEST = 10**18  # the largest value of an expression; without it a growing argument could fill the memory
Evaluated = int | float | bool | str | Dims | Factors | Sides | Words


class Setting(NamedTuple):
    """The default of one option of a kind, as written."""

    value: Value
    key_span: Span
    unread: bool = False
    """Whether the value could not be read, which has been reported: its uses are not reported."""


class Binding(NamedTuple):
    """One entry of a list: variables, kind defaults and switches for one iteration."""

    variables: Mapping[str, Variable]
    defaults: Mapping[str, Mapping[str, Setting]]
    switches: Mapping[str, bool]
    keys: Mapping[str, Span]
    """Where each variable and switch is set."""
    span: Span


class Bindings(NamedTuple):
    """A list of bindings: a group repeated by it runs once per entry."""

    entries: tuple[Binding, ...]
    span: Span


class Unread:
    """The value of a variable that could not be read and was reported: its uses are not reported."""


UNREAD = Unread()
Variable = Int | Literal | Name | Binary | Negative | Bindings | Unread


class LayerUse:
    """A layer as used in the pattern: its options, each with the span that set it. One object for all equal uses."""

    __slots__ = ("broken", "given", "kind", "like", "own", "share", "span", "transpose")

    def __init__(self, kind: str, span: Span | None) -> None:
        self.kind = kind
        self.span = span
        self.given: dict[str, tuple[Evaluated, Span]] = {}
        self.own: tuple[str, ...] = ()
        """The options that the step itself gives."""
        self.share: tuple[str, Span] | None = None
        self.like: tuple[str, Span] | None = None
        self.transpose: Span | None = None
        """The place of `transpose=true` beside `share`: the weight is taken transposed."""
        self.broken = False


class Frame:
    """The variables, defaults and switches in force at some point. Equal iterations share a frame."""

    __slots__ = ("bound", "calls", "defaults", "outer", "partial", "scope", "switches", "uses", "variables")

    def __init__(
        self,
        variables: Mapping[str, Evaluated | Bindings | Unread],
        defaults: Mapping[str, Mapping[str, Setting]],
        switches: Mapping[str, bool],
        scope: Frame | None = None,
        outer: Frame | None = None,
        *,
        partial: bool = False,
    ) -> None:
        self.variables = variables
        self.defaults = defaults
        self.switches = switches
        self.scope = scope
        """Where variables and switches missing here are looked up."""
        self.outer = outer
        """Where kind defaults missing here are looked up."""
        self.partial: bool = partial or (scope is not None and scope.partial)
        """Whether an unreadable key may have set further variables."""
        self.uses: dict[LayerAtom, LayerUse] = {}
        self.bound: dict[int, Frame] = {}
        self.calls: dict[tuple[str, tuple[tuple[type, Evaluated], ...]], Frame] = {}

    def lookup(self, name: str) -> Evaluated | Bindings | Unread | None:
        """Return the value of a variable, or None."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.variables:
                return frame.variables[name]
            frame = frame.scope
        return None

    def switch(self, name: str) -> bool | None:
        """Return whether an optional step is included, None if never set; as for variables, a block's caller does not count."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.switches:
                return frame.switches[name]
            frame = frame.scope
        value = self.lookup(name)
        return None if value is None or isinstance(value, Bindings) else bool(value)

    def settings(self, kind: str) -> Iterator[tuple[str, Setting, Frame]]:
        """Iterate over the defaults of a kind, innermost first, each with the frame it was written in."""
        frame: Frame | None = self
        while frame is not None:
            for option, setting in frame.defaults.get(kind, {}).items():
                yield option, setting, frame
            frame = frame.outer

    def names(self) -> set[str]:
        """Return all variables in force."""
        found: set[str] = set()
        frame: Frame | None = self
        while frame is not None:
            found |= frame.variables.keys()
            frame = frame.scope
        return found

    def bind(self, binding: Binding) -> Frame:
        """Return the frame of an iteration: the same frame for the same binding."""
        key = id(binding)
        if key not in self.bound:
            variables: dict[str, Evaluated | Bindings | Unread] = {}
            for name, value in binding.variables.items():
                variables[name] = value if isinstance(value, Bindings | Unread) else evaluate(value, self)
            self.bound[key] = Frame(variables, binding.defaults, binding.switches, self, self)
        return self.bound[key]


def evaluate(value: Value, frame: Frame, fallback: Frame | None = None) -> Evaluated:
    """Return the result of a value; a name without a value is a word. Raises SpecError at the expression's span.

    The error has no diagnostics if a variable could not be read, which has been reported.
    """
    match value:
        case Int() | Literal():
            return value.value
        case Name():
            found = frame.lookup(value.name)
            if found is None and fallback is not None:
                found = fallback.lookup(value.name)
            if isinstance(found, Unread):
                raise SpecError([])
            if isinstance(found, Bindings):
                raise _error(codes.BINDING, f"`{value.name}` is a list of bindings; a number is needed here", value.span)
            if found is None and value.name.isupper():
                raise unknown_variable(value.name, value.span, frame)
            return value.name if found is None else found
        case Negative():
            return -integer(value.inner, frame, fallback)
        case Binary():
            return _arithmetic(value, integer(value.left, frame, fallback), integer(value.right, frame, fallback))


def integer(value: Value, frame: Frame, fallback: Frame | None = None) -> int:
    """Return the value of an expression. Raises SpecError if it is not an integer."""
    found = evaluate(value, frame, fallback)
    if isinstance(found, str):
        raise unknown_variable(found, value.span, frame)
    if isinstance(found, bool) or not isinstance(found, int):
        raise _error(codes.EXPRESSION, f"`{value_text(value)}` is not an integer", value.span, label="an integer is needed here")
    return found


def _arithmetic(value: Binary, left: int, right: int) -> int:
    if value.operator == "/":
        if right == 0 or left % right:
            what = "is a division by zero" if right == 0 else f"= {left}/{right} is not an integer"
            raise _error(codes.EXPRESSION, f"`{value_text(value)}` {what}", value.span, label=f"{left}/{right}")
        return left // right
    result = {"+": left + right, "-": left - right}[value.operator] if value.operator in "+-" else left * right
    if abs(result) > LARGEST:
        raise _error(codes.EXPRESSION, f"`{value_text(value)}` is larger than 10^18", value.span, label="too large")
    return result


def unknown_variable(name: str, span: Span, frame: Frame, hints: tuple[str, ...] = ()) -> SpecError:
    """Return the error for a name without a value; without diagnostics if an unreadable key may have set the name."""
    if frame.partial:
        return SpecError([])
    hints = (
        hints
        or did_you_mean(name, frame.names())
        or (f"give it a value, `{name}: 2`, in the spec, or as a parameter of the block",)
    )
    return _error(codes.UNKNOWN_VARIABLE, f"the variable `{name}` has no value", span, label="no value", hints=hints)


def _error(code: Code, message: str, span: Span, label: str = "", hints: tuple[str, ...] = ()) -> SpecError:
    return SpecError([Diagnostic(code, "error", message, span, label, (), hints)])
