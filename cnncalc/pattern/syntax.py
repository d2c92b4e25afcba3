"""The syntax tree of a pattern. Every node has the span it was read from, and can be printed as text again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.maths.volume import Dims, Factors, Sides, Words, written
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.text.source import Span


class Int(NamedTuple):
    """An integer."""

    value: int
    span: Span


class Literal(NamedTuple):
    """A decimal number, a boolean, sizes (3x5), factors (1.5x2), sides (0:1x0:1) or words ([width, depth])."""

    value: float | bool | Dims | Factors | Sides | Words
    span: Span


class Name(NamedTuple):
    """A variable, or a word such as `same`."""

    name: str
    span: Span


class Binary(NamedTuple):
    """Two expressions joined by + - * /."""

    operator: str
    left: Value
    right: Value
    span: Span


class Negative(NamedTuple):
    """An expression after a minus sign."""

    inner: Value
    span: Span


Value = Int | Literal | Name | Binary | Negative


class Argument(NamedTuple):
    """An option of a layer: `padding=1`, or a bare value without a key."""

    key: str
    key_span: Span
    value: Value


class Reference(NamedTuple):
    """The name or path of an earlier step."""

    path: str
    span: Span


class LayerAtom:
    """A layer: kind, short forms, options. With a `from`, `sources` replaces the current volume.

    A layer without a kind replaces a passage that could not be read and was reported: its volume and all after it are unknown.
    """

    __slots__ = ("filters", "kind", "options", "size", "sources", "span", "stride")

    def __init__(self, kind: str, span: Span) -> None:
        self.kind = kind
        self.span = span
        self.size: Value | None = None
        self.filters: Value | None = None
        self.stride: Value | None = None
        self.options: list[Argument] = []
        self.sources: list[Reference] | None = None


class Call(NamedTuple):
    """A block with its arguments."""

    name: str
    arguments: tuple[Value, ...]
    span: Span


class Group(NamedTuple):
    """Steps in brackets."""

    steps: tuple[Step, ...]
    span: Span


class Branches(NamedTuple):
    """Chains side by side."""

    chains: tuple[tuple[Step, ...], ...]
    span: Span


class Output(NamedTuple):
    """The end of a branch that is an output of its own; a named output is left out unless requested.

    In a `layers` list it can name the layer that it shows. Unless it is last, the next entry reads the layer before the output.
    """

    name: str
    span: Span
    source: Reference | None = None
    goes_on: bool = False


Atom = LayerAtom | Call | Group | Branches | Output


class Step:
    """An atom, with an optional name, and repeated, optional or neither."""

    __slots__ = ("atom", "count", "name", "name_span", "optional", "span")

    def __init__(
        self,
        atom: Atom,
        span: Span,
        name: str = "",
        name_span: Span | None = None,
        count: Value | None = None,
        *,
        optional: bool = False,
    ) -> None:
        self.atom = atom
        self.span = span
        self.name = name
        self.name_span = name_span
        self.count = count
        self.optional = optional


class Block(NamedTuple):
    """A named sub-pattern with parameters. It is not `known` if it could not be read: calls of it are not reported."""

    name: str
    parameters: tuple[str, ...]
    steps: tuple[Step, ...]
    span: Span
    known: bool = True


def unparse(steps: Sequence[Step]) -> str:
    """Return the pattern in its usual spelling; parsing the result gives an equal tree."""
    return " -> ".join(_step(step) for step in steps)


def _step(step: Step) -> str:
    name = f"{step.name}=" if step.name else ""
    tail = "?" if step.optional else f"*{short_text(step.count)}" if step.count is not None else ""
    return f"{name}{_atom(step.atom)}{tail}"


def _atom(atom: Atom) -> str:
    match atom:
        case LayerAtom():
            return _layer(atom)
        case Call():
            inside = ", ".join(value_text(value) for value in atom.arguments)
            return f"{atom.name}({inside})" if inside else atom.name
        case Group():
            return f"[{unparse(atom.steps)}]"
        case Branches():
            return f"{{ {' | '.join(unparse(chain) for chain in atom.chains)} }}"
        case Output():
            return f"OUTPUT({atom.name})" if atom.name else "OUTPUT"


def _layer(atom: LayerAtom) -> str:
    size = value_text(atom.size) if atom.size is not None else ""
    filters = f"-{short_text(atom.filters)}" if atom.filters is not None else ""
    stride = f"/{short_text(atom.stride)}" if atom.stride is not None else ""
    inside = [
        f"{argument.key}={value_text(argument.value)}" if argument.key else value_text(argument.value) for argument in atom.options
    ]
    if atom.sources is not None:
        inside += [f"from={source.path}" for source in atom.sources]
    return f"{atom.kind}{size}{filters}{stride}" + (f"({', '.join(inside)})" if inside else "")


def short_text(value: Value) -> str:
    """Return a value as written in a short form: expressions in parentheses."""
    text = value_text(value)
    return f"({text})" if isinstance(value, Binary | Negative) else text


def value_text(value: Value) -> str:
    """Return a value as written."""
    match value:
        case Int():
            return str(value.value)
        case Name():
            return value.name
        case Binary():
            return f"{_operand(value.left)}{value.operator}{_operand(value.right)}"
        case Negative():
            return f"-{_operand(value.inner)}"
        case Literal():
            return written(value.value)


def _operand(value: Value) -> str:
    return f"({value_text(value)})" if isinstance(value, Binary | Negative) else value_text(value)


def named_steps(steps: Sequence[Step]) -> Iterator[Step]:
    """Iterate over the steps of a chain, its groups and its branches, but not of called blocks."""
    for step in steps:
        yield step
        if isinstance(step.atom, Group):
            yield from named_steps(step.atom.steps)
        elif isinstance(step.atom, Branches):
            for chain in step.atom.chains:
                yield from named_steps(chain)
