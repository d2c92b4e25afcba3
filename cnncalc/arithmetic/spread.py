"""What one input number adds to the output of a transposed window: its product with each weight, each at its own place."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from cnncalc.arithmetic.window import whole_kernel
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncalc.arithmetic.window import Stage, Window


class Spread(NamedTuple):
    """The products of one input number, in one slice of the output."""

    source: tuple[int, ...]
    """The place of the input number, depth last."""
    value: float
    places: tuple[range, ...]
    """The output places that it reaches, axis by axis; those that padding cuts off are left out."""
    parts: Mapping[tuple[int, ...], float]
    """Its products by their places, without the depth."""


def spread(stage: Stage, window: Window) -> Spread | None:
    """Return what one input of a neuron adds to the slice of the output: the first that is not 0; None for other windows."""
    over = stage.layer.windows(stage.inputs)[0]
    neuron = window.neuron
    if over is None or over.form != "transposed" or not neuron.taps or not neuron.cells:
        return None
    place = first_nonzero(window)
    source = tuple(places[at] for places, at in zip(neuron.places, place, strict=True))
    kernel = whole_kernel(stage, neuron)[..., neuron.taps[-1][place[-1]]]
    value = float(stage.x[source])
    starts = [at * axis.stride - axis.before for axis, at in zip(over.axes, source, strict=False)]
    parts: dict[tuple[int, ...], float] = {}
    for taps in itertools.product(*(range(axis.kernel) for axis in over.axes)):
        place = tuple(start + tap * axis.dilation for start, tap, axis in zip(starts, taps, over.axes, strict=True))
        if all(0 <= at < side for at, side in zip(place, stage.output.size, strict=True)):
            parts[place] = value * float(kernel[taps])
    places = tuple(_run({place[axis] for place in parts}, over.axes[axis].dilation) for axis in range(len(over.axes)))
    return Spread(source, value, places, parts)


def first_nonzero(window: Window) -> tuple[int, ...]:
    """Return the index, into the window, of its first number that is not 0, slice by slice; of its first number if all are."""
    patch = window.patch.transpose(tuple(reversed(range(window.patch.ndim))))
    found = patch.nonzero()
    return tuple(int(axis[0]) for axis in reversed(found)) if found[0].size else (0,) * patch.ndim


def _run(places: set[int], step: int) -> range:
    return range(min(places), max(places) + 1, step) if places else range(0)
