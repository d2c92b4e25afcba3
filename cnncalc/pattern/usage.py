"""The names that a pattern uses, whether or not an iteration reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.pattern.frames import Bindings, Unread
from cnncalc.pattern.syntax import Binary, Branches, Call, Group, LayerAtom, Name, Negative

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cnncalc.pattern.frames import Setting, Variable
    from cnncalc.pattern.syntax import Block, Step, Value
    from cnncalc.text.source import Span


def used_names(
    steps: Sequence[Step], blocks: Iterable[Block], defaults: Mapping[str, Mapping[str, Setting]], variables: Mapping[str, Variable]
) -> set[str]:
    """Return the names of all variables, blocks and optional steps in a pattern, its blocks and its bindings."""
    used = set(_in_steps(steps)) | set(_in_defaults(defaults))
    for block in blocks:
        used |= set(_in_steps(block.steps))
    for variable in variables.values():
        used |= set(_in_variable(variable))
    return used


def bound_names(variable: Variable) -> dict[str, Span]:
    """Return the variables and switches that a list of bindings sets, each with its first place."""
    found: dict[str, Span] = {}
    if isinstance(variable, Bindings):
        for binding in variable.entries:
            for name, span in binding.keys.items():
                found.setdefault(name, span)
            for inner in binding.variables.values():
                found = {**bound_names(inner), **found}
    return found


def _in_steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        atom = step.atom
        if step.count is not None:
            yield from _in_value(step.count)
        if step.optional:
            yield step.name or (atom.kind if isinstance(atom, LayerAtom) else atom.name if isinstance(atom, Call) else "")
        if isinstance(atom, LayerAtom):
            for value in (atom.size, atom.filters, atom.stride, *(argument.value for argument in atom.options)):
                if value is not None:
                    yield from _in_value(value)
        elif isinstance(atom, Group):
            yield from _in_steps(atom.steps)
        elif isinstance(atom, Branches):
            for chain in atom.chains:
                yield from _in_steps(chain)
        elif isinstance(atom, Call):
            yield atom.name
            for argument in atom.arguments:
                yield from _in_value(argument)


def _in_value(value: Value) -> Iterator[str]:
    if isinstance(value, Name):
        yield value.name
    elif isinstance(value, Binary):
        yield from _in_value(value.left)
        yield from _in_value(value.right)
    elif isinstance(value, Negative):
        yield from _in_value(value.inner)


def _in_defaults(defaults: Mapping[str, Mapping[str, Setting]]) -> Iterator[str]:
    for settings in defaults.values():
        for setting in settings.values():
            yield from _in_value(setting.value)


def _in_variable(variable: Variable) -> Iterator[str]:
    if isinstance(variable, Unread):
        return
    if not isinstance(variable, Bindings):
        yield from _in_value(variable)
        return
    for binding in variable.entries:
        yield from _in_defaults(binding.defaults)
        for inner in binding.variables.values():
            yield from _in_variable(inner)
