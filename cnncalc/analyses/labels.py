"""Marks behind the labels of layers: what makes layers of one label differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import attribute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analyses.subject import Subject
    from cnncalc.layers.base import Layer


def analyse(subject: Subject) -> Sequence[tuple[str, ...]]:
    """Return the marks of each layer: its unusual options, and those that tell layers of one label and one network apart."""
    return marks([typed.layer for typed in subject.network.typed])


def marks(layers: Sequence[Layer]) -> Sequence[tuple[str, ...]]:
    """Return the marks of each of these layers of one network."""
    alike: dict[str, dict[int, Layer]] = {}
    for layer in {id(layer): layer for layer in layers}.values():
        alike.setdefault(layer.full_label(), {})[id(layer)] = layer
    found: dict[int, tuple[str, ...]] = {}
    for group in alike.values():
        apart = _apart(tuple(group.values())) if len(group) > 1 else ()
        found.update((key, layer.marks(apart)) for key, layer in group.items())
    return tuple(found[id(layer)] for layer in layers)


def _apart(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Return the options in which layers of one label differ."""
    names = (option.name for option in layers[0].options)
    return tuple(name for name in names if len({getattr(layer, attribute(name)) for layer in layers}) > 1)
