"""The weights of a run, from what was said: a file of arrays, arrays typed by name, and random ones for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward import codes, weights
from cnncalc.forward.typed_arrays import stored
from cnncalc.forward.typed_values import is_typed, typed
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.source import Source, Span
from cnncalc.text.suggest import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncalc.forward.typed_values import Values
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array

ARCHIVE = ".npz"
NEUTRAL = {"scale": 1.0, "gain": 1.0, "variance": 1.0}
"""What the arrays of a layer are that were not typed beside others; 0 for biases, shifts and means."""
_OPTION = "--weights"
_MOST_LISTED = 8


class Typed(NamedTuple):
    """An array that was typed."""

    array: str
    """Its name: `conv1/weight`."""
    values: Values


class Given(NamedTuple):
    """What was said of the weights."""

    file: str
    typed: tuple[Typed, ...]
    random: tuple[str, ...]
    """Layers whose arrays are random."""

    def words(self) -> tuple[str, ...]:
        """Return what a heading says of them: the name of the file, and the arrays that were typed."""
        found = [self.file] if self.file else []
        if names := [each.array for each in self.typed]:
            more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
            found.append(f"typed {', '.join(names[:_MOST_LISTED])}{more}")
        return tuple(found)


def is_file(word: str) -> bool:
    """Return whether a word of `--weights` is the name of a file, not `conv1=1 2 3` or values alone."""
    return word.endswith(ARCHIVE) or not (is_typed(word) or "=" in word)


def given(network: Network, words: Sequence[str]) -> Given:
    """Return what the words of `--weights` say. Raises SpecError for names that the network does not have."""
    files = [word for word in words if is_file(word)]
    if len(files) > 1:
        message = f"the weights come from one file, not from {listed(files)}"
        raise SpecError([Diagnostic(codes.UNNAMED, "error", message, hints=('type the arrays that differ: conv1/bias="0 1"',))])
    found: dict[str, Typed] = {}
    for word in words:
        if not is_file(word):
            each = _typed(network, word)
            if each.array in found:
                raise _unnamed(word, len(word.partition("=")[0]), f"{each.array} is typed twice")
            found[each.array] = each
    told = {name.rpartition("/")[0] for name in found}
    rest = dict.fromkeys(each.name.rpartition("/")[0] for each in weights.stored(network) if not each.tensor.fixed_bytes)
    random = () if files else tuple(name for name in rest if name not in told)
    return Given(files[0] if files else "", tuple(found.values()), random)


def _typed(network: Network, word: str) -> Typed:
    """Return the array that a word names, and its values."""
    names = {each.name: each for each in weights.stored(network) if not each.tensor.fixed_bytes}
    layers: dict[str, list[str]] = {}
    for name in names:
        layers.setdefault(name.rpartition("/")[0], []).append(name)
    if is_typed(word):
        values = typed(word, _OPTION)
        if len(layers) != 1:
            message = f"the values name no layer; {_list(layers)}"
            raise _unnamed(word, len(word), message, (f'{next(iter(layers))}="{word[:80]}"',) if layers else ())
        (layer,) = layers
        return Typed(_main(layers[layer], word, layer), values)
    name = word.partition("=")[0]
    values = typed(word, _OPTION, len(name) + 1)
    if name in names:
        return Typed(name, values)
    paths = {path: network.nodes[at].name for path, at in network.graph.named.items()}
    layer = name if name in layers else paths.get(name, name)
    if layer in layers:
        return Typed(_main(layers[layer], word, name), values)
    if layer in {node.name for node in network.nodes}:
        raise _unnamed(word, len(name), f"{name} stores no weights; {_list(layers)}")
    head, _, tail = name.rpartition("/")
    if head in layers:
        message = f"{head} has no array `{tail}`; it has {listed(each.rpartition('/')[2] for each in layers[head])}"
        raise _unnamed(word, len(name), message)
    hints = did_you_mean(name, [*layers, *names])
    raise _unnamed(word, len(name), f"no layer with weights is named `{name[:80]}`; {_list(layers)}", hints)


def _list(layers: Mapping[str, object]) -> str:
    """Return the layers with weights, in words."""
    names = [*list(layers)[:_MOST_LISTED], *([f"{len(layers) - _MOST_LISTED} more"] if len(layers) > _MOST_LISTED else [])]
    return f"weights are in {listed(names)}" if names else "the network stores no weights"


def _main(names: Sequence[str], word: str, said: str) -> str:
    """Return the array that a layer's name stands for: its weight, or the only one."""
    main = [name for name in names if name.endswith("/weight")] or [*names]
    if len(main) > 1:
        message = f"{said} has several arrays: {listed(names)}"
        raise _unnamed(word, len(said), message, (f'name one: {main[0]}="…"',))
    return main[0]


def _unnamed(word: str, end: int, message: str, hints: tuple[str, ...] = ()) -> SpecError:
    return SpecError([Diagnostic(codes.UNNAMED, "error", message, Span(Source(_OPTION, word), 0, end), hints=hints)])


def arrays(network: Network, said: Given, dtype: str) -> dict[str, Array]:
    """Return the typed arrays by name, and neutral ones for the others of their layers.

    Raises SpecError for values that do not fit.
    """
    values = {each.array: each.values for each in said.typed}
    layers = {name.rpartition("/")[0] for name in values}
    found: dict[str, Array] = {}
    for each in weights.stored(network):
        layer, _, name = each.name.rpartition("/")
        if each.name in values:
            volume = network.typed[each.owner].inputs[each.tensor.input]
            found[each.name] = stored(values[each.name], each.name, each.tensor.shape, volume, dtype)
        elif layer in layers and not said.file and not each.tensor.fixed_bytes:
            found[each.name] = np.full(each.tensor.shape, NEUTRAL.get(name, 0.0), dtype=dtype)
    return found


def replaced(network: Network, base: Weights, found: Mapping[str, Array]) -> Weights:
    """Return weights with some arrays replaced; a network may store them in another shape, with values in the same order."""
    for each in weights.stored(network):
        if each.name in found:
            base.setdefault(each.owner, {})[each.tensor.name] = found[each.name].reshape(each.tensor.shape)
    return base
