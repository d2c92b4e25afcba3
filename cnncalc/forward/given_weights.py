"""The weights of a run, from what was said: a file of arrays, arrays typed by name, and random ones for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward import codes, weights
from cnncalc.forward.typed_arrays import stored
from cnncalc.forward.typed_values import is_typed, values
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.source import Source, Span
from cnncalc.text.suggest import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cnncalc.forward.typed_values import Values
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.text.source import Excerpt

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


class GivenWeights(NamedTuple):
    """What was said of the weights."""

    file: str
    typed: tuple[Typed, ...]
    random: tuple[str, ...]
    """Layers whose arrays are random."""
    carried: bool = False
    """Whether the typed arrays are those of the spec."""

    def words(self) -> tuple[str, ...]:
        """Return what a heading says of them: the name of the file, and the arrays that were typed."""
        found = [self.file] if self.file else []
        if self.carried:
            found.append("weights of the spec")
        elif names := [each.array for each in self.typed]:
            more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
            found.append(f"typed {', '.join(names[:_MOST_LISTED])}{more}")
        return tuple(found)


def is_file(word: str) -> bool:
    """Return whether a word of `--weights` is the name of a file, not `conv1=1 2 3` or values alone."""
    return word.endswith(ARCHIVE) or not (is_typed(word) or "=" in word)


def given(network: Network, words: Sequence[str], carried: Sequence[tuple[str, Span, Excerpt]] = ()) -> GivenWeights:
    """Return what the words of `--weights` say, or without a file the `carried` weights of a spec with those of the words.

    Raises SpecError for names that the network does not have.
    """
    files = [word for word in words if is_file(word)]
    if len(files) > 1:
        message = f"the weights come from one file, not from {listed(files)}"
        raise SpecError([Diagnostic(codes.UNNAMED, "error", message, hints=('type the arrays that differ: conv1/bias="0 1"',))])
    known = _Known(network)
    found = known.all((name, span, values(text)) for name, span, text in carried) if not files else {}
    typed = known.all(_said(known, word) for word in words if not is_file(word))
    told = {name.rpartition("/")[0] for name in (*found, *typed)}
    random = () if files else tuple(name for name in known.layers if name not in told)
    both = {**found, **typed}
    return GivenWeights(files[0] if files else "", tuple(both.values()), random, bool(found) and not typed)


def _said(known: _Known, word: str) -> tuple[str, Span, Values]:
    """Return the name of a word of `--weights`, its place and its values; without a name those of the only layer."""
    source = Source(_OPTION, word)
    if not is_typed(word):
        name = word.partition("=")[0]
        return name, Span(source, 0, len(name)), values(source, len(name) + 1)
    whole = Span(source, 0, len(word))
    found = values(source)
    if len(known.layers) != 1:
        hints = (f'{next(iter(known.layers))}="{word[:80]}"',) if known.layers else ()
        raise _unnamed(whole, f"the values name no layer; {known.listed()}", hints)
    return next(iter(known.layers)), whole, found


class _Known:
    """The names of a network's arrays, and of the layers that store them."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.arrays = [each.name for each in weights.stored(network) if not each.tensor.fixed_bytes]
        self.layers: dict[str, list[str]] = {}
        for name in self.arrays:
            self.layers.setdefault(name.rpartition("/")[0], []).append(name)

    def all(self, said: Iterable[tuple[str, Span, Values]]) -> dict[str, Typed]:
        """Return typed arrays by name. Raises SpecError for unknown names, and for an array that is typed twice."""
        found: dict[str, Typed] = {}
        for name, span, each in said:
            array = self.array(name, span)
            if array in found:
                raise _unnamed(span, f"{array} is typed twice")
            found[array] = Typed(array, each)
        return found

    def array(self, name: str, span: Span) -> str:
        """Return the array that a name stands for: an array, or a layer's weight, or its only one."""
        if name in self.arrays:
            return name
        paths = {path: self.network.nodes[at].name for path, at in self.network.graph.named.items()}
        layer = name if name in self.layers else paths.get(name, name)
        if layer in self.layers:
            names = self.layers[layer]
            main = [each for each in names if each.endswith("/weight")] or names
            if len(main) > 1:
                raise _unnamed(span, f"{name} has several arrays: {listed(names)}", (f'name one: {main[0]}="…"',))
            return main[0]
        raise self.unknown(name, layer, span)

    def unknown(self, name: str, layer: str, span: Span) -> SpecError:
        """Return the error for a name that no array has."""
        if layer in {node.name for node in self.network.nodes}:
            return _unnamed(span, f"{name} stores no weights; {self.listed()}")
        head, _, tail = name.rpartition("/")
        if head in self.layers:
            names = listed(each.rpartition("/")[2] for each in self.layers[head])
            return _unnamed(span, f"{head} has no array `{tail}`; it has {names}")
        hints = did_you_mean(name, [*self.layers, *self.arrays])
        return _unnamed(span, f"no layer with weights is named `{name[:80]}`; {self.listed()}", hints)

    def listed(self) -> str:
        """Return the layers with weights, in words."""
        more = len(self.layers) - _MOST_LISTED
        names = [*list(self.layers)[:_MOST_LISTED], *([f"{more} more"] if more > 0 else [])]
        return f"weights are in {listed(names)}" if names else "the network stores no weights"


def _unnamed(span: Span, message: str, hints: tuple[str, ...] = ()) -> SpecError:
    return SpecError([Diagnostic(codes.UNNAMED, "error", message, span, hints=hints)])


def arrays(network: Network, said: GivenWeights, dtype: str) -> dict[str, Array]:
    """Return the typed arrays by name, and neutral ones, which take no memory, for the others of their layers.

    Raises SpecError for values that do not fit.
    """
    typed = {each.array: each.values for each in said.typed}
    layers = {name.rpartition("/")[0] for name in typed}
    found: dict[str, Array] = {}
    for each in weights.stored(network):
        layer, _, name = each.name.rpartition("/")
        if each.name in typed:
            volume = network.typed[each.owner].inputs[each.tensor.input]
            found[each.name] = stored(typed[each.name], each.name, each.tensor.shape, volume, dtype)
        elif layer in layers and not said.file and not each.tensor.fixed_bytes:
            found[each.name] = np.broadcast_to(np.array(NEUTRAL.get(name, 0.0), dtype=dtype), each.tensor.shape)
    return found


def replaced(network: Network, base: Weights, found: Mapping[str, Array]) -> Weights:
    """Return weights with some arrays replaced; a network may store them in another shape, with values in the same order."""
    for each in weights.stored(network):
        if each.name in found:
            base.setdefault(each.owner, {})[each.tensor.name] = np.ascontiguousarray(found[each.name].reshape(each.tensor.shape))
    return base
