"""The arrays of a network: random from a seed, or given by name (`<layer>/<tensor>`)."""

from __future__ import annotations

import zlib
from math import isfinite, prod, sqrt
from typing import TYPE_CHECKING, Literal

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


def drawn(network: Network, seed: int, dtype: str, init: Init | None = None) -> Weights:
    """Return random arrays: He-uniform for the weights of sums, near the usual values for others (`RANGES`), or those of `init`.

    Each array has its own random stream, from the seed and its name: added or removed layers do not change the others, and
    an FC layer converted to a convolution keeps its numbers. Numbers are drawn on all threads.

    Source: He et al. 2015, arXiv:1502.01852, equation 10.
    """
    if init is not None:
        return _begun(network, seed, dtype, init)
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


class Init(NamedTuple):
    """How training begins: the weights of sums; biases and shifts are then 0, scales, gains and variances 1, slopes 1/4."""

    name: Literal["gaussian", "he", "constant"]
    value: float = 0.0
    """The deviation of `gaussian`, or the number of `constant`."""

    @classmethod
    def read(cls, text: str) -> Init:
        """Return the start of `gaussian=0.01`, `he` or `constant=0`; ValueError for anything else."""
        name, _, number = text.partition("=")
        try:
            if name == "he" and not number:
                return cls("he")
            if name in {"gaussian", "constant"} and isfinite(value := float(number)) and (name == "constant" or value > 0):
                return cls("gaussian" if name == "gaussian" else "constant", value)
        except ValueError:
            pass
        message = f"init is gaussian=0.01, he or constant=0, not {text[:80]!r}"
        raise ValueError(message)


USUAL = {"scale": 1.0, "gain": 1.0, "variance": 1.0, "slope": 0.25}
"""What arrays that are not the weights of sums begin with, if not with 0."""


def _begun(network: Network, seed: int, dtype: str, init: Init) -> Weights:
    """Return the arrays at the start of a training: He et al. 2015 (`he`: deviation sqrt(2/fan-in)), or Caffe's fillers."""
    weights: Weights = {}
    for each in stored(network):
        array: Array = np.full(each.tensor.shape, USUAL.get(each.tensor.name, 0.0), dtype=dtype)
        if each.fan_in and init.name == "constant":
            array[...] = init.value
        elif each.fan_in:
            stream = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(each.name.encode()),))
            deviation = init.value if init.name == "gaussian" else sqrt(2 / each.fan_in)
            array[...] = np.random.Generator(np.random.SFC64(stream)).standard_normal(array.shape, dtype=np.float32)
            array *= array.dtype.type(deviation)
        weights.setdefault(each.owner, {})[each.tensor.name] = array
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
