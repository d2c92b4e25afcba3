"""Names of layers: as in the papers for a plain chain, otherwise paths of blocks and counts."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from cnncalc.layers import kinds
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Protocol

    class Unnamed(Protocol):
        """A layer without its final name."""

        @property
        def kind(self) -> str:
            """Return the kind; empty if it could not be read."""
            ...

        @property
        def name(self) -> str:
            """Return the name in the source; empty for most layers."""
            ...

        @property
        def path(self) -> str:
            """Return the blocks around it, `stage1/down1/`."""
            ...


_NUMBER = r"\d+(?:_\d+)*\Z"


class Called(NamedTuple):
    """An `Unnamed` of a graph without a pattern."""

    kind: str
    name: str = ""
    path: str = ""


class _Facts(NamedTuple):
    """The facts of a kind that its names depend on."""

    numbered: str
    word: str


def names(placed: Sequence[Unnamed], *, plain: bool) -> list[str]:
    """Return a unique name for each layer."""
    called = {kind: _facts(kind) for kind in {layer.kind for layer in placed}}
    wanted = _papers(placed, called) if plain else _paths(placed, called)
    return list(_unique(placed, wanted))


def _facts(kind: str) -> _Facts:
    """Return the facts of a kind; empty ones for a layer that could not be read."""
    if not kind:
        return _Facts("", "")
    layer = kinds.find(kind)
    return _Facts(layer.numbered, layer.short_name or layer.kind)


def _unique(placed: Sequence[Unnamed], wanted: Iterator[str]) -> Iterator[str]:
    """Yield the wanted names, numbered where two would be equal. Names from the spec have priority."""
    given = {layer.path + layer.name for layer in placed if layer.name}
    taken: set[str] = set()
    repeats: dict[str, int] = {}
    for layer, name in zip(placed, wanted, strict=True):
        chosen = name
        while chosen in taken or (not layer.name and chosen in given):
            repeats[name] = repeats.get(name, 1) + 1
            chosen = f"{name}_{repeats[name]}"
        taken.add(chosen)
        yield chosen


def _paths(placed: Sequence[Unnamed], called: Mapping[str, _Facts]) -> Iterator[str]:
    """Yield `stage1/down1/conv2`: the path of blocks, then the kind and its number in the block."""
    numbers: dict[tuple[str, str], int] = {}
    inputs = _inputs()
    for layer in placed:
        kind = layer.kind
        if layer.name:
            yield layer.path + layer.name
        elif kind == "INPUT":
            yield next(inputs)
        else:
            key = (layer.path, called[kind].word)
            numbers[key] = number = numbers.get(key, 0) + 1
            yield f"{layer.path}{key[1]}{number}"


def _papers(placed: Sequence[Unnamed], called: Mapping[str, _Facts]) -> Iterator[str]:
    """Yield conv1_1, relu1_1, pool1, … fc6: the stage, which a pool ends, and the number within the stage.

    If no stage has more than one convolution, or there are no pools, convolutions are numbered consecutively: conv1, conv2.
    """
    stages, through = _stages(placed, called)
    stage, within, last, fully = 1, 0, "", stages
    inputs = _inputs()
    for layer in placed:
        kind = layer.kind
        if kind == "INPUT":
            yield layer.name or next(inputs)
            continue
        numbered, word = called[kind]
        if numbered == "conv":
            within += 1
            last = str(within) if through else f"{stage}_{within}"
            name = f"{word}{last}"
        elif numbered == "pool":
            last = str(stage)
            name = f"pool{stage}"
            stage, within = stage + 1, (within if through else 0)
        elif numbered == "fc":
            fully += 1
            last = str(fully)
            name = f"{word}{fully}"
        else:
            name = f"{word}{last}"
        if layer.name and numbered and (number := re.search(_NUMBER, layer.name)):
            last = number[0]  # layers that follow use the number in the spec
        yield layer.name or name


def _inputs() -> Iterator[str]:
    """Yield names for unnamed inputs: input, input2, input3 and so on."""
    yield "input"
    for number in itertools.count(2):
        yield f"input{number}"


def _stages(placed: Sequence[Unnamed], called: Mapping[str, _Facts]) -> tuple[int, bool]:
    """Return the number before the first fc layer, and whether convolutions are numbered consecutively."""
    per_stage = [0]
    for layer in placed:
        numbered = called[layer.kind].numbered
        if numbered == "pool":
            per_stage.append(0)
        elif numbered == "conv":
            per_stage[-1] += 1
    pools = len(per_stage) - 1
    through = pools == 0 or max(per_stage) <= 1
    if through:
        return sum(per_stage), True
    return pools + (per_stage[-1] > 0), False
