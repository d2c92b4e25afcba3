"""Compare the scores of a network that slides over a larger image with those of the same network on each crop.

Source: CS231n course notes, "Converting FC layers to CONV layers".
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.analyses.dense_evaluation import covered
from cnncalc.forward.run import run
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cnncalc.analyses.dense_evaluation import Slide
    from cnncalc.forward.weights import Weights
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.kernels.conv import Algorithm

ROUNDING = {"float32": 1e-5, "float64": 1e-13}
"""Differences from another order of summation, as a share of the largest score."""


class Pass(NamedTuple):
    """One pass over the image, starting at a shift; (0, 0) starts at the corner. In pixels, width first."""

    shift: tuple[int, ...]
    size: tuple[int, ...]
    network: Network


class Slid(NamedTuple):
    """The result of the comparison."""

    crops: int
    differing: int
    """Crops with a score that differs by more than rounding."""
    largest: float
    """The largest difference of a score."""
    scale: float
    """The largest score, for comparison."""
    pass_seconds: float
    crop_seconds: float

    @property
    def share(self) -> float:
        """Return the largest difference as a share of the largest score."""
        return self.largest / self.scale if self.scale else self.largest


def slid(
    slide: Slide,
    passes: Sequence[Pass],
    crop: Network,
    image: Array,
    weights: Weights,
    *,
    algorithm: Algorithm = "auto",
    tell: Callable[[int], object] = lambda _: None,
) -> Slid:
    """Run every pass and every crop, and compare their scores.

    `slide` has the crops' size and the network's stride; `image` is 1 x (time x) height x width x depth; `tell` receives the
    number of finished crops. The passes and the crops use the same weights.
    """
    differences: list[float] = []
    scale, took, crop_took = 0.0, 0.0, 0.0
    for each in passes:
        start = time.perf_counter()
        scores = _scores(each.network, _cut(image, each.shift, each.size), weights, algorithm)
        took += time.perf_counter() - start
        for corner, place in _places(slide, each):
            start = time.perf_counter()
            alone = _scores(crop, _cut(image, corner, slide.crop), weights, algorithm)
            crop_took += time.perf_counter() - start
            differences.append(float(np.abs(scores[(0, *place)] - alone.reshape(-1)).max()))
            scale = max(scale, float(np.abs(alone).max()))
            tell(len(differences))
    bound = ROUNDING[str(image.dtype)] * (scale or 1)
    differing = sum(not difference <= bound for difference in differences)
    return Slid(len(differences), differing, max(differences), scale, took, crop_took)


def _scores(network: Network, image: Array, weights: Weights, algorithm: Algorithm) -> Array:
    """Return the main output of a network."""
    result = run(network, image, weights, algorithm=algorithm)
    return result.results[network.outputs[-1].at]


def _cut(image: Array, corner: tuple[int, ...], size: tuple[int, ...]) -> Array:
    """Return a part of an image; corner and size are given width first."""
    parts = [slice(start, start + length) for start, length in zip(corner, size, strict=True)]
    return np.ascontiguousarray(image[(slice(None), *reversed(parts))])


def _places(slide: Slide, each: Pass) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the corner of each crop that a pass evaluates, and the index of its scores in the output's array."""
    for corner in sorted(covered(slide, each.shift)):
        place = [(at - start) // step for at, start, step in zip(corner, each.shift, slide.step, strict=True)]
        yield corner, tuple(reversed(place))
