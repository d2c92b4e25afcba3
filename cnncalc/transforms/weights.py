"""The arrays of a converted network, from those of the original: `<layer>/weight`, `<layer>/bias` in an .npz file.

Volumes are stored height, width, depth (3-D: time first), and the rows of an FC matrix have the same order; its columns are the
neurons. A reshape turns an FC of H*W*D x K into a CONV of H x W x D x K.
"""

from __future__ import annotations

import itertools
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.graph.graph import Typed
from cnncalc.kernels.npy import check_file, header
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, SpecError
from cnncalc.text.suggest import listed, many
from cnncalc.transforms import codes
from cnncalc.transforms.conv_to_fc import taps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

    from cnncalc.graph.graph import Network, Node
    from cnncalc.transforms.rewrite import Changes

    Array = NDArray[np.generic]

MOST_LISTED = 8


class Stored(NamedTuple):
    """An array of a network: its name in the file and its shape; it is optional where only left-out outputs need it."""

    name: str
    shape: tuple[int, ...]
    optional: bool = False


def stored(network: Network, needed: set[str]) -> Iterator[Stored]:
    """Yield every array of a network; those of layers that are not `needed` are optional."""
    for node, typed in zip(network.nodes, network.typed, strict=True):
        if node.shared < 0:
            for tensor in typed.tensors:
                yield Stored(f"{node.name}/{tensor.name}", tensor.shape, node.name not in needed)


def load(path: str, wanted: Sequence[Stored]) -> dict[str, Array]:
    """Return the arrays of a file. Raises SpecError unless names and shapes match the network; pickles are refused."""
    try:
        check_file(path)
        found = _headers(path)
        _check(path, wanted, found)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in found}
    except SpecError:
        raise
    except Exception as error:  # noqa: BLE001  readers of archives and headers raise any exception for a broken file
        reason = getattr(error, "strerror", None) or str(error)
        raise _unusable(path, " ".join(str(reason).split())[:200]) from None


def complete(arrays: Mapping[str, Array], wanted: Sequence[Stored]) -> dict[str, Array]:
    """Return arrays that were typed. Raises SpecError where the network has others as well."""
    _check("what was typed", wanted, {name: array.shape for name, array in arrays.items()})
    return dict(arrays)


def _headers(path: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array, without reading the arrays: a small file can claim to hold very large ones."""
    shapes: dict[str, tuple[int, ...]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                shapes[name.removesuffix(".npy")] = header(member)[0]
    return shapes


def _check(path: str, wanted: Sequence[Stored], found: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse missing, unknown and misshapen arrays, all at once."""
    shapes = {each.name: each.shape for each in wanted}
    missing = [each.name for each in wanted if each.name not in found and not each.optional]
    extra = [name for name in found if name not in shapes]
    misshapen = [
        f"{name} is {_size(found[name])}, not {_size(shape)}"
        for name, shape in shapes.items()
        if name in found and found[name] != shape
    ]
    notes = [
        f"{what}: {_some(names)}" for what, names in (("missing", missing), ("unknown", extra), ("shapes", misshapen)) if names
    ]
    if notes:
        count = many(len(missing) + len(extra) + len(misshapen), "array")
        raise SpecError([Diagnostic(codes.WEIGHTS, "error", f"{path} does not match the network: {count}", notes=tuple(notes))])


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def _unusable(path: str, reason: str) -> SpecError:
    return SpecError([Diagnostic(codes.WEIGHTS, "error", f"{path} is not a readable .npz file of arrays: {reason}")])


def converted(arrays: Mapping[str, Array], network: Network, changes: Changes) -> dict[str, Array]:
    """Return the arrays of the network with its changes; arrays of unchanged layers are the same objects.

    Raises SpecError for new layers with weights of their own, which are not trained yet.
    """
    result = dict(arrays)
    for at, chain in changes.items():
        node, typed = network.nodes[at], network.typed[at]
        if not chain or node.shared >= 0:
            continue
        weight, bias = f"{node.name}/weight", f"{node.name}/bias"
        if not typed.tensors:
            raise _unlearned(node)
        if weight not in arrays:
            continue  # belongs to a left-out output
        made = Typed(chain[0].layer, typed.inputs, typed.output)
        if made.layer.kind == "conv":
            result[weight] = _filters(arrays[weight], made)
        else:
            result[weight] = dense(arrays[weight], typed)
            if bias in arrays:
                result[bias] = np.broadcast_to(arrays[bias], (*reversed(typed.output.size), typed.output.depth)).reshape(-1)
    return result


def _filters(matrix: Array, conv: Typed) -> Array:
    """Return the rows of an FC matrix as the cells and channels of a kernel."""
    axes = conv.window.axes if conv.window is not None else ()
    return matrix.reshape((*(axis.kernel for axis in reversed(axes)), -1, matrix.shape[-1]))


def _unlearned(node: Node) -> SpecError:
    return SpecError(
        [
            Diagnostic(
                codes.WEIGHTS,
                "error",
                f"{node.name} would be a convolution without weights: it must be trained",
                node.origin.span,
                notes=node.origin.notes,
                hints=("convert the spec without --weights",),
            )
        ]
    )


def dense(weight: Array, typed: Typed) -> Array:
    """Return the matrix of the FC layer that computes a convolution: rows are input values, columns output values.

    Each weight is in the row of the pixel under its cell; cells over padding have no row.
    """
    (volume,), output = typed.inputs, typed.output
    window = typed.window
    axes = tuple(reversed(window.axes)) if window is not None else ()
    sizes, outs = tuple(reversed(volume.size)), tuple(reversed(output.size))
    result = np.zeros((*sizes, volume.depth, *outs, output.depth), dtype=weight.dtype)
    flips = getattr(typed.layer, "mode", "correlation") == "convolution"
    local = typed.layer.kind == "local"
    groups = volume.depth // weight.shape[-2]
    for place in itertools.product(*map(range, outs)):
        reached = [taps(axis, size, at) for axis, size, at in zip(axes, sizes, place, strict=True)]
        kernel = weight[place] if local else weight
        for cells in itertools.product(*reached):
            cell = tuple(axis.kernel - 1 - f if flips else f for axis, (f, _) in zip(axes, cells, strict=True))
            pixel = tuple(at for _, at in cells)
            _fill(result, kernel[cell], pixel, place, groups)
    return result.reshape(volume.values, output.values)


def _fill(result: Array, cell: Array, pixel: tuple[int, ...], place: tuple[int, ...], groups: int) -> None:
    """Write the D/G x K weights of one cell of the kernel into the matrix; each group has its own channels."""
    depth, filters = cell.shape[0], cell.shape[1] // groups
    for group in range(groups):
        channels, neurons = slice(group * depth, (group + 1) * depth), slice(group * filters, (group + 1) * filters)
        where: tuple[int | slice, ...] = (*pixel, channels, *place, neurons)
        result[where] = cell[:, neurons]


def save(file: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Write the arrays as an .npz file."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def summary(before: Mapping[str, Array], after: Mapping[str, Array]) -> str:
    """Return a summary of the arrays with new shapes."""
    changed = [
        f"{name} {_size(array.shape)} to {_size(after[name].shape)}"
        for name, array in before.items()
        if array.shape != after[name].shape
    ]
    return listed(changed[:MOST_LISTED]) + (f" and {len(changed) - MOST_LISTED} more" if len(changed) > MOST_LISTED else "")
