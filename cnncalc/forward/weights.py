"""The arrays of a network: random from a seed, or given by name (`<layer>/<tensor>`)."""

from __future__ import annotations

import zlib
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward import codes
from cnncalc.kernels.initial import Blank, fill_he_uniform
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.layers.base import Tensor
    from cnncalc.text.diagnostic import Code

RANGES = {  # uniform ranges of arrays other than matrices; unequal values reveal a wrong axis
    "scale": (0.5, 1.5),
    "gain": (0.5, 1.5),
    "variance": (1.0, 3.0),
    "mean": (-0.1, 0.1),
    "slope": (0.0, 0.5),
}
OTHERS = (-0.1, 0.1)
"""The range of biases and shifts."""
_MOST_LISTED = 8


class Stored(NamedTuple):
    """An array that a network stores. `owner` is the index of its node."""

    owner: int
    name: str
    """The names of the layer and of the array: `conv1/weight`."""
    tensor: Tensor
    fan_in: int
    """The number of inputs that one output sums; 0 for arrays that are not the weights of a sum."""


Weights = dict[int, dict[str, "Array"]]
"""The arrays of each storing node, by tensor name."""


def stored(network: Network) -> Iterator[Stored]:
    """Yield every array of a network; shared arrays once, at the layer that owns them."""
    for at, (node, typed) in enumerate(zip(network.nodes, network.typed, strict=True)):
        if node.shared < 0:
            for tensor in typed.tensors:
                yield Stored(at, f"{node.name}/{tensor.name}", tensor, _fan_in(tensor, typed.inputs[tensor.input].rank))


def _fan_in(tensor: Tensor, rank: int) -> int:
    """Return the number of inputs that one output sums: the rows of a matrix, or the cells of a window times the depth."""
    shape = tensor.shape
    if tensor.role == "bias" or len(shape) not in {2, rank + 2, 2 * rank + 2}:
        return 0
    return shape[0] if len(shape) == 2 else prod(shape[-rank - 2 : -1])


def drawn(network: Network, seed: int, dtype: str) -> Weights:
    """Return random arrays: He-uniform for the weights of sums, near the usual values for others (`RANGES`).

    Each array has its own random stream, from the seed and its name: added or removed layers do not change the others, and
    an FC layer converted to a convolution keeps its numbers. Numbers are drawn on all threads.

    Source: He et al. 2015, arXiv:1502.01852, equation 10.
    """
    weights: Weights = {}
    blanks: list[Blank] = []
    others: list[tuple[Array, str]] = []
    for each in stored(network):
        counter = bool(each.tensor.fixed_bytes)  # counters start at 0
        array: Array = (np.zeros if counter else np.empty)(each.tensor.shape, dtype=dtype)
        weights.setdefault(each.owner, {})[each.tensor.name] = array
        if not counter:
            seeds = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(each.name.encode()),))
            blanks.append(Blank(array, each.fan_in or 6, seeds))  # a fan-in of 6 gives numbers from -1 to 1
            if not each.fan_in:
                others.append((array, each.tensor.name))
    fill_he_uniform(blanks)
    for array, name in others:
        low, high = RANGES.get(name, OTHERS)
        np.multiply(array, (high - low) / 2, out=array)
        np.add(array, (high + low) / 2, out=array)
    return weights


def named(network: Network, arrays: Mapping[str, NDArray[np.generic]], dtype: str) -> Weights:
    """Return given arrays by node; their names and sizes have been checked before. Counters may be missing.

    Raises SpecError for values other than finite numbers.
    """
    weights: Weights = {}
    strange: list[str] = []
    nan: list[str] = []
    large: list[str] = []
    for each in stored(network):
        if each.name not in arrays:
            weights.setdefault(each.owner, {})[each.tensor.name] = np.zeros(each.tensor.shape, dtype=dtype)
            continue
        array = arrays[each.name]
        if array.dtype.kind not in "fiu":
            strange.append(f"{each.name} holds {array.dtype}")
            continue
        with np.errstate(over="ignore"):  # infinity is refused below
            numbers = array.astype(dtype, copy=False)
        if not np.isfinite(numbers).all():
            (large if np.isfinite(array).all() else nan).append(each.name)
        weights.setdefault(each.owner, {})[each.tensor.name] = numbers.reshape(each.tensor.shape)
    _refuse(strange, "arrays that are not numbers", codes.DATA)
    _refuse(nan, "NaN or infinite values", codes.NOT_NUMBERS)
    _refuse(large, f"values beyond the largest {dtype}", codes.NOT_NUMBERS)
    return weights


def _refuse(names: Sequence[str], what: str, code: Code) -> None:
    """Raise SpecError if there are offending names."""
    if names:
        more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
        note = ", ".join(names[:_MOST_LISTED]) + more
        raise SpecError([Diagnostic(code, "error", f"the weights hold {what}", notes=(note,))])


def size(weights: Weights) -> int:
    """Return the bytes of all arrays."""
    return sum(array.nbytes for arrays in weights.values() for array in arrays.values())
