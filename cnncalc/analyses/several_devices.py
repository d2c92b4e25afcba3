"""One network on several devices: what each holds and what they exchange, split by the batch or by the filters.

Split by the batch, each device has all parameters and a part of the images; the gradients of the parameters are added up over the
devices. Split by filters, each device has a part of the filters of each layer, and so of the depth of each volume, for the whole
batch. A layer that reads the full depth receives the parts of the others; a layer with groups reads only its own part where the
devices divide its groups, as AlexNet's towers do in conv2, conv4 and conv5. Pools, activations and norms stay on their device, and
normalization across channels within the channels of the device. A layer that cannot be split, whose filters the devices do not
divide or whose kind mixes channels otherwise, is computed as a copy on every device.

Source: Krizhevsky, Sutskever and Hinton 2012, section 3.2 and figure 2; Krizhevsky 2014, arXiv:1404.5997 (data and model
parallelism); the sums are those of the CS231n course notes, "Computational Considerations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analyses import counts, trainable
from cnncalc.analyses.figure import Figure
from cnncalc.layers.base import PARAMETERS
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.dtypes import BYTES
from cnncalc.request.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnncalc.analyses.counts import LayerCounts
    from cnncalc.analyses.subject import Subject
    from cnncalc.graph.graph import Node, Typed
    from cnncalc.layers.base import Tensor


class Part(NamedTuple):
    """What each device has: numbers of parameters and of values per image, its own and received, and the layers concerned."""

    devices: int
    by_filters: bool
    params: int
    values: int
    """Of its own part of the volumes, per image."""
    received: int
    """Of the parts of the others that its layers read, per image; as many gradients go back."""
    receivers: tuple[int, ...]
    """The layers that read parts of others."""
    copied: tuple[int, ...]
    """The layers with weights that every device computes in full."""
    images: int
    """The most images of one device."""
    shapes: tuple[tuple[int, ...], ...]
    """The learnable arrays of a device."""
    learned: int
    """The parameters that are not frozen, of which a split batch adds up the gradients."""


class Share(NamedTuple):
    """Bytes of each device, by the notes' sum, and what it exchanges in a training step."""

    volumes: int
    """Volumes and gradients, received ones among them."""
    parameters: int
    gradients: int
    state: int
    textbook: int
    exchanged: int
    """Received and sent by each device in a step: parts of volumes and their gradients, or the gradients of the parameters."""


def analyse(subject: Subject) -> Part:
    """Return the part of each device under the request."""
    devices, by_filters = subject.request.devices, subject.request.split == "filters"
    found = subject.of(counts.analyse)
    images = subject.batch if by_filters else -(-subject.batch // devices)
    if not by_filters:
        shapes = tuple(tensor.shape for typed in _owners(subject) for tensor in _learned(typed))
        learned = sum(subject.of(trainable.analyse).learned)
        return Part(devices, by_filters, found.totals.params, found.totals.values, 0, (), (), images, shapes, learned)
    return _by_filters(subject, devices, images)


def _owners(subject: Subject) -> Iterator[Typed]:
    """Yield the layers with arrays of their own."""
    pairs = zip(subject.network.nodes, subject.network.typed, strict=True)
    return (typed for node, typed in pairs if node.shared < 0)


def _learned(typed: Typed) -> list[Tensor]:
    return [tensor for tensor in typed.tensors if tensor.role != "buffer"]


def _by_filters(subject: Subject, devices: int, images: int) -> Part:
    """Return the part of a device that has an equal part of the filters of each layer."""
    network = subject.network
    split: list[bool] = []  # whether each device has only its part of the volume
    params = values = received = 0
    receivers: list[int] = []
    copied: list[int] = []
    shapes: list[tuple[int, ...]] = []
    whole: set[int] = set()  # volumes whose other parts are there already
    for at, (node, typed, row) in enumerate(zip(network.nodes, network.typed, subject.of(counts.analyse).rows, strict=True)):
        parts, gathers = _way(node, typed, row, split, devices)
        split.append(parts)
        for source in node.inputs if gathers else ():
            if split[source]:
                receivers.append(at)
                received += 0 if source in whole else network.typed[source].output.values // devices * (devices - 1)
                whole.add(source)
        learned = _learned(typed) if node.shared < 0 else []
        divided = parts and all(tensor.shape[-1] % devices == 0 for tensor in learned)
        shapes += [(*tensor.shape[:-1], tensor.shape[-1] // (devices if divided else 1)) for tensor in learned]
        params += row.params // devices if divided else row.params
        values += (row.values // devices if parts else row.values) if row.counted else 0
        copied += [at] * bool(row.params and not divided)
    return Part(
        devices, True, params, values, received, tuple(dict.fromkeys(receivers)), tuple(copied), images, tuple(shapes), params
    )


def _way(node: Node, typed: Typed, row: LayerCounts, split: list[bool], devices: int) -> tuple[bool, bool]:
    """Return whether each device makes only its part of the output, and whether it reads the full depth of its inputs."""
    layer, output = typed.layer, typed.output
    if not node.inputs:
        return False, False  # the images are on every device
    whole_parts = output.depth % devices == 0
    if row.macs.value:
        groups = _groups(typed)
        if not groups or not whole_parts:
            return False, True
        apart = groups % devices == 0 and all(split[source] for source in node.inputs)
        return True, not apart
    same_depth = output.depth == typed.inputs[0].depth  # else it reads several channels for one, as a maximum over the depth does
    alone = bool(row.flops and not row.params and same_depth)
    view = layer.in_place and (same_depth or output.values == typed.inputs[0].values)
    follows = view or layer.pointwise or layer.centers or layer.merges or alone or _pools(typed)
    if layer.distributes or not follows or not all(split[source] for source in node.inputs):
        return False, True
    return (True, False) if output.values % devices == 0 else (False, True)


def _groups(typed: Typed) -> int:
    """Return the groups of a layer whose weights are apart for each filter; 0 for other products."""
    kernels = [tensor for tensor in typed.tensors if tensor.role != "bias"]
    window = typed.window
    if len(kernels) != 1 or window is None or window.form not in {"windowed", "transposed", "whole"}:
        return 0
    shape = kernels[0].shape
    if shape[-1] != typed.output.depth:
        return 0
    depth = typed.inputs[0].depth
    return max(1, depth // shape[-2]) if len(shape) == typed.output.rank + 2 and window.form != "whole" else 1


def _pools(typed: Typed) -> bool:
    """Return whether a layer without weights treats each channel apart: pools, local and global ones."""
    return typed.window is not None and not typed.tensors and typed.output.depth == typed.inputs[0].depth


def share(subject: Subject) -> Share:
    """Return the bytes of each device by the notes' sum."""
    part, size = subject.of(analyse), BYTES[subject.dtype]
    volumes = 2 * (part.values + part.received) * part.images * size
    parameters = part.params * size
    special = OPTIMIZERS[subject.setup.optimizer].special
    state = special(part.shapes, size) if special else (subject.setup.copies - 2) * parameters
    gradients = 2 * (part.devices - 1) * part.learned * size // part.devices
    exchanged = 2 * part.received * part.images * size if part.by_filters else gradients
    return Share(volumes, parameters, parameters, state, volumes + 2 * parameters + state, exchanged)


def largest_batch(subject: Subject, memory: int) -> int:
    """Return the largest batch whose notes' sum fits `memory` bytes on each device; 0 if none does."""
    part, size = subject.of(analyse), BYTES[subject.dtype]
    each = share(subject)
    room = (memory - each.parameters - each.gradients - each.state) // (2 * (part.values + part.received) * size)
    return max(0, room * (1 if part.by_filters else part.devices))


def _each(value: Callable[[Subject], int]) -> Callable[[Subject], int | None]:
    return lambda subject: value(subject) if subject.request.devices > 1 else None


_NEEDS = "one device has everything: `at: {devices: 2, split: filters}`"
FIGURES = (
    Figure(
        "memory.devices.params",
        "",
        "parameters on each of several devices",
        _each(lambda subject: subject.of(analyse).params),
        better="less",
        needs=_NEEDS,
        reads=(PARAMETERS,),
    ),
    Figure(
        "memory.devices.textbook",
        "bytes",
        "training on each of several devices, by the notes' sum",
        _each(lambda subject: share(subject).textbook),
        better="less",
        needs=_NEEDS,
        reads=(PARAMETERS,),
    ),
    Figure(
        "memory.devices.exchanged",
        "bytes",
        "what each of several devices receives, and sends, in a training step",
        _each(lambda subject: share(subject).exchanged),
        better="less",
        needs=_NEEDS,
        reads=(PARAMETERS,),
    ),
)
