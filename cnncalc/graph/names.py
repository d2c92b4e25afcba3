"""Names of layers: those of the papers for a plain chain, paths of blocks and counts otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnncalc.pattern.expand import Placed

_STAGED = {"CONV", "DWCONV", "DECONV", "LOCAL"}  # kinds that the papers count within a stage
_POOLS = {"POOL", "AVGPOOL", "L2POOL"}  # kinds that end a stage
_COUNTED = _STAGED | _POOLS | {"FC"}
_NUMBER = re.compile(r"\d+(?:_\d+)*\Z")
_SHORT = {"DROPOUT": "drop", "LRN": "norm"}  # as Caffe's model zoo calls them


def names(placed: Sequence[Placed], *, plain: bool) -> list[str]:
    """Return a name for each layer, each once."""
    wanted = _papers(placed) if plain else _paths(placed)
    return list(_unique(placed, wanted))


def _unique(placed: Sequence[Placed], wanted: Iterator[str]) -> Iterator[str]:
    """Yield the wanted names, numbered where two would be equal. Names that the spec gave go first."""
    given = {layer.path.name + layer.name for layer in placed if layer.name}
    taken: set[str] = set()
    repeats: dict[str, int] = {}
    for layer, name in zip(placed, wanted, strict=True):
        chosen = name
        while chosen in taken or (not layer.name and chosen in given):
            repeats[name] = repeats.get(name, 1) + 1
            chosen = f"{name}_{repeats[name]}"
        taken.add(chosen)
        yield chosen


def _paths(placed: Sequence[Placed]) -> Iterator[str]:
    """Yield `stage1/down1/conv2`: the path of blocks, then the kind and its number in the block."""
    for layer in placed:
        kind = layer.use.kind
        if layer.name:
            yield layer.path.name + layer.name
        elif kind == "INPUT":
            yield "input"
        else:
            word = _SHORT.get(kind, kind.lower())
            yield f"{layer.path.name}{word}{layer.path.next('.' + word)}"


def _papers(placed: Sequence[Placed]) -> Iterator[str]:
    """Yield conv1_1, relu1_1, pool1, … fc6: the stage that pools end, and the number within it.

    Where no stage has more than one convolution, or there are no pools, convolutions are numbered through: conv1, conv2.
    """
    stages, through = _stages(placed)
    stage, within, last, fully = 1, 0, "", stages
    for layer in placed:
        kind = layer.use.kind
        if kind == "INPUT":
            yield layer.name or "input"
            continue
        if kind in _STAGED:
            within += 1
            last = str(within) if through else f"{stage}_{within}"
            name = f"{kind.lower()}{last}"
        elif kind in _POOLS:
            last = str(stage)
            name = f"pool{stage}"
            stage, within = stage + 1, (within if through else 0)
        elif kind == "FC":
            fully += 1
            last = str(fully)
            name = f"fc{fully}"
        else:
            name = f"{_SHORT.get(kind, kind.lower())}{last}"
        if layer.name and kind in _COUNTED and (number := _NUMBER.search(layer.name)):
            last = number[0]  # what follows takes the number that the spec gave
        yield layer.name or name


def _stages(placed: Sequence[Placed]) -> tuple[int, bool]:
    """Return the number before the first fc layer, and whether convolutions are numbered through."""
    per_stage = [0]
    for layer in placed:
        if layer.use.kind in _POOLS:
            per_stage.append(0)
        elif layer.use.kind in _STAGED:
            per_stage[-1] += 1
    pools = len(per_stage) - 1
    through = pools == 0 or max(per_stage) <= 1
    if through:
        return sum(per_stage), True
    return pools + (per_stage[-1] > 0), False
